import { resolve } from "node:path";
import type { GridTask } from "@peftbench/harness";
import { choiceChecksum, loadSuite } from "@peftbench/harness";
import { choiceTasks, DatasetError, findPrompt, loadChoices } from "@peftbench/tasks";
import type { TaskFamily } from "../glue/family.ts";
import type { AskedSources, ChosenSources } from "../glue/sources.ts";
import { chosenModels, suiteFile } from "../glue/sources.ts";
import { UsageError } from "../options/usageError.ts";

const HOW_TO_GET_DATA =
  "Lay out a folder as <folder>/ARC-Easy/train.json and <folder>/ARC-Easy/test.json, likewise ARC-Challenge, boolq, " +
  "openbookqa, piqa, social_i_qa and winogrande, with the files of LLM-Adapters (github.com/AGI-Edgerunners/LLM-Adapters, " +
  "folder dataset); pass `--data <folder>`, or set PEFTBENCH_DATA.";

/** Questions with options, which a decoder answers by likelihood. */
export const reasoningFamily: TaskFamily = {
  tasks: choiceTasks.map(({ id }) => id),
  sources: chooseReasoningSources,
  readTasks: readChoiceTasks,
};

async function chooseReasoningSources(asked: AskedSources, projectFolder: string): Promise<ChosenSources> {
  const data = asked.data?.trim() || asked.dataVariable?.trim();
  if (data === undefined || data === "") {
    throw new UsageError(`--data: found none, which questions with options need. ${HOW_TO_GET_DATA}`);
  }
  const models = chosenModels(asked.model);
  if (models.length === 0) {
    throw new UsageError(
      "--model: found none; expected a decoder: a Hugging Face folder of a Llama or GPT-2 model, a folder with one .gguf file, or hf:organization/name.",
    );
  }
  const suite = await loadSuite(suiteFile(projectFolder, "reasoning"));
  return { suite, data: { kind: "folder", folder: resolve(data) }, models, notices: [] };
}

async function readChoiceTasks(
  ids: readonly string[],
  dataFolder: string | null,
): Promise<readonly GridTask[]> {
  const tasks: GridTask[] = [];
  for (const task of choiceTasks.filter(({ id }) => ids.includes(id))) {
    try {
      const loaded = await loadChoices(task, dataFolder ?? "");
      if (loaded.splits.train === undefined) {
        throw new UsageError(`--data: ${task.title} has no training split there. ${HOW_TO_GET_DATA}`);
      }
      const checksum = choiceChecksum(loaded, findPrompt(task.prompt));
      tasks.push({ id: task.id, suite: "reasoning", checksum });
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      throw new UsageError(`--data: ${error.message}`, { cause: error });
    }
  }
  // In the order in which they were asked for.
  return ids.flatMap((id) => tasks.filter((task) => task.id === id));
}
