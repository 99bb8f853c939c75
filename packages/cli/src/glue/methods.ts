import type { GridMethod, Suite, SuitePreset, TrainingOverrides } from "@peftbench/harness";
import { trainingFor } from "@peftbench/harness";
import type { PeftMethod } from "@peftbench/peft";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { numberByName, oneOf, probability, wholeNumber } from "../options/values.ts";

/** Every method with the settings that suite, preset and options give it, later ones winning. @throws {UsageError} */
export function configureMethods(
  chosen: readonly PeftMethod[],
  suite: Suite,
  preset: SuitePreset,
  options: GivenOptions,
): readonly GridMethod[] {
  const shared = sharedOverrides(options);
  const rates = learningRates(options, chosen);
  return chosen.map((method) => {
    const rate = rates.byName.get(method.id) ?? rates.all;
    const own = rate === null ? {} : { learningRate: rate };
    return {
      id: method.id,
      training: checked(() => trainingFor(suite, preset, method.id, [shared, own])),
      config: methodConfig(method, suite),
    };
  });
}

/** The method's configuration with its defaults filled in, so that the run's identity holds every value. */
export function methodConfig(method: PeftMethod, suite: Suite): GridMethod["config"] {
  const parsed = method.configSchema.parse(suite.methods[method.id]?.config ?? {});
  return JSON.parse(JSON.stringify(parsed));
}

function sharedOverrides(options: GivenOptions): TrainingOverrides {
  const overrides: TrainingOverrides = {};
  const given = (name: string, set: (value: string, option: string) => void): void => {
    const value = options.text(name);
    if (value !== undefined) set(value, `--${name}`);
  };
  given("epochs", (value, option) => {
    overrides.epochs = wholeNumber(option, value, 1);
  });
  given("batch-size", (value, option) => {
    overrides.batchSize = wholeNumber(option, value, 1);
  });
  given("train-limit", (value, option) => {
    overrides.trainLimit = value === "all" ? null : wholeNumber(option, value, 1);
  });
  given("max-length", (value, option) => {
    overrides.maxLength = wholeNumber(option, value, 3);
  });
  given("dropout", (value, option) => {
    overrides.dropout = probability(option, value);
  });
  given("attention", (value, option) => {
    overrides.attention = oneOf(option, value, ["materialized", "fused"]);
  });
  given("frozen-weights", (value, option) => {
    overrides.frozenWeights = oneOf(option, value, ["f32", "f16"]);
  });
  given("save-policy", (value, option) => {
    overrides.savePolicy = oneOf(option, value, ["eager", "recompute"]);
  });
  return overrides;
}

function learningRates(options: GivenOptions, chosen: readonly PeftMethod[]) {
  const value = options.text("learning-rate");
  if (value === undefined) return { all: null, byName: new Map<string, number>() };
  return numberByName(
    "--learning-rate",
    value,
    chosen.map((method) => method.id),
  );
}

function checked<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw new UsageError(`The options do not go together: ${error instanceof Error ? error.message : error}`);
  }
}
