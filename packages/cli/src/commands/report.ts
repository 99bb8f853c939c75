import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { StoredRun } from "@peftbench/harness";
import { loadRuns } from "@peftbench/harness";
import type { Command, CommandContext } from "../command.ts";
import { UsageError } from "../options/usageError.ts";
import { writeReport } from "../reportFile.ts";

/** `pnpm bench report`: makes the page again, out of results that are there. */
export const report: Command = {
  name: "report",
  description: "Makes one HTML page out of the results below a folder",
  example: "pnpm bench report results/runs/glue --out page.html --title 'LoRA and full fine-tuning on SST-2'",
  options: {
    folder: { type: "positional", required: false, description: "Where results are; results where absent" },
    out: {
      type: "string",
      valueHint: "file",
      description: "The page; report.html in the folder where absent",
    },
    title: { type: "string", valueHint: "text", description: "Title of the page" },
  },
  run: async (options, context) => {
    const folder = folderOf(options.positionals[0], context);
    if (!(await isFolder(folder))) {
      throw new UsageError(
        `Found no folder ${folder}; expected one with results. Run \`pnpm bench glue\` first.`,
      );
    }
    const { runs, warnings } = await loadRuns(folder);
    for (const warning of warnings) context.say(`warning: ${warning}`);
    if (runs.length === 0) {
      throw new UsageError(
        `Found no result.json below ${folder}. Run \`pnpm bench glue\` first, or give another folder.`,
      );
    }
    const out = options.text("out");
    const page = out === undefined ? join(folder, "report.html") : resolve(out);
    const title = options.text("title") ?? titleOf(runs, folder);
    await writeReport(page, runs, { title, generatedAt: new Date(), notes: warnings });
    return {
      exitCode: 0,
      document: { report: page, runs: runs.map(({ result }) => result.id), warnings },
      text: `The page of ${runs.length} runs: ${page}`,
    };
  },
};

function folderOf(given: string | undefined, context: CommandContext): string {
  return given === undefined ? join(context.projectFolder, "results") : resolve(given);
}

function titleOf(runs: readonly StoredRun[], folder: string): string {
  const suites = [...new Set(runs.map(({ result }) => result.cell.suite.toUpperCase()))];
  return suites.length > 0 ? suites.join(", ") : basename(folder);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
