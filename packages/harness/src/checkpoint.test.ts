import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckpointError, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-checkpoint-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bits = (array: Float32Array | undefined) =>
  array === undefined ? undefined : new Uint32Array(array.slice().buffer);

/** Values that a text format or an arithmetic step would change. */
const awkward = new Float32Array([
  0,
  -0,
  1e-45,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0.1,
  3.4e38,
]);
new Uint32Array(awkward.buffer)[6] = 0x7fc0_1234;

const checkpoint = {
  arrays: new Map([
    ["layer.0.weight", awkward],
    ["leer", new Float32Array(0)],
    // A view into a larger buffer, at an odd place.
    ["view – ü", new Float32Array(20).map(Math.sqrt).subarray(3, 8)],
  ]),
  meta: { step: 12, epoch: 1, note: "ü", random: [1, 2, 3] },
};

describe("a checkpoint", () => {
  test("comes back bit for bit, with its meta data, and leaves nothing else behind", async () => {
    const path = join(folder, "whole");
    const bytes = await saveCheckpoint(path, checkpoint);
    expect((await readFile(path)).byteLength).toBe(bytes);
    const loaded = await loadCheckpoint(path);
    expect(loaded?.meta).toEqual(checkpoint.meta);
    expect([...(loaded?.arrays.keys() ?? [])]).toEqual([...checkpoint.arrays.keys()]);
    for (const [name, array] of checkpoint.arrays) {
      expect(bits(loaded?.arrays.get(name))).toEqual(bits(array));
    }
    expect(await readdir(folder)).toEqual(["whole"]);
  });

  test("that is not there is null", async () => {
    expect(await loadCheckpoint(join(folder, "none"))).toBeNull();
  });

  test("that was cut off anywhere, or changed anywhere, is refused", async () => {
    const path = join(folder, "damaged");
    await saveCheckpoint(path, checkpoint);
    const whole = await readFile(path);
    for (let length = 0; length < whole.byteLength; length += 7) {
      await writeFile(path, whole.subarray(0, length));
      await expect(loadCheckpoint(path)).rejects.toThrow(CheckpointError);
    }
    for (let place = 0; place < whole.byteLength; place += 11) {
      const changed = Uint8Array.from(whole);
      changed[place] = (changed[place] ?? 0) ^ 1;
      await writeFile(path, changed);
      await expect(loadCheckpoint(path)).rejects.toThrow(CheckpointError);
    }
  });
});
