import type { CellReport } from "@peftbench/harness";
import { exitCodeOf } from "@peftbench/harness";
import type { PublishedFigures } from "@peftbench/report";
import { writeReport } from "@peftbench/report";
import type { CommandContext, CommandResult } from "../command.ts";
import { REFERENCE_METHOD } from "../publishedFigures.ts";
import { pageFileOf } from "./pageFile.ts";
import { originOfTask } from "./suites.ts";
import { formatSummaries, summarizeReports } from "./summary.ts";
import type { TunedRun } from "./tunedRun.ts";
import { formatChoices } from "./tunedRun.ts";

/** What a call came to. */
export interface GlueOutcome {
  /** Of the cells that are reported. */
  readonly reports: readonly CellReport[];
  /** The search that chose their settings; null under the regime `shared`. */
  readonly tuned: Omit<TunedRun, "reports"> | null;
  readonly notices: readonly string[];
  readonly published: PublishedFigures | null;
}

/** Makes the page and says what came of all cells. */
export async function describeRun(outcome: GlueOutcome, context: CommandContext): Promise<CommandResult> {
  const { reports, tuned, notices } = outcome;
  const page = await makePage(outcome, context);
  const rows = summarizeReports(reports);
  const bad = reports.filter(({ result }) => result?.status !== "ok").length;
  const unchosen = tuned?.choices.filter(({ choice }) => choice.kind === "none").length ?? 0;
  return {
    exitCode: page.failed || unchosen > 0 ? 1 : exitCodeOf(reports),
    document: {
      notices,
      ...(tuned === null ? {} : { search: describeSearch(tuned) }),
      cells: reports.map(describeCell),
      summary: rows,
      report: page.file,
    },
    text: [
      ...(tuned === null ? [] : [formatChoices(tuned.choices), ""]),
      ...(rows.length === 0 ? [] : [formatSummaries(rows)]),
      ...(page.file === null ? [] : [`\nThe page: ${page.file}`]),
      ...(bad > 0
        ? [`${bad} of ${reports.length} runs have no good result: start the same command again.`]
        : []),
      ...(unchosen > 0
        ? [
            `${unchosen} of ${tuned?.choices.length} searches chose nothing: start the same command again; where a trial fails each time, narrow the search (--trials, --set search...) or mend what it names.`,
          ]
        : []),
    ].join("\n"),
  };
}

function describeSearch({ trials, choices }: Omit<TunedRun, "reports">): object {
  return {
    trials: trials.map(describeCell),
    choices: choices.map(({ group, choice }) => ({
      ...{ model: group.model.name, task: group.task.id, method: group.method.id },
      ...(choice.kind === "chosen" ? { tuning: choice.tuning } : { tuning: null, reason: choice.reason }),
    })),
  };
}

function describeCell({ spec, outcome, result }: CellReport): object {
  return {
    id: spec.id,
    cell: spec.cell,
    origin: originOfTask(spec.cell.task),
    runFolder: spec.runFolder,
    outcome,
    status: result?.status ?? null,
    error: result?.error ?? null,
    metrics: result?.metrics ?? [],
  };
}

/** Makes the page of this call's runs. A page that fails is said, and costs no result. */
async function makePage(
  { reports, published }: GlueOutcome,
  context: CommandContext,
): Promise<{ readonly file: string | null; readonly failed: boolean }> {
  const folders = reports.filter(({ result }) => result !== null).map(({ spec }) => spec.runFolder);
  const file = pageFileOf(folders);
  if (file === null) return { file, failed: false };
  try {
    await writeReport(folders, file, {
      generatedAt: new Date().toISOString(),
      reference: REFERENCE_METHOD,
      ...(published === null ? {} : { published }),
    });
    return { file, failed: false };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.say(`error: the page was not made: ${reason} The results are whole; try \`pnpm bench report\`.`);
    return { file: null, failed: true };
  }
}
