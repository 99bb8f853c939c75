import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { TrainingConfig, TrainingOverrides } from "./config.ts";
import { trainingConfigSchema, trainingOverridesSchema } from "./config.ts";
import { checkValue, FormatError, parseDocument } from "./result/parse.ts";
import { searchSchema } from "./tuning/searchConfig.ts";

const text = z.string().min(1);
const seeds = z.array(z.int().nonnegative()).min(1);
const ids = z.array(text).min(1);
/** Where a value comes from, or that it is ours. Nothing reads it but people. */
const note = text.optional();
const options = z.record(z.string(), z.json());

/** What one method is run with: how it is trained, and its own configuration, which the method itself checks. */
const methodSettingsSchema = z.strictObject({
  note,
  training: trainingOverridesSchema.default({}),
  config: options.default({}),
  /** What is otherwise on single tasks, by their ids. */
  byTask: z
    .record(
      z.string(),
      z.strictObject({
        note,
        training: trainingOverridesSchema.default({}),
        config: options.default({}),
      }),
    )
    .optional(),
});

const presetSchema = z.strictObject({
  /** What it is for and about how long it takes. */
  description: text,
  note,
  methods: ids,
  tasks: ids,
  seeds,
  training: trainingOverridesSchema,
  /** How all methods are trained on single tasks, by their ids. */
  byTask: z.record(z.string(), z.strictObject({ note, training: trainingOverridesSchema })).optional(),
  /** What single methods are run with, by their ids. */
  settings: z.record(z.string(), methodSettingsSchema).optional(),
  /** In place of the suite's search. */
  search: searchSchema.optional(),
});

const suiteFields = {
  name: text,
  title: text,
  description: text,
  tasks: ids,
  training: trainingConfigSchema,
  methods: z.record(z.string(), methodSettingsSchema),
  presets: z.record(z.string(), presetSchema),
  defaultPreset: text,
  /** How settings are searched where they are. */
  search: searchSchema.optional(),
};

/** A suite with all its methods. */
export const suiteSchema = z.strictObject(suiteFields).superRefine((suite, context) => {
  const issue = (path: PropertyKey[], message: string): void =>
    context.addIssue({ code: "custom", path, message });
  const strangeTask = (byTask: Readonly<Record<string, unknown>> | undefined): string | undefined =>
    Object.keys(byTask ?? {}).find((task) => !suite.tasks.includes(task));
  const noTask = (path: PropertyKey[], task: string | undefined): void => {
    if (task !== undefined) issue(path, `the suite has no task ${task}`);
  };
  if (!(suite.defaultPreset in suite.presets)) {
    issue(["defaultPreset"], `there is no preset ${suite.defaultPreset}`);
  }
  noTask(["search", "byTask"], strangeTask(suite.search?.byTask));
  for (const [name, preset] of Object.entries(suite.presets)) {
    const path = ["presets", name];
    noTask(
      [...path, "tasks"],
      preset.tasks.find((task) => !suite.tasks.includes(task)),
    );
    noTask([...path, "byTask"], strangeTask(preset.byTask));
    noTask([...path, "search", "byTask"], strangeTask(preset.search?.byTask));
    const settings = Object.entries(preset.settings ?? {});
    for (const [method, { byTask }] of settings)
      noTask([...path, "settings", method, "byTask"], strangeTask(byTask));
    const unknown = [...preset.methods, ...settings.map(([method]) => method)].find(
      (method) => !(method in suite.methods),
    );
    if (unknown !== undefined) issue([...path, "methods"], `the suite has no defaults for ${unknown}`);
  }
});

/** A suite's file: `benchmarks/<suite>/suite.json`. It may take another suite's methods, and change some of their settings. */
const suiteFileSchema = z.strictObject({
  ...suiteFields,
  /** The folder beside this suite's own whose suite has the methods: `glue`. */
  methodsFrom: z
    .string()
    .regex(/^[a-z0-9-]+$/, "expected the name of a folder beside this suite's own")
    .optional(),
  /** Where they are another suite's: what is otherwise here. */
  methods: suiteFields.methods.default({}),
});

