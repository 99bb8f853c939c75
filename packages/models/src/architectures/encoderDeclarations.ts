import type { HeadSpec, LinearModule, ParameterDeclaration } from "./architecture.ts";
import { HeadError } from "./config.ts";
import type { EncoderConfig } from "./encoderConfig.ts";

/** A linear layer with a bias. */
export function linearModule(
  name: string,
  inFeatures: number,
  outFeatures: number,
  head: boolean,
): LinearModule {
  return { name, inFeatures, outFeatures, bias: true, head };
}

/** Width of a classifier's logits. @throws {HeadError} for a language model's, which no encoder has */
export function labelCountOf(head: HeadSpec): number {
  switch (head.kind) {
    case "classification":
      return head.labelCount;
    case "regression":
      return 1;
    case "languageModel":
      throw new HeadError("an encoder", head.kind, ["classification", "regression"]);
  }
}

/** Linear layers of all encoder layers `prefix.0`, ..., where `attention` names those that make query, key and value. */
export function encoderModules(
  { layers, hiddenSize, intermediateSize }: EncoderConfig,
  prefix: string,
  attention: readonly string[],
): readonly LinearModule[] {
  return Array.from({ length: layers }, (_, index) => {
    const linear = (path: string, inFeatures: number, outFeatures: number): LinearModule =>
      linearModule(`${prefix}.${index}.${path}`, inFeatures, outFeatures, false);
    return [
      ...attention.map((name) => linear(`attention.self.${name}`, hiddenSize, hiddenSize)),
      linear("attention.output.dense", hiddenSize, hiddenSize),
      linear("intermediate.dense", hiddenSize, intermediateSize),
      linear("output.dense", intermediateSize, hiddenSize),
    ];
  }).flat();
}

/** A parameter of the encoder that every checkpoint must bring. */
export function requiredParameter(name: string, shape: readonly number[]): ParameterDeclaration {
  return { name, shape, role: "base", initializer: null };
}

export function normParameters(name: string, size: number): readonly ParameterDeclaration[] {
  return [requiredParameter(`${name}.weight`, [size]), requiredParameter(`${name}.bias`, [size])];
}

/** Norms of all encoder layers `prefix.0`, ... */
export function encoderNorms(
  { layers, hiddenSize }: EncoderConfig,
  prefix: string,
): readonly ParameterDeclaration[] {
  return Array.from({ length: layers }, (_, index) => [
    ...normParameters(`${prefix}.${index}.attention.output.LayerNorm`, hiddenSize),
    ...normParameters(`${prefix}.${index}.output.LayerNorm`, hiddenSize),
  ]).flat();
}

/**
 * Weight and bias of each module. The head's are made anew where a checkpoint lacks them, normal and zero, and so are
 * those of the modules that `mayBeMissing` names.
 */
export function linearParameters(
  { initializerRange }: EncoderConfig,
  modules: readonly LinearModule[],
  mayBeMissing: readonly string[] = [],
): readonly ParameterDeclaration[] {
  return modules.flatMap(({ name, inFeatures, outFeatures, head }): readonly ParameterDeclaration[] => {
    const fresh = head || mayBeMissing.includes(name);
    const role = head ? "head" : "base";
    return [
      {
        name: `${name}.weight`,
        shape: [outFeatures, inFeatures],
        role,
        initializer: fresh ? { kind: "normal", deviation: initializerRange } : null,
      },
      {
        name: `${name}.bias`,
        shape: [outFeatures],
        role,
        initializer: fresh ? { kind: "constant", value: 0 } : null,
      },
    ];
  });
}
