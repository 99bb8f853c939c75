import { resolve } from "node:path";
import { HubError, hubSettings, isHubReference, parseHubReference } from "@peftbench/models";
import { isFolder } from "../options/folders.ts";
import { tasksInFolder } from "../validate/dataFolder.ts";

/** What the environment says of data and the hub, as far as it can be seen without the network. */
export interface CheckedSettings {
  /** What PEFTBENCH_DATA names; null where it is not set. The tasks of GLUE that a folder has a folder for. */
  readonly data: { readonly source: string; readonly tasks: readonly string[] } | null;
  /** Null where the settings cannot be used. The token itself is nowhere. */
  readonly hub: {
    readonly endpoint: string;
    readonly hasToken: boolean;
    readonly offline: boolean;
  } | null;
  /** A sentence for each setting that is wrong. */
  readonly problems: readonly string[];
}

/** Looks at the settings of data and hub; nothing is asked of the network. */
export async function checkSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<CheckedSettings> {
  const problems: string[] = [];
  const data = await dataOf(environment.PEFTBENCH_DATA?.trim() ?? "", problems);
  try {
    const { endpoint, token, offline } = hubSettings(environment);
    return { data, hub: { endpoint, hasToken: token !== null, offline }, problems };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { data, hub: null, problems: [...problems, error.message] };
  }
}

async function dataOf(source: string, problems: string[]): Promise<CheckedSettings["data"]> {
  if (source === "") return null;
  if (source === "hf") return { source, tasks: [] };
  if (isHubReference(source)) {
    try {
      parseHubReference("dataset", source);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      problems.push(`PEFTBENCH_DATA: ${error.message}`);
    }
    return { source, tasks: [] };
  }
  const folder = resolve(source);
  const tasks = (await isFolder(folder)) ? await tasksInFolder(folder) : [];
  if (tasks.length === 0) {
    problems.push(
      `PEFTBENCH_DATA: found no folder of a task of GLUE in ${folder}; expected ${folder}/SST-2 or another. Correct the variable, or unset it.`,
    );
  }
  return { source: folder, tasks };
}
