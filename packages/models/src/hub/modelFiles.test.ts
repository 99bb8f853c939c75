import { describe, expect, it } from "vitest";
import { HubError } from "./errors.ts";
import { modelFiles } from "./modelFiles.ts";

describe("modelFiles", () => {
  it("prefers safetensors, whole or in parts, to PyTorch's own", () => {
    const common = ["README.md", "config.json", "tokenizer.json", "pytorch_model.bin", "tf_model.h5"];
    expect(modelFiles([...common, "model.safetensors"])).toEqual([
      ...["config.json", "tokenizer.json", "model.safetensors"],
    ]);
    expect(modelFiles(common).at(-1)).toBe("pytorch_model.bin");
    const parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    expect(modelFiles([...common, ...parts, "model.safetensors.index.json"]).slice(2)).toEqual([
      ...parts,
      "model.safetensors.index.json",
    ]);
  });

  it("refuses a repository without settings or weights", () => {
    expect(() => modelFiles(["config.json", "onnx/model.onnx"])).toThrow(/config.json, onnx\/model.onnx/);
    expect(() => modelFiles(["model.safetensors"])).toThrow(HubError);
  });
});
