import { isFloatingPoint } from "./dtypes.ts";
import { CheckpointError } from "./errors.ts";
import type { Checkpoint } from "./folder.ts";

/** A tensor that an architecture wants from a checkpoint. */
export interface WeightDeclaration {
  readonly name: string;
  /** As the checkpoint stores it. */
  readonly shape: readonly number[];
  /** `head`: a task's own tensor, newly initialized where a checkpoint does not have it. */
  readonly presence: "required" | "head";
}

/** What an architecture says of the checkpoints it can be loaded from. */
export interface CheckpointRules {
  readonly weights: readonly WeightDeclaration[];
  /** Tensors that may be there and are not used; held against names as stored and without prefix. */
  readonly ignorable: readonly RegExp[];
  /** Openings of names, such as "bert.", that a checkpoint may have or lack, whether the declared names have them or not. */
  readonly prefixes: readonly string[];
  /** Turns a name as stored, such as "LayerNorm.gamma", into the one used today; applied first. */
  readonly rename?: ((name: string) => string) | undefined;
}

export interface ResolveOptions {
  /** Report tensors that are neither declared nor ignorable as ignored instead of refusing them. */
  readonly allowUnexpected?: boolean;
  /** Initialize the head newly, whatever the checkpoint holds: it was trained for another task. */
  readonly newHead?: boolean;
}

/** Which tensor of the checkpoint goes where. */
export interface ResolvedWeights {
  /** Declared name -> name in the checkpoint, in the order of the declarations. */
  readonly loaded: ReadonlyMap<string, string>;
  /** Declared names of the head's tensors that the checkpoint does not have. */
  readonly newlyInitialized: readonly string[];
  /** Names in the checkpoint that are not used. */
  readonly ignored: readonly string[];
}

/**
 * Matches a checkpoint's tensors with what an architecture declares.
 * @throws {CheckpointError} `missing-tensor`, `wrong-shape`, `wrong-dtype`, `ambiguous-tensor`, `unexpected-tensor`
 */
export function resolveWeights(
  checkpoint: Pick<Checkpoint, "source" | "tensors">,
  rules: CheckpointRules,
  options: ResolveOptions = {},
): ResolvedWeights {
  const { source, tensors } = checkpoint;
  const declared = new Map(
    rules.weights.map((weight) => [withoutPrefixes(weight.name, rules.prefixes), weight]),
  );
  const stored = new Map<string, string>();
  const ignored: string[] = [];
  const unexpected: string[] = [];
  for (const name of tensors.keys()) {
    const plainName = withoutPrefixes(rules.rename?.(name) ?? name, rules.prefixes);
    const weight = declared.get(plainName);
    if (weight === undefined) {
      // `search` does not depend on where a global or sticky expression last stopped, as `test` does.
      const isIgnorable = rules.ignorable.some(
        (pattern) => name.search(pattern) >= 0 || plainName.search(pattern) >= 0,
      );
      (isIgnorable || options.allowUnexpected ? ignored : unexpected).push(name);
    } else if (weight.presence === "head" && options.newHead) {
      ignored.push(name);
    } else {
      const other = stored.get(weight.name);
      if (other !== undefined) throw ambiguous(source, weight.name, other, name);
      stored.set(weight.name, name);
    }
  }
  const loaded = new Map<string, string>();
  const newlyInitialized: string[] = [];
  const missing: WeightDeclaration[] = [];
  for (const weight of rules.weights) {
    const name = stored.get(weight.name);
    if (name !== undefined) {
      checkTensor(checkpoint, name, weight);
      loaded.set(weight.name, name);
    } else if (weight.presence === "head") newlyInitialized.push(weight.name);
    else missing.push(weight);
  }
  if (missing.length > 0) throw missingTensors(checkpoint, missing, rules.weights.length);
  if (unexpected.length > 0) throw unexpectedTensors(checkpoint, unexpected);
  return { loaded, newlyInitialized, ignored };
}

/** Takes each prefix off the front at most once, whatever order they come in. */
function withoutPrefixes(name: string, prefixes: readonly string[]): string {
  const left = new Set(prefixes);
  let rest = name;
  for (let found = true; found; ) {
    found = false;
    for (const prefix of left) {
      if (!rest.startsWith(prefix) || rest.length === prefix.length) continue;
      rest = rest.slice(prefix.length);
      left.delete(prefix);
      found = true;
    }
  }
  return rest;
}

function checkTensor(
  { source, tensors }: Pick<Checkpoint, "source" | "tensors">,
  name: string,
  weight: WeightDeclaration,
): void {
  const found = tensors.get(name);
  if (found === undefined) return;
  const alias = name === weight.name ? "" : ` (stored as ${name})`;
  const sameShape =
    found.shape.length === weight.shape.length &&
    found.shape.every((size, index) => size === weight.shape[index]);
  if (!sameShape) {
    throw new CheckpointError({
      code: "wrong-shape",
      file: source,
      found: `${weight.name}${alias} of shape ${showShape(found.shape)}`,
      expected: showShape(weight.shape),
      remedy:
        weight.presence === "head"
          ? "The checkpoint's head is of another task: ask for a new head, or for its number of labels."
          : "config.json and the weights do not belong to the same model.",
    });
  }
  if (!isFloatingPoint(found.dtype)) {
    throw new CheckpointError({
      code: "wrong-dtype",
      file: source,
      found: `${weight.name}${alias} of dtype ${found.dtype}`,
      expected: "F32, F16, BF16 or F64",
      remedy: "Quantized weights are not supported; use the original checkpoint.",
    });
  }
}

function missingTensors(
  { source, tensors }: Pick<Checkpoint, "source" | "tensors">,
  missing: readonly WeightDeclaration[],
  declaredCount: number,
): CheckpointError {
  const wanted = missing.slice(0, 3).map(({ name, shape }) => `${name} of shape ${showShape(shape)}`);
  return new CheckpointError({
    code: "missing-tensor",
    file: source,
    found: `${missing.length} of ${declaredCount} tensors missing; it holds ${showNames([...tensors.keys()])}`,
    expected: missing.length > 3 ? `${wanted.join(", ")}, ...` : wanted.join(", "),
    remedy: "The weights are of another architecture, incomplete, or of fewer layers than config.json says.",
  });
}

function unexpectedTensors(
  { source, tensors }: Pick<Checkpoint, "source" | "tensors">,
  names: readonly string[],
): CheckpointError {
  const shown = names
    .slice(0, 3)
    .map((name) => `${name} of shape ${showShape(tensors.get(name)?.shape ?? [])}`);
  return new CheckpointError({
    code: "unexpected-tensor",
    file: source,
    found: `${names.length} tensors that this architecture does not have: ${shown.join(", ")}${names.length > 3 ? ", ..." : ""}`,
    expected: "only what it declares or knows to ignore",
    remedy:
      "Results would be of another model than the one in the folder. Use the architecture it was made with, or allow " +
      "unexpected tensors if you know that they do not matter.",
  });
}

function ambiguous(source: string, declaredName: string, first: string, second: string): CheckpointError {
  return new CheckpointError({
    code: "ambiguous-tensor",
    file: source,
    found: `both ${first} and ${second} for ${declaredName}`,
    expected: "one of them",
    remedy: "Save the checkpoint again with one set of names.",
  });
}

function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

function showNames(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown || "nothing";
}
