import type { BatchLengths, MemorySettings, Suite } from "@peftbench/harness";
import { trainingFor } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { attentionKinds } from "@peftbench/models";
import type { PeftMethod } from "@peftbench/peft";
import type { SavePolicy } from "@peftbench/runtime";
import { optimizerKinds, weightStorages } from "@peftbench/runtime";
import { methodConfig } from "../glue/methods.ts";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { listOf, oneOf, wholeNumber } from "../options/values.ts";

/** @throws {UsageError} for an unknown method */
export function chosenMethods(options: GivenOptions): readonly PeftMethod[] {
  const ids = methods.map((method) => method.id);
  const text = options.text("methods");
  const chosen = text === undefined ? ids : listOf("--methods", text, ids);
  return chosen.flatMap((id) => methods.filter((method) => method.id === id));
}

/** What a configuration of training takes. */
const LEAST_LENGTH = 3;

/** Above it sums of bytes would not be exact, and no machine has it. */
const MOST_TOKENS = 2 ** 31;

/** How a method is trained, where the options say so, else as the suite has it. @throws {UsageError} */
export function settingsOf(
  method: PeftMethod,
  savePolicy: SavePolicy,
  suite: Suite,
  options: GivenOptions,
): MemorySettings {
  const preset = { description: "memory", methods: [method.id], tasks: [], seeds: [0], training: {} };
  const config = methodConfig(method, suite);
  const given = <Value>(name: string, read: (option: string, text: string) => Value): Value | undefined => {
    const text = options.text(name);
    return text === undefined ? undefined : read(`--${name}`, text);
  };
  const count = (option: string, text: string): number => wholeNumber(option, text, 1);
  const batchSize = given("batch", count);
  const maxLength = given("seq", (option, text) => wholeNumber(option, text, LEAST_LENGTH));
  const rank = given("rank", count);
  const base = trainingFor(suite, preset, method.id, []);
  const [rows, tokens] = [batchSize ?? base.batchSize, maxLength ?? base.maxLength];
  if (rows * tokens > MOST_TOKENS) {
    throw new UsageError(
      `--batch: found ${rows} rows of ${tokens} tokens; expected at most ${MOST_TOKENS} tokens in a batch.`,
    );
  }
  const attention = given("attention", (option, text) => oneOf(option, text, attentionKinds));
  const frozenWeights = given("dtype", (option, text) => oneOf(option, text, weightStorages));
  const optimizer = given("optimizer", (option, text) => oneOf(option, text, optimizerKinds));
  return {
    training: {
      ...base,
      // As models come: decoders of the Llama family have none.
      dropout: null,
      savePolicy,
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(attention === undefined ? {} : { attention }),
      ...(frozenWeights === undefined ? {} : { frozenWeights }),
      ...(optimizer === undefined ? {} : { optimizer }),
    },
    method: rank === undefined ? config : withRank(config, rank),
  };
}

/** AdaLoRA begins with half as much again as it ends with (arXiv 2303.10512, section 4). */
const INITIAL_OVER_TARGET = 1.5;

/** Options with a rank, under the names that methods have for it; as they are where a method has none. */
function withRank(config: MemorySettings["method"], rank: number): MemorySettings["method"] {
  const ranks = {
    ...{ rank, meanRank: rank, targetRank: rank },
    initialRank: Math.ceil(INITIAL_OVER_TARGET * rank),
  };
  return { ...config, ...Object.fromEntries(Object.entries(ranks).filter(([name]) => name in config)) };
}

/** Lengths of the planned batch: as the settings have it, and the target's where that is given. */
export function lengthsOf({ training }: MemorySettings, options: GivenOptions): BatchLengths {
  const target = options.text("target-seq");
  const length = training.maxLength;
  return target === undefined ? { length } : { length, targetLength: wholeNumber("--target-seq", target, 1) };
}
