import type { GridMethod, GridSettings, Suite, SuitePreset, TrainingOverrides } from "@peftbench/harness";
import { methodConfigFor, trainingFor } from "@peftbench/harness";
import type { PeftMethod } from "@peftbench/peft";
import { savePolicies } from "@peftbench/runtime";
import type { GivenOptions } from "../options/parse.ts";
import { suggestion, UsageError } from "../options/usageError.ts";
import { numberByName, oneOf, probability, wholeNumber } from "../options/values.ts";
import type { Assignments } from "./assignments.ts";
import { problemOf } from "./assignments.ts";

/** What the settings of a call's methods are made of. */
export interface MethodSources {
  readonly suite: Suite;
  readonly preset: SuitePreset;
  /** Ids of the tasks, which may have settings of their own. */
  readonly tasks: readonly string[];
  readonly options: GivenOptions;
  readonly assignments: Assignments;
}

/** Every method with the settings that suite, preset and options give it, later ones winning. @throws {UsageError} */
export function configureMethods(
  chosen: readonly PeftMethod[],
  { suite, preset, tasks, options, assignments }: MethodSources,
): readonly GridMethod[] {
  const shared = sharedOverrides(options, assignments.training);
  const rates = learningRates(options, chosen);
  return chosen.map((method) => {
    const rate = rates.byName.get(method.id) ?? rates.all;
    const own = rate === null ? {} : { learningRate: rate };
    const assigned = assignments.methods.get(method.id) ?? { training: {}, config: {} };
    const settingsFor = (task: string | null): GridSettings => ({
      training: checked(() =>
        trainingFor(suite, preset, method.id, [shared, assignments.training, own, assigned.training], task),
      ),
      config: configOf(
        method,
        { ...methodConfigFor(suite, preset, method.id, task), ...assigned.config },
        assigned.config,
      ),
    });
    const byTask = Object.fromEntries(tasks.map((task) => [task, settingsFor(task)]));
    return { id: method.id, ...settingsFor(null), byTask };
  });
}

/** The method's configuration with its defaults filled in, so that the run's identity holds every value. */
export function methodConfig(method: PeftMethod, suite: Suite): GridMethod["config"] {
  return asJson(method.configSchema.parse(methodConfigFor(suite, null, method.id)));
}

function configOf(
  method: PeftMethod,
  values: Readonly<Record<string, unknown>>,
  assigned: Readonly<Record<string, unknown>>,
): GridMethod["config"] {
  const parsed = method.configSchema.safeParse(values);
  if (parsed.success) return asJson(parsed.data);
  const known = Object.keys(asJson(method.configSchema.parse({})));
  const unknown = Object.keys(assigned).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--set: found ${method.id}.${unknown}.${suggestion(unknown, known)} Options of ${method.id}: ${known.join(", ")}; ` +
        `and ${method.id}.training.<option>.`,
    );
  }
  const given = Object.keys(assigned).length > 0 ? "--set" : "The suite";
  throw new UsageError(`${given}: ${method.id}.${problemOf(parsed.error.issues, values)}`);
}

function asJson(value: unknown): GridMethod["config"] {
  return JSON.parse(JSON.stringify(value));
}

/** @throws {UsageError} also for what is given by an option of its own and by `--set` */
function sharedOverrides(options: GivenOptions, assigned: TrainingOverrides): TrainingOverrides {
  const overrides: TrainingOverrides = {};
  const given = <Name extends keyof TrainingOverrides>(
    name: string,
    field: Name,
    read: (option: string, value: string) => NonNullable<TrainingOverrides>[Name],
  ): void => {
    const value = options.text(name);
    if (value === undefined) return;
    if (field in assigned) {
      throw new UsageError(`--set: found training.${field}, which --${name} gives too; give it once.`);
    }
    overrides[field] = read(`--${name}`, value);
  };
  given("epochs", "epochs", (option, value) => wholeNumber(option, value, 1));
  given("batch-size", "batchSize", (option, value) => wholeNumber(option, value, 1));
  given("train-limit", "trainLimit", (option, value) =>
    value === "all" ? null : wholeNumber(option, value, 1),
  );
  given("max-length", "maxLength", (option, value) => wholeNumber(option, value, 3));
  given("dropout", "dropout", probability);
  given("attention", "attention", (option, value) => oneOf(option, value, ["materialized", "fused"]));
  given("frozen-weights", "frozenWeights", (option, value) => oneOf(option, value, ["f32", "f16"]));
  given("save-policy", "savePolicy", (option, value) => oneOf(option, value, savePolicies));
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
