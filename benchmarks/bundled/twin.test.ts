import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPretrained, openCheckpoint } from "@peftbench/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRandomTwin } from "./twin.ts";

const source = fileURLToPath(new URL("../../packages/models/fixtures/bert/gelu-erf", import.meta.url));
const head = { kind: "classification", labelCount: 2 } as const;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-twin-"));
  await writeRandomTwin(source, join(folder, "a"), 0);
  await writeRandomTwin(source, join(folder, "again"), 0);
  await writeRandomTwin(source, join(folder, "b"), 1);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function weightsOf(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  const checkpoint = await openCheckpoint(path);
  try {
    const values = new Map<string, Float32Array>();
    for (const name of checkpoint.tensors.keys()) values.set(name, await checkpoint.readFloat32(name));
    return values;
  } finally {
    await checkpoint.close();
  }
}

describe("a random twin", () => {
  it("has the source's configuration, and its tensors in name, shape and stored type", async () => {
    const read = (path: string): Promise<string> => readFile(join(path, "config.json"), "utf8");
    expect(await read(join(folder, "a"))).toBe(await read(source));
    const [original, twin] = [await openCheckpoint(source), await openCheckpoint(join(folder, "a"))];
    for (const [name, { shape, dtype }] of twin.tensors) {
      expect(original.tensors.get(name)).toMatchObject({ shape, dtype });
    }
    await original.close();
    await twin.close();
  });

  it("loads as the source does, with nothing made anew but what the source lacks", async () => {
    const [original, twin] = [
      await loadPretrained(source, head, { seed: 3 }),
      await loadPretrained(join(folder, "a"), head, { seed: 3 }),
    ];
    expect([...twin.values.keys()]).toEqual([...original.values.keys()]);
    expect(twin.headParameters).toEqual(original.headParameters);
    expect(twin.checksum).not.toBe(original.checksum);
  });

  it("has identity norms, zero biases, and normal weights of the initializer's range", async () => {
    const weights = await weightsOf(join(folder, "a"));
    const pooled: number[] = [];
    for (const [name, values] of weights) {
      if (name.endsWith("LayerNorm.weight")) expect(new Set(values)).toEqual(new Set([1]));
      else if (name.endsWith(".bias")) expect(new Set(values)).toEqual(new Set([0]));
      else pooled.push(...values);
    }
    const mean = pooled.reduce((sum, value) => sum + value, 0) / pooled.length;
    const deviation = Math.sqrt(pooled.reduce((sum, value) => sum + value ** 2, 0) / pooled.length);
    const config = JSON.parse(await readFile(join(source, "config.json"), "utf8"));
    // Four standard errors of each.
    expect(Math.abs(mean)).toBeLessThan((4 * config.initializer_range) / Math.sqrt(pooled.length));
    expect(Math.abs(deviation / config.initializer_range - 1)).toBeLessThan(4 / Math.sqrt(2 * pooled.length));
  });

  it("is the same for the same seed, and another one for another", async () => {
    const [a, again, b] = await Promise.all(["a", "again", "b"].map((name) => weightsOf(join(folder, name))));
    expect(again).toEqual(a);
    const name = [...(a?.keys() ?? [])].find((each) => each.endsWith("query.weight")) ?? "";
    expect(b?.get(name)).not.toEqual(a?.get(name));
  });
});
