import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "@peftbench/methods";
import { attachMethod, configuredShape } from "@peftbench/peft";
import { expect, it } from "vitest";
import { planTraining } from "./memory.ts";
import { tensorsAtPeak } from "./peakTensors.ts";
import { TINY_TRAINING } from "./tinyGrid.ts";
import { writeTinyModel } from "./tinyTask.ts";

it.each(["lora", "full", "lamda"])("tensors at the peak of %s sum to it, role by role", async (id) => {
  const folder = await mkdtemp(join(tmpdir(), "peftbench-peak-"));
  try {
    await writeTinyModel(folder);
    const json: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    const shape = configuredShape(json, { kind: "classification", labelCount: 2 });
    const method = methods.find((each) => each.id === id);
    if (method === undefined) throw new Error(`There is no ${id}.`);
    const options = method.configSchema.parse(id === "full" ? {} : { rank: 4 });
    const attachment = attachMethod(method, shape, options, { totalSteps: 10 });
    const planned = planTraining(shape, attachment, TINY_TRAINING, [16]);
    const tensors = tensorsAtPeak(planned);
    for (const [role, bytes] of Object.entries(planned.memory.byRole)) {
      const own = tensors.filter((each) => each.role === role);
      expect(own.reduce((sum, each) => sum + each.bytes, 0)).toBe(bytes);
    }
    for (const { count, bytes } of tensors) expect(bytes % count).toBe(0);
    expect(tensors.some(({ count }) => count > 1)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
