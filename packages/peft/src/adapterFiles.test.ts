import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  architectureOf,
  CheckpointError,
  openFile,
  openSafetensors,
  writeSafetensors,
} from "@peftbench/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomWeights, smallBert } from "./conformance/models.ts";
import type { MethodAttachment, ModelShape } from "./index.ts";
import { attachMethod, initialState, loadAdapter, MethodError, saveAdapter } from "./index.ts";
import { toyMethod } from "./testing/toyMethod.ts";

const attach = (rank: number): MethodAttachment =>
  attachMethod(toyMethod(null), smallBert, { rank }, { totalSteps: 2 });
const attachment = attach(2);
const state = initialState(smallBert, attachment, randomWeights(smallBert, 3), {
  seed: 3,
  accumulate: false,
});
const value = (name: string): Float32Array => state.get(name)?.data as Float32Array;

const robertaConfig = {
  ...{ model_type: "roberta", vocab_size: 19, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2 },
  ...{ intermediate_size: 24, max_position_embeddings: 11, type_vocab_size: 1, pad_token_id: 1 },
};
const robertaArchitecture = architectureOf(robertaConfig);
const tinyRoberta: ModelShape = {
  architecture: robertaArchitecture,
  config: robertaArchitecture.parseConfig(robertaConfig),
  head: { kind: "classification", labelCount: 2 },
  headParameters: new Set(),
};

