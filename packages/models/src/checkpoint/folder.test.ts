import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { bitsOf, checkpointFixture, readExpected } from "./checkpointFixtures.ts";
import { CheckpointError } from "./errors.ts";
import { openCheckpoint } from "./folder.ts";

const madeFolders: string[] = [];

afterEach(async () => {
  for (const folder of madeFolders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A copy of a fixture, to be damaged. */
async function copyOf(fixture: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "peftbench-checkpoint-"));
  madeFolders.push(folder);
  await cp(checkpointFixture(fixture), folder, { recursive: true });
  return folder;
}

async function errorOf(folder: string): Promise<CheckpointError> {
  const outcome = await openCheckpoint(folder).then(
    () => "opened",
    (error: unknown) => error,
  );
  if (outcome instanceof CheckpointError) return outcome;
  throw new Error(`Expected a CheckpointError, found ${String(outcome)}`);
}

describe("a checkpoint folder", () => {
  test.each([
    "safetensors",
    "safetensors-sharded",
    "torch",
    "torch-sharded",
    "torch-windows",
    "torch-module",
  ])("%s holds what PyTorch reads in it, bit for bit", async (name) => {
    const expected = await readExpected(name);
    const checkpoint = await openCheckpoint(checkpointFixture(name));
    try {
      expect([...checkpoint.tensors.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [tensor, { dtype, shape, bits }] of expected) {
        expect(checkpoint.tensors.get(tensor)).toEqual({ name: tensor, dtype, shape });
        expect(bitsOf(await checkpoint.readFloat32(tensor)), tensor).toEqual(bits);
      }
      expect(checkpoint.config).toEqual({ model_type: "fixture" });
    } finally {
      await checkpoint.close();
    }
  });

  test("has the checksum that sha256sum gives", async () => {
    const one = await openCheckpoint(checkpointFixture("safetensors"));
    const several = await openCheckpoint(checkpointFixture("torch-sharded"));
    const sha256sum = (command: string, folder: string): string =>
      execFileSync("sh", ["-c", command], { cwd: checkpointFixture(folder), encoding: "utf8" }).slice(0, 64);
    expect(await one.checksum()).toBe(sha256sum("sha256sum model.safetensors", "safetensors"));
    expect(await several.checksum()).toBe(
      sha256sum("LC_ALL=C sha256sum pytorch_model-*.bin | sha256sum", "torch-sharded"),
    );
    await one.close();
    await several.close();
  });

  test("refuses a name that it does not have", async () => {
    const checkpoint = await openCheckpoint(checkpointFixture("torch-sharded"));
    await expect(checkpoint.readFloat32("layer.9.weight")).rejects.toThrow(/no tensor "layer.9.weight"/);
    await checkpoint.close();
  });
});

describe("a folder that cannot be used", () => {
  test("that is not there", async () => {
    const error = await errorOf(join(checkpointFixture("torch"), "nowhere"));
    expect(error.code).toBe("missing-folder");
    expect(error.message).toMatch(/nowhere: found no such folder; expected .*config\.json.*Check the path/);
  });

  test("without config.json", async () => {
    const folder = await copyOf("safetensors");
    await rm(join(folder, "config.json"));
    const error = await errorOf(folder);
    expect(error.code).toBe("missing-config");
    expect(error.message).toContain("among expected.json, model.safetensors");
  });

  test("without weights names the files that were looked for, and what is there", async () => {
    const folder = await copyOf("safetensors");
    await rm(join(folder, "model.safetensors"));
    await writeFile(join(folder, "tf_model.h5"), "");
    const error = await errorOf(folder);
    expect(error.code).toBe("missing-weights");
    for (const name of [
      "model.safetensors",
      "model.safetensors.index.json",
      "pytorch_model.bin",
      "tf_model.h5",
    ]) {
      expect(error.message).toContain(name);
    }
  });

  test("with a config that is not JSON", async () => {
    const folder = await copyOf("safetensors");
    await writeFile(join(folder, "config.json"), '{"model_type": ');
    expect((await errorOf(folder)).code).toBe("bad-json");
  });

  test.each([
    ["safetensors", "model.safetensors"],
    ["safetensors-sharded", "model-00002-of-00002.safetensors"],
    ["torch", "pytorch_model.bin"],
    ["torch-sharded", "pytorch_model-00001-of-00002.bin"],
  ])("%s whose %s is cut off anywhere", async (name, file) => {
    const whole = (await readFile(join(checkpointFixture(name), file))).byteLength;
    for (const bytes of [0, 1, 7, 8, 9, whole >> 1, whole - 200, whole - 1]) {
      const folder = await copyOf(name);
      await truncate(join(folder, file), bytes);
      const error = await errorOf(folder);
      expect(["cut-off", "bad-archive"], `${bytes} bytes`).toContain(error.code);
      expect(error.file).toContain(file);
    }
  });

  test("with a git LFS pointer in place of the weights", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90868376\n";
    for (const [name, file] of [
      ["safetensors", "model.safetensors"],
      ["torch", "pytorch_model.bin"],
    ] as const) {
      const folder = await copyOf(name);
      await writeFile(join(folder, file), pointer);
      const error = await errorOf(folder);
      expect(error.code).toBe("git-lfs-pointer");
      expect(error.message).toContain("git lfs pull");
    }
  });

  test.each(["safetensors-sharded", "torch-sharded"])("%s with a shard missing", async (name) => {
    const folder = await copyOf(name);
    const shard = (await readdir(folder)).find((file) => file.includes("-00002-of-")) as string;
    await rm(join(folder, shard));
    const error = await errorOf(folder);
    expect(error.code).toBe("missing-shard");
    expect(error.found).toBe(`1 of 2 shards; missing ${shard}`);
  });

  test.each([
    ["that reaches out of the folder", { "layer.0.bias": "../model.safetensors" }, "plain file name"],
    [
      "that puts a tensor elsewhere",
      { "layer.0.bias": "model-00001-of-00002.safetensors" },
      "as the index says",
    ],
    [
      "with a tensor that no shard has",
      { "layer.9.bias": "model-00001-of-00002.safetensors" },
      "as the index says",
    ],
    ["that is not of texts", { "layer.0.bias": 7 }, "weight_map"],
  ])("with an index %s", async (_, change, message) => {
    const folder = await copyOf("safetensors-sharded");
    const path = join(folder, "model.safetensors.index.json");
    const index = JSON.parse(await readFile(path, "utf8")) as { weight_map: Record<string, unknown> };
    const files = new Set(Object.values(index.weight_map));
    Object.assign(index.weight_map, change);
    expect(files.size).toBe(2);
    await writeFile(path, JSON.stringify(index));
    const error = await errorOf(folder);
    expect(error.code).toBe("bad-index");
    expect(error.message).toContain(message);
  });
});

const minilm = process.env.PEFTBENCH_MINILM;

describe.skipIf(minilm === undefined)("the MiniLM folder named by PEFTBENCH_MINILM", () => {
  test("opens, and its values are sane", async () => {
    const checkpoint = await openCheckpoint(minilm as string);
    const words = await checkpoint.readFloat32("embeddings.word_embeddings.weight");
    expect(checkpoint.tensors.get("embeddings.word_embeddings.weight")?.shape).toEqual([30522, 384]);
    expect(words.length).toBe(30522 * 384);
    expect(words.every((value) => Math.abs(value) < 2)).toBe(true);
    expect(await checkpoint.checksum()).toMatch(/^[0-9a-f]{64}$/);
    await checkpoint.close();
  });
});
