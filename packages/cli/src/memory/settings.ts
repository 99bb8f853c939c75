import type { BatchLengths, MemorySettings, Suite } from "@peftbench/harness";
import { trainingFor } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { attentionKinds } from "@peftbench/models";
import type { PeftMethod } from "@peftbench/peft";
import type { SavePolicy } from "@peftbench/runtime";
import { optimizerKinds, weightStorages } from "@peftbench/runtime";
import { methodConfig } from "../glue/methods.ts";
import type { GivenOptions } from "../options/parse.ts";
import { listOf, oneOf, wholeNumber } from "../options/values.ts";

/** @throws {UsageError} for an unknown method */
export function chosenMethods(options: GivenOptions): readonly PeftMethod[] {
  const ids = methods.map((method) => method.id);
  const text = options.text("methods");
  const chosen = text === undefined ? ids : listOf("--methods", text, ids);
  return chosen.flatMap((id) => methods.filter((method) => method.id === id));
}

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
  const maxLength = given("seq", count);
  const rank = given("rank", count);
  const attention = given("attention", (option, text) => oneOf(option, text, attentionKinds));
  const frozenWeights = given("dtype", (option, text) => oneOf(option, text, weightStorages));
  const optimizer = given("optimizer", (option, text) => oneOf(option, text, optimizerKinds));
  return {
    training: {
      ...trainingFor(suite, preset, method.id, []),
      // As models come: decoders of the Llama family have none.
      dropout: null,
      savePolicy,
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(attention === undefined ? {} : { attention }),
      ...(frozenWeights === undefined ? {} : { frozenWeights }),
      ...(optimizer === undefined ? {} : { optimizer }),
    },
    method: rank === undefined || !("rank" in config) ? config : { ...config, rank },
  };
}

/** Lengths of the planned batch: as the settings have it, and the target's where that is given. */
export function lengthsOf({ training }: MemorySettings, options: GivenOptions): BatchLengths {
  const target = options.text("target-seq");
  const length = training.maxLength;
  return target === undefined ? { length } : { length, targetLength: wholeNumber("--target-seq", target, 1) };
}
