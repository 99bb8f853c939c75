import { join, resolve } from "node:path";
import { NoResultsError, writeReport } from "@peftbench/report";
import type { Command } from "../command.ts";
import { requireResultsFolder } from "../options/folders.ts";
import { UsageError } from "../options/usageError.ts";
import { publishedFrom, publishedOption, REFERENCE_METHOD } from "../publishedFigures.ts";

/** `pnpm bench report`: makes the page again, out of results that are there. */
export const report: Command = {
  name: "report",
  description: "Makes one HTML page out of the results at or below a folder",
  example: "pnpm bench report results/runs/glue --out page.html --title 'LoRA and full fine-tuning on SST-2'",
  options: {
    folder: { type: "positional", required: false, description: "Where results are; results where absent" },
    out: {
      type: "string",
      valueHint: "file",
      description: "The page; report.html in the folder where absent",
    },
    title: { type: "string", valueHint: "text", description: "Title of the page; what ran where absent" },
    note: { type: "string", valueHint: "text", description: "What readers should know, on the page" },
    command: {
      type: "string",
      valueHint: "text",
      description: "The command that made the results, on the page",
    },
    reference: {
      type: "string",
      valueHint: "method",
      description: `Method that the others are held against in tables; ${REFERENCE_METHOD} where absent`,
    },
    published: publishedOption,
  },
  run: async (options, context) => {
    const given = options.positionals[0];
    const folder = given === undefined ? join(context.projectFolder, "results") : resolve(given);
    await requireResultsFolder(folder);
    const out = options.text("out");
    const file = out === undefined ? join(folder, "report.html") : resolve(out);
    const [title, note, command] = [options.text("title"), options.text("note"), options.text("command")];
    const published = await publishedFrom(options.text("published"), context);
    try {
      const written = await writeReport(folder, file, {
        generatedAt: new Date().toISOString(),
        ...(title === undefined ? {} : { title }),
        ...(note === undefined ? {} : { notes: [note] }),
        ...(command === undefined ? {} : { command }),
        ...(published === null ? {} : { published }),
        reference: options.text("reference") ?? REFERENCE_METHOD,
      });
      for (const warning of written.warnings) context.say(`warning: ${warning}`);
      return {
        exitCode: 0,
        document: { report: written.file, runs: written.results, warnings: written.warnings },
        text: `The page of ${written.results} runs: ${written.file}`,
      };
    } catch (error) {
      if (!(error instanceof NoResultsError)) throw error;
      throw new UsageError(`${error.message} Run \`pnpm bench glue\` first, or give another folder.`);
    }
  },
};