export type Suite = z.infer<typeof suiteSchema>;
export type SuitePreset = z.infer<typeof presetSchema>;
export type MethodSettings = z.infer<typeof methodSettingsSchema>;

/** @throws {FormatError} naming the file and the first wrong field */
export async function loadSuite(path: string): Promise<Suite> {
  return loadWithMethods(path, []);
}

async function loadWithMethods(path: string, takenBy: readonly string[]): Promise<Suite> {
  const file = parseDocument(suiteFileSchema, await readFile(path, "utf8"), path);
  const { methodsFrom, ...suite } = file;
  if (methodsFrom === undefined) return checkValue(suiteSchema, suite, path);
  const source = join(dirname(path), "..", methodsFrom, "suite.json");
  const problem = (text: string): FormatError => new FormatError(path, null, "methodsFrom", text);
  if ([...takenBy, path].includes(source)) throw problem(`${methodsFrom} takes its methods from here`);
  let other: Suite;
  try {
    other = await loadWithMethods(source, [...takenBy, path]);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw problem(`found ${methodsFrom}, and no file ${source}`);
  }
  const methods = mergeMethods(other.methods, suite.methods);
  return checkValue(suiteSchema, { ...suite, methods }, path);
}

/** `own` over `base`, value by value. */
function mergeMethods(
  base: Suite["methods"],
  own: Suite["methods"],
): Readonly<Record<string, MethodSettings>> {
  const none: MethodSettings = { training: {}, config: {} };
  const names = [...new Set([...Object.keys(base), ...Object.keys(own)])];
  return Object.fromEntries(
    names.map((name) => {
      const [lower, upper] = [base[name] ?? none, own[name] ?? none];
      const tasks = new Set([...Object.keys(lower.byTask ?? {}), ...Object.keys(upper.byTask ?? {})]);
      const byTask = Object.fromEntries(
        [...tasks].map((task) => [task, merged(lower.byTask?.[task] ?? none, upper.byTask?.[task] ?? none)]),
      );
      return [name, { ...merged(lower, upper), ...(tasks.size === 0 ? {} : { byTask }) }];
    }),
  );
}

type Layer = Pick<MethodSettings, "training" | "config">;

function merged(lower: Layer, upper: Layer): Layer {
  return {
    training: { ...lower.training, ...upper.training },
    config: { ...lower.config, ...upper.config },
  };
}

/**
 * How a method is trained on a task. Layers, of which later ones win: the suite's `training`; the preset's, then its
 * `byTask`; the suite's settings of the method, then their `byTask`; the preset's settings of the method, then their
 * `byTask`; the caller's.
 * @param task null: without what is of single tasks
 */
export function trainingFor(
  suite: Suite,
  preset: SuitePreset,
  method: string,
  overrides: readonly TrainingOverrides[],
  task: string | null = null,
): TrainingConfig {
  const ofTask = task === null ? {} : (preset.byTask?.[task]?.training ?? {});
  const ofMethod = layersOf(suite, preset, method, task).map(({ training }) => training);
  return trainingConfigSchema.parse(
    Object.assign({}, suite.training, preset.training, ofTask, ...ofMethod, ...overrides),
  );
}

/** A method's own configuration on a task, in the same layers; the method fills in what is not there. */
export function methodConfigFor(
  suite: Suite,
  preset: SuitePreset | null,
  method: string,
  task: string | null = null,
): MethodSettings["config"] {
  return Object.assign({}, ...layersOf(suite, preset, method, task).map(({ config }) => config));
}

function layersOf(
  suite: Suite,
  preset: SuitePreset | null,
  method: string,
  task: string | null,
): readonly Layer[] {
  return [suite.methods[method], preset?.settings?.[method]].flatMap((settings) => {
    if (settings === undefined) return [];
    const ofTask = task === null ? undefined : settings.byTask?.[task];
    return ofTask === undefined ? [settings] : [settings, ofTask];
  });
}
