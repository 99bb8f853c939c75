import type { HostTensor } from "@peftbench/runtime";
import { createRandom, elementCount } from "@peftbench/runtime";
import type { Architecture, HeadSpec, ParameterDeclaration } from "./architectures/architecture.ts";
import { architectureOf } from "./architectures/index.ts";
import { openCheckpoint } from "./checkpoint/folder.ts";
import { resolveWeights } from "./checkpoint/weights.ts";

/** A model's parameters in host memory, ready to be fine-tuned for a task. */
export interface PretrainedModel {
  readonly source: string;
  /** SHA-256 over the weight files, in hexadecimal. */
  readonly checksum: string;
  readonly architecture: Architecture;
  readonly config: unknown;
  /** Every declared parameter by name: from the checkpoint, or made anew. */
  readonly values: ReadonlyMap<string, HostTensor>;
  /** What trains with every method: the head, and base parameters that the checkpoint lacks. */
  readonly headParameters: ReadonlySet<string>;
  /** Longest sequence that the model takes, in tokens. */
  readonly maxLength: number;
  /** What a reader of the results should know, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * Loads a Hugging Face folder, or what else `openCheckpoint` opens, for a task. Parameters that the checkpoint lacks and
 * the architecture may initialize come from `seed`, each from a stream of its own name.
 *
 * @throws CheckpointError for what is missing, misshapen or damaged; ConfigError for a model that is not supported.
 */
export async function loadPretrained(
  folder: string,
  head: HeadSpec,
  options: { readonly seed: number },
): Promise<PretrainedModel> {
  const checkpoint = await openCheckpoint(folder);
  try {
    const architecture = architectureOf(checkpoint.config);
    const config = architecture.parseConfig(checkpoint.config);
    const declared = architecture.parameters(config, head);
    const { prefixes, ignorable, rename } = architecture.checkpointNaming;
    const weights = declared.map(({ name, shape, storedTransposed, initializer }) => ({
      name,
      shape: storedTransposed ? shape.toReversed() : shape,
      presence: initializer === null ? ("required" as const) : ("head" as const),
    }));
    const resolved = resolveWeights(checkpoint, { weights, prefixes, ignorable, rename });
    const values = new Map<string, HostTensor>();
    for (const parameter of declared) {
      const stored = resolved.loaded.get(parameter.name);
      const read = stored === undefined ? null : await checkpoint.readFloat32(stored);
      const data =
        read === null
          ? initialize(parameter, options.seed)
          : parameter.storedTransposed
            ? transposed(read, parameter.shape)
            : read;
      values.set(parameter.name, { shape: parameter.shape, dtype: "f32", data });
    }
    const isNew = new Set(resolved.newlyInitialized);
    const trainsWithHead = declared.filter(({ name, role }) => role === "head" || isNew.has(name));
    const newBase = declared.filter(({ name, role }) => role === "base" && isNew.has(name));
    return {
      source: folder,
      checksum: await checkpoint.checksum(),
      architecture,
      config,
      values,
      headParameters: new Set(trainsWithHead.map(({ name }) => name)),
      maxLength: architecture.maxLength(config),
      warnings:
        newBase.length === 0
          ? []
          : [
              `The checkpoint lacks ${newBase.map(({ name }) => name).join(", ")}: initialized anew, trained with the head.`,
            ],
    };
  } finally {
    await checkpoint.close();
  }
}

/** The matrix of `shape`, out of its transpose. */
function transposed(stored: Float32Array, shape: readonly number[]): Float32Array {
  const [rows = 0, columns = 0] = shape;
  const values = new Float32Array(stored.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      values[row * columns + column] = stored[column * rows + row] as number;
    }
  }
  return values;
}

function initialize({ name, shape, initializer }: ParameterDeclaration, seed: number): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (initializer?.kind === "constant") return values.fill(initializer.value);
  const random = createRandom(seed, name);
  const deviation = initializer?.deviation ?? 0;
  return values.map(() => random.normal() * deviation);
}
