import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { TrainingConfig } from "./config.ts";
import { trainingConfigSchema, trainingOverridesSchema } from "./config.ts";
import { parseDocument } from "./result/parse.ts";

const text = z.string().min(1);
const seeds = z.array(z.int().nonnegative()).min(1);
const ids = z.array(text).min(1);

const presetSchema = z.strictObject({
  /** What it is for and about how long it takes. */
  description: text,
  methods: ids,
  tasks: ids,
  seeds,
  /** Applied after the suite's values, before the method's. */
  training: trainingOverridesSchema,
});

const methodDefaultsSchema = z.strictObject({
  /** Applied after the preset's values, before the caller's. */
  training: trainingOverridesSchema,
  /** The method's own configuration, which the method itself checks. */
  config: z.record(z.string(), z.json()),
});

/** A suite as data: `benchmarks/<suite>/suite.json`. */
export const suiteSchema = z
  .strictObject({
    name: text,
    title: text,
    description: text,
    tasks: ids,
    training: trainingConfigSchema,
    methods: z.record(z.string(), methodDefaultsSchema),
    presets: z.record(z.string(), presetSchema),
    defaultPreset: text,
  })
  .superRefine((suite, context) => {
    const issue = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    if (!(suite.defaultPreset in suite.presets)) {
      issue(["defaultPreset"], `there is no preset ${suite.defaultPreset}`);
    }
    for (const [name, preset] of Object.entries(suite.presets)) {
      const strange = preset.tasks.find((task) => !suite.tasks.includes(task));
      if (strange !== undefined) issue(["presets", name, "tasks"], `the suite has no task ${strange}`);
      const unknown = preset.methods.find((method) => !(method in suite.methods));
      if (unknown !== undefined)
        issue(["presets", name, "methods"], `the suite has no defaults for ${unknown}`);
    }
  });

export type Suite = z.infer<typeof suiteSchema>;
export type SuitePreset = z.infer<typeof presetSchema>;
export type MethodDefaults = z.infer<typeof methodDefaultsSchema>;

/** @throws {FormatError} naming the file and the first wrong field */
export async function loadSuite(path: string): Promise<Suite> {
  return parseDocument(suiteSchema, await readFile(path, "utf8"), path);
}

/** The layers of one method's training values; later ones win. */
export function trainingFor(
  suite: Suite,
  preset: SuitePreset,
  method: string,
  overrides: readonly z.infer<typeof trainingOverridesSchema>[],
): TrainingConfig {
  const layers = [suite.training, preset.training, suite.methods[method]?.training ?? {}, ...overrides];
  return trainingConfigSchema.parse(Object.assign({}, ...layers));
}
