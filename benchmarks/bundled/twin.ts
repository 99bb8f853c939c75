import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawFirstValues, modelSettingsFiles } from "@peftbench/harness";
import type { Checkpoint, TensorInfo, TensorToWrite } from "@peftbench/models";
import { architectureOf, openCheckpoint, writeSafetensors } from "@peftbench/models";
import { encodeHalf } from "@peftbench/runtime";

export interface RandomTwin {
  /** Tensors that were drawn, under the names of the source. */
  readonly drawn: readonly string[];
  /** Tensors of the source that the architecture has no parameter for: tied decoders, buffers. */
  readonly leftOut: readonly string[];
}

/**
 * Writes a model folder that differs from `source` in the values of its weights alone: names, shapes, stored type (f16
 * or f32), configuration and tokenizer are the same, the values those that pretraining starts from. Each parameter has
 * a stream of its own name, as in `pnpm bench pretrain`: with the seed of its configuration the twin is the very model
 * that the encoder was before its first step.
 *
 * @throws {RangeError} for an architecture that cannot be pretrained here; CheckpointError for a damaged folder
 */
export async function writeRandomTwin(source: string, target: string, seed: number): Promise<RandomTwin> {
  const checkpoint = await openCheckpoint(source);
  try {
    const { tensors, leftOut } = drawTensors(checkpoint, seed);
    await mkdir(target, { recursive: true });
    await writeSafetensors(join(target, "model.safetensors"), tensors, { format: "pt" });
    for (const name of await modelSettingsFiles(source)) {
      await copyFile(join(source, name), join(target, name));
    }
    await writeFile(join(target, "README.md"), cardOf(seed));
    return { drawn: tensors.map(({ name }) => name), leftOut };
  } finally {
    await checkpoint.close();
  }
}

function drawTensors(
  checkpoint: Checkpoint,
  seed: number,
): { readonly tensors: readonly TensorToWrite[]; readonly leftOut: readonly string[] } {
  const architecture = architectureOf(checkpoint.config);
  const heads = architecture.pretrainingHeads;
  if (heads === undefined) {
    throw new RangeError(`${architecture.modelType} cannot be pretrained here, so it has no first values.`);
  }
  const declared = new Map(
    heads.parameters(architecture.parseConfig(checkpoint.config)).map((each) => [each.name, each]),
  );
  const { prefixes, rename } = architecture.checkpointNaming;
  const tensors: TensorToWrite[] = [];
  const leftOut: string[] = [];
  for (const stored of checkpoint.tensors.values()) {
    const name = rename(stored.name);
    const names = [name, ...prefixes.map((prefix) => prefix + name)];
    const parameter = names.flatMap((each) => declared.get(each) ?? [])[0];
    if (parameter === undefined) leftOut.push(stored.name);
    else tensors.push(encode(stored, drawFirstValues(parameter, seed)));
  }
  return { tensors, leftOut };
}

function encode({ name, shape, dtype }: TensorInfo, values: Float32Array): TensorToWrite {
  return dtype === "F16"
    ? { name, shape, dtype, data: encodeHalf(name, values) }
    : { name, shape, dtype: "F32", data: values };
}

function cardOf(seed: number): string {
  return `# Random weights

This model knows nothing: its weights are freshly drawn (seed ${seed}), its configuration and tokenizer those of another one,
so that it can be seen what pretraining is worth. Made by \`benchmarks/bundled/randomTwin.ts\`.
`;
}
