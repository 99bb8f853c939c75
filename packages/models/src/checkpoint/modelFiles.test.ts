import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { architectureOf } from "../architectures/index.ts";
import { loadPretrained } from "../pretrained.ts";
import { bitsOf } from "./checkpointFixtures.ts";
import { openFile, readBytesFile } from "./files.ts";
import { openCheckpoint } from "./folder.ts";
import type { GgufContent } from "./gguf/ggufBytes.ts";
import { ggufBytes, ggufFixture } from "./gguf/ggufBytes.ts";
import { openSafetensors } from "./safetensors.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-model-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

const sizes = {
  ...{ model_type: "llama", vocab_size: 10, hidden_size: 16, intermediate_size: 12, num_hidden_layers: 2 },
  ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 8, max_position_embeddings: 32 },
  rms_norm_eps: 1e-5,
};
const llama3 = {
  ...{ rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
  original_max_position_embeddings: 8192,
};

describe.each([
  ["llama-tied.gguf", { tie_word_embeddings: true, rope_theta: 10_000, rope_scaling: null }],
  ["llama-3.gguf", { tie_word_embeddings: false, rope_theta: 500_000, rope_scaling: llama3 }],
  ["llama2c-tied.bin", { tie_word_embeddings: true, rope_theta: 10_000 }],
  ["llama2c-untied.bin", { tie_word_embeddings: false, rope_theta: 10_000 }],
])("%s", (name, expected) => {
  test("has the configuration, and the tensors, of transformers", async () => {
    const checkpoint = await openCheckpoint(ggufFixture(name));
    expect(checkpoint.config).toMatchObject({ ...sizes, ...expected });
    const source = await openFile(ggufFixture("llama.safetensors"));
    const reference = await openSafetensors(source);
    const names = [...reference.tensors.keys()].filter(
      (tensor) => !expected.tie_word_embeddings || tensor !== "lm_head.weight",
    );
    expect([...checkpoint.tensors.keys()].toSorted()).toEqual(names.toSorted());
    for (const tensor of names) {
      expect(checkpoint.tensors.get(tensor)?.shape).toEqual(reference.tensors.get(tensor)?.shape);
      const values = await checkpoint.readFloat32(tensor);
      expect(bitsOf(values), tensor).toEqual(bitsOf(await reference.readFloat32(tensor)));
    }
    await source.close();
    await checkpoint.close();
  });

  test("loads as a language model, by its path or by its folder", async () => {
    const alone = await mkdtemp(join(folder, "alone-"));
    await copyFile(ggufFixture(name), join(alone, name));
    const byPath = await loadPretrained(ggufFixture(name), { kind: "languageModel" }, { seed: 0 });
    const byFolder = await loadPretrained(alone, { kind: "languageModel" }, { seed: 0 });
    expect(byPath.warnings).toEqual([]);
    expect(byPath.maxLength).toBe(32);
    expect(byFolder.values).toEqual(byPath.values);
    expect(byFolder.checksum).toBe(byPath.checksum);
  });
});

const tiny: GgufContent["metadata"] = {
  "general.architecture": "llama",
  "llama.embedding_length": 16,
  "llama.feed_forward_length": 12,
  "llama.block_count": 1,
  "llama.attention.head_count": 2,
  "llama.context_length": 32,
  "llama.vocab_size": 10,
  "llama.attention.layer_norm_rms_epsilon": { float: 1e-5 },
};
const openTiny = async (change: GgufContent["metadata"]) => {
  const path = join(folder, "tiny.gguf");
  await writeFile(path, ggufBytes({ metadata: { ...tiny, ...change } }));
  const checkpoint = await openCheckpoint(path);
  await checkpoint.close();
  return checkpoint;
};

test("what a GGUF file leaves out is as in llama.cpp, and its floats are decimals again", async () => {
  const { config } = await openTiny({ "llama.rope.freq_base": { float: 130_000.5 } });
  expect(config).toMatchObject({
    num_key_value_heads: 2,
    head_dim: 8,
    rms_norm_eps: 1e-5,
    rope_theta: 130_000.5,
  });
  const stretched = await openTiny({
    "llama.rope.scaling.type": "linear",
    "llama.rope.scaling.factor": { float: 2.5 },
  });
  expect(stretched.config).toMatchObject({
    rope_theta: 10_000,
    rope_scaling: { rope_type: "linear", factor: 2.5 },
  });
  const yarn = await openTiny({
    "llama.rope.scaling.type": "yarn",
    "llama.rope.scaling.factor": { float: 4 },
  });
  expect(() => architectureOf(yarn.config).parseConfig(yarn.config)).toThrow(/rope_scaling\.rope_type.*yarn/);
});

test.each<[GgufContent["metadata"], string, RegExp]>([
  [{ "general.architecture": "qwen2" }, "unsupported-model", /architecture qwen2; expected llama/],
  [{ "llama.expert_count": 8 }, "unsupported-model", /8 experts/],
  [{ "split.count": 3 }, "unsupported-model", /one of 3 parts.*llama-gguf-split --merge/],
  [{ "llama.rope.dimension_count": 4 }, "unsupported-model", /turn 4 of 8 features/],
  [{ "llama.attention.value_length": 4 }, "unsupported-model", /values of 4 and keys of 8/],
  [{ "llama.attention.head_count": 3 }, "bad-header", /heads of 5\.3/],
  [{ "llama.context_length": "long" }, "bad-header", /context_length = long; expected a whole number/],
])("%j is refused", async (change, code, message) => {
  await expect(openTiny(change)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test("a GGUF file without a key, or with factors of rotary positions that are not Llama 3's, is refused", async () => {
  const path = join(folder, "tiny.gguf");
  const { "llama.context_length": _, ...rest } = tiny;
  await writeFile(path, ggufBytes({ metadata: rest }));
  await expect(openCheckpoint(path)).rejects.toMatchObject({ code: "missing-metadata", file: path });
  const factors = { name: "rope_freqs.weight", sizes: [4], type: 0, offset: 0 };
  await writeFile(path, ggufBytes({ metadata: tiny, tensors: [factors], dataBytes: 16 }));
  await expect(openCheckpoint(path)).rejects.toMatchObject({
    code: "unsupported-model",
    message: expect.stringMatching(/rope_freqs\.weight of other factors than Llama 3's/),
  });
});

test("a llama2.c checkpoint that is cut off, too long, or none is refused", async () => {
  const path = join(folder, "m.bin");
  const bytes = await readBytesFile(ggufFixture("llama2c-untied.bin"));
  await writeFile(path, bytes.subarray(0, bytes.length - 4));
  await expect(openCheckpoint(path)).rejects.toMatchObject({ code: "cut-off", file: path });
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(4)]));
  await expect(openCheckpoint(path)).rejects.toMatchObject({ code: "bad-header" });
  await writeFile(path, Buffer.alloc(100));
  await expect(openCheckpoint(path)).rejects.toMatchObject({
    code: "bad-header",
    message: expect.stringMatching(/no sizes of a model/),
  });
});

test("a folder of several model files, or a file of another kind, is refused; safetensors go first", async () => {
  const several = await mkdtemp(join(folder, "several-"));
  await copyFile(ggufFixture("llama2c-tied.bin"), join(several, "a.bin"));
  await copyFile(ggufFixture("llama2c-untied.bin"), join(several, "b.bin"));
  await copyFile(ggufFixture("pieces.bin"), join(several, "c.bin"));
  await expect(openCheckpoint(several)).rejects.toMatchObject({
    code: "ambiguous-weights",
    message: expect.stringMatching(/2 models: a\.bin, b\.bin/),
  });
  await copyFile(ggufFixture("llama-3.gguf"), join(several, "a.gguf"));
  const gguf = await openCheckpoint(several);
  expect(gguf.source).toBe(join(several, "a.gguf"));
  await gguf.close();
  await copyFile(ggufFixture("llama.safetensors"), join(several, "model.safetensors"));
  await writeFile(join(several, "config.json"), '{"model_type":"own"}');
  const safetensors = await openCheckpoint(several);
  expect(safetensors.config).toEqual({ model_type: "own" });
  await safetensors.close();
  await expect(openCheckpoint(join(several, "config.json"))).rejects.toMatchObject({
    code: "missing-weights",
  });
  await expect(openCheckpoint(join(several, "none.gguf"))).rejects.toMatchObject({ code: "missing-folder" });
});
