import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { HeadSpec } from "@peftbench/models";
import { architectureOf } from "@peftbench/models";
import type { ModelShape } from "@peftbench/peft";
import { modelShape } from "@peftbench/peft";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { oneOf, wholeNumber } from "../options/values.ts";

/** What `--task` may be. */
export const memoryTasks = ["classification", "language-model"] as const;

/** A model of which the configuration alone is needed. */
export interface ConfiguredModel {
  readonly name: string;
  /** What `config.json` holds. */
  readonly json: unknown;
  readonly shape: ModelShape;
}

/** @throws {UsageError} for a model that is not there, or that cannot do what is asked */
export async function readConfiguredModel(options: GivenOptions): Promise<ConfiguredModel> {
  const given = options.text("model");
  if (given === undefined) {
    throw new UsageError(
      "--model: found none; expected a folder with config.json, or that file. No weights are needed.",
    );
  }
  const file = given.endsWith(".json") ? resolve(given) : join(resolve(given), "config.json");
  const head = headOf(options);
  try {
    const json: unknown = JSON.parse(await readFile(file, "utf8"));
    const architecture = architectureOf(json);
    const config = architecture.parseConfig(json);
    for (const option of ["seq", "target-seq"])
      requireWithin(option, options, architecture.maxLength(config));
    if (options.text("target-seq") !== undefined && architecture.kind !== "encoder-decoder") {
      throw new UsageError(
        `--target-seq: found with ${architecture.title}, which has no decoder that reads a source; leave it out.`,
      );
    }
    return { name: nameOf(file), json, shape: modelShape({ architecture, config, head }) };
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    if ("code" in error && error.code === "ENOENT") {
      throw new UsageError(
        `--model: found no file ${file}; expected a folder with config.json, or that file, as models/configs has some.`,
      );
    }
    const remedy = "remedy" in error && !error.message.includes(`${error.remedy}`) ? ` ${error.remedy}` : "";
    throw new UsageError(
      `--model: ${file}: ${error.message}${remedy} Expected the model's config.json as it is published.`,
      { cause: error },
    );
  }
}

function requireWithin(option: string, options: GivenOptions, longest: number): void {
  const length = options.text(option);
  if (length === undefined || wholeNumber(`--${option}`, length, 1) <= longest) return;
  throw new UsageError(`--${option}: found ${length}; the model takes at most ${longest} tokens.`);
}

function headOf(options: GivenOptions): HeadSpec {
  const task = oneOf("--task", options.text("task") ?? "classification", memoryTasks);
  const labels = options.text("labels");
  if (task === "classification") {
    return { kind: "classification", labelCount: wholeNumber("--labels", labels ?? "2", 1) };
  }
  if (labels !== undefined) {
    throw new UsageError("--labels: found with --task language-model, which predicts tokens; leave it out.");
  }
  return { kind: "languageModel" };
}

/** A model's folder is named for it; a configuration alone may have the name itself. */
function nameOf(file: string): string {
  return basename(file) === "config.json" ? basename(dirname(file)) : basename(file, ".json");
}
