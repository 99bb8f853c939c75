import { architectureOf } from "@peftbench/models";
import { createCpuExecutor } from "@peftbench/runtime";
import { expect, it } from "vitest";
import { modelConfigJson } from "./exportModel.ts";
import { Pretrainer } from "./pretrainer.ts";
import { config } from "./testing/tinyRun.ts";

const POSITIONS = "bert.embeddings.position_embeddings.weight";

it("a longer row's positions start as those that are trained, over and over, and nothing else changes", async () => {
  const configJson = modelConfigJson(config.model, 50);
  const architecture = architectureOf(configJson);
  const model = { architecture, config: architecture.parseConfig(configJson) };
  const shape = { rows: 1, length: 16, places: 2 };
  const pretrainer = await Pretrainer.create(createCpuExecutor({ threads: 1 }), model, shape, config);
  const before = await pretrainer.state();
  const rowsOf = async (): Promise<readonly (readonly number[])[]> => {
    const values = await pretrainer.read(POSITIONS);
    return Array.from({ length: 32 }, (_, row) => [...values.subarray(row * 16, (row + 1) * 16)]);
  };
  const first = await rowsOf();
  expect(first[8]).not.toEqual(first[0]);
  await pretrainer.repeatPositions(8);
  const after = await rowsOf();
  after.forEach((row, index) => {
    expect(row).toEqual(first[index % 8]);
  });
  for (const [name, values] of await pretrainer.state()) {
    if (name !== POSITIONS) expect(values, name).toEqual(before.get(name));
  }
  await pretrainer.dispose();
});