describe("an adapter folder", () => {
  let folder: string;
  let saved: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "peftbench-adapter-"));
    saved = join(folder, "new", "saved");
    await saveAdapter(saved, { model: smallBert, attachment, value, baseModel: "some/model" });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A copy of the saved folder, changed by `change`. */
  const changed = async (name: string, change: (copy: string) => Promise<void>): Promise<string> => {
    const copy = join(folder, name);
    await mkdir(copy, { recursive: true });
    for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
      await copyFile(join(saved, file), join(copy, file));
    }
    await change(copy);
    return copy;
  };
  const withTensors = (
    name: string,
    change: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void,
  ): Promise<string> =>
    changed(name, async (copy) => {
      const source = await openFile(join(saved, "adapter_model.safetensors"));
      const file = await openSafetensors(source);
      const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
      for (const [key, { shape }] of file.tensors) {
        tensors.set(key, { shape, data: await file.readFloat32(key) });
      }
      await source.close();
      change(tensors);
      const written = [...tensors].map(([key, tensor]) => ({ name: key, dtype: "F32", ...tensor }) as const);
      await writeSafetensors(join(copy, "adapter_model.safetensors"), written);
    });

  it("gives back the values of the method's tensors and of the head", async () => {
    const { values, baseModel } = await loadAdapter(saved, smallBert, attachment);
    const names = [
      ...smallBert.headParameters,
      ...(attachment.stages[0]?.parameters ?? []).map(({ name }) => name),
    ];
    expect([...values.keys()].sort()).toEqual([...names].sort());
    for (const name of names) expect(values.get(name)).toEqual(value(name));
    expect(baseModel).toBe("some/model");
  });

  it("says what PEFT needs to know beside the method's own settings", async () => {
    const config = JSON.parse(await readFile(join(saved, "adapter_config.json"), "utf8"));
    expect(config).toEqual({
      peft_type: "TOY",
      r: 2,
      base_model_name_or_path: "some/model",
      task_type: "SEQ_CLS",
      modules_to_save: ["classifier"],
      inference_mode: true,
    });
  });

  it("names a head of several layers as the one module that PEFT knows, and an encoder's part by its own", async () => {
    const parts = ["classifier.dense", "classifier.out_proj", "roberta.encoder.layer.1.output.dense"];
    const roberta: ModelShape = {
      ...tinyRoberta,
      headParameters: new Set(parts.flatMap((part) => [`${part}.weight`, `${part}.bias`])),
    };
    const ownAttachment = attachMethod(toyMethod(null), roberta, { rank: 2 }, { totalSteps: 2 });
    const values = initialState(roberta, ownAttachment, randomWeights(roberta, 3), {
      seed: 3,
      accumulate: false,
    });
    const own = join(folder, "roberta");
    await saveAdapter(own, {
      model: roberta,
      attachment: ownAttachment,
      value: (name) => values.get(name)?.data as Float32Array,
      baseModel: "some/model",
    });
    const { modules_to_save: modules } = JSON.parse(await readFile(join(own, "adapter_config.json"), "utf8"));
    expect(modules.toSorted()).toEqual(["classifier", "roberta.encoder.layer.1.output.dense"]);
  });

  it("leaves a frozen head out", async () => {
    const frozen = { ...smallBert, headParameters: new Set<string>() };
    const headless = join(folder, "headless");
    await saveAdapter(headless, { model: frozen, attachment, value, baseModel: "some/model" });
    const { values } = await loadAdapter(headless, frozen, attachment);
    expect([...values.keys()].filter((name) => name.startsWith("classifier"))).toEqual([]);
    await expect(loadAdapter(headless, smallBert, attachment)).rejects.toThrow(
      /Missing: classifier\.weight, classifier\.bias/,
    );
  });

  it("is refused for a method that PEFT has no format for", async () => {
    const unsaved: MethodAttachment = { ...attachment, toPeft: () => null };
    const options = { model: smallBert, attachment: unsaved, value, baseModel: "some/model" };
    await expect(saveAdapter(join(folder, "none"), options)).rejects.toThrow(/no format for this method/);
  });

  it.each(["adapter_config.json", "adapter_model.safetensors"])("is refused without %s", async (file) => {
    const copy = await changed(`without ${file}`, (path) => rm(join(path, file)));
    const load = loadAdapter(copy, smallBert, attachment);
    await expect(load).rejects.toThrow(MethodError);
    await expect(load).rejects.toThrow(`${file} is missing`);
  });

  it.each([
    ["text that is not JSON", "{", /adapter_config\.json is not JSON/],
    ["a list", "[]", /adapter_config\.json holds \[\]; an object is needed/],
  ])("is refused with %s for a configuration", async (name, text, message) => {
    const copy = await changed(name, (path) => writeFile(join(path, "adapter_config.json"), text));
    await expect(loadAdapter(copy, smallBert, attachment)).rejects.toThrow(message);
  });

  it("is refused with a damaged tensor file", async () => {
    const copy = await changed("damaged", async (path) => {
      const file = join(path, "adapter_model.safetensors");
      await writeFile(file, (await readFile(file)).subarray(0, -1));
    });
    await expect(loadAdapter(copy, smallBert, attachment)).rejects.toThrow(CheckpointError);
  });

  it("is refused by the shape of a tensor where the rank differs", async () => {
    await expect(loadAdapter(saved, smallBert, attach(3))).rejects.toThrow(
      "bert.encoder.layer.0.attention.self.query.down has shape [2,16] in the adapter; [3,16] is needed.",
    );
  });

  it("is refused by name for a tensor that is missing, unexpected or of another model", async () => {
    const missing = await withTensors("missing", (tensors) => {
      tensors.delete("base_model.model.toy.gain");
      tensors.delete("base_model.model.bert.encoder.layer.1.output.dense.up");
    });
    await expect(loadAdapter(missing, smallBert, attachment)).rejects.toThrow(
      /Missing: toy\.gain, bert\.encoder\.layer\.1\.output\.dense\.up\./,
    );
    const unexpected = await withTensors("unexpected", (tensors) => {
      tensors.set("base_model.model.toy.other", { shape: [1], data: new Float32Array(1) });
    });
    await expect(loadAdapter(unexpected, smallBert, attachment)).rejects.toThrow(/Unexpected: toy\.other\./);
    const unprefixed = await withTensors("unprefixed", (tensors) => {
      tensors.set("toy.other", { shape: [1], data: new Float32Array(1) });
    });
    await expect(loadAdapter(unprefixed, smallBert, attachment)).rejects.toThrow(
      /a tensor toy\.other; names of PEFT begin with base_model\.model\./,
    );
  });

  it("is refused by the shape of the head where the number of labels differs", async () => {
    const three = { ...smallBert, head: { kind: "classification", labelCount: 3 } as const };
    await expect(loadAdapter(saved, three, attachment)).rejects.toThrow(
      "classifier.weight has shape [2,16] in the adapter; [3,16] is needed.",
    );
  });
});
