import type { HubReference, HubSnapshot, SnapshotOptions } from "@peftbench/models";
import { describeReference, fetchSnapshot, HubError, modelFiles } from "@peftbench/models";
import { DatasetError, glueFilesInHub } from "@peftbench/tasks";
import { UsageError } from "../options/usageError.ts";
import type { ModelSource } from "./model.ts";
import type { ChosenModel, DataSource } from "./sources.ts";

/** How the hub is reached, and where what comes from it is kept. */
export type HubAccess = Omit<SnapshotOptions, "select">;

/**
 * The data folder of some tasks, downloaded first where it is in the hub.
 * @param hidden whether test splits without labels are wanted too
 * @returns null where no task needs one
 * @throws {UsageError} for what cannot be had
 */
export async function dataFolderHere(
  data: DataSource | null,
  taskIds: readonly string[],
  access: HubAccess,
  hidden = false,
): Promise<string | null> {
  if (data === null || data.kind === "folder") return data?.folder ?? null;
  const select = glueFilesInHub(taskIds, { hidden });
  const { folder } = await here("--data", data.reference, { ...access, select });
  return folder;
}

/** The models' folders, downloaded first where they are in the hub. @throws {UsageError} for what cannot be had */
export async function modelsHere(
  models: readonly ChosenModel[],
  access: HubAccess,
): Promise<readonly ModelSource[]> {
  const sources: ModelSource[] = [];
  for (const model of models) {
    if (model.kind !== "hub") {
      sources.push(model);
      continue;
    }
    const { reference } = model;
    const { folder } = await here("--model", reference, { ...access, select: modelFiles });
    sources.push({ kind: "given", folder, name: reference.name.split("/").at(-1) ?? reference.name });
  }
  return sources;
}

async function here(option: string, reference: HubReference, options: SnapshotOptions): Promise<HubSnapshot> {
  try {
    const snapshot = await fetchSnapshot(reference, options);
    if (snapshot.commit !== reference.revision) {
      options.say?.(
        `${option}: hf:${describeReference(reference)} is the commit ${snapshot.commit}: ` +
          `hf:${reference.name}@${snapshot.commit} will always be the same.`,
      );
    }
    return snapshot;
  } catch (error) {
    if (!(error instanceof HubError || error instanceof DatasetError)) throw error;
    throw new UsageError(`${option}: ${error.message}`, { cause: error });
  }
}
