import type { StoredRun } from "@peftbench/harness";
import { FormatError, loadEvents, loadPredictions, loadRuns } from "@peftbench/harness";

/**
 * A sentence for each thing that is wrong below a folder of results: a run without a result, a file that cannot be read,
 * predictions that are not as many as the result says.
 */
export async function resultsProblems(
  folder: string,
): Promise<{ readonly problems: readonly string[]; readonly runs: number }> {
  const { runs, warnings } = await loadRuns(folder);
  const problems = [...warnings];
  for (const run of runs) problems.push(...(await runProblems(run)));
  return { problems, runs: runs.length };
}

async function runProblems({ folder, result }: StoredRun): Promise<readonly string[]> {
  const problems: string[] = [];
  await told(problems, async () => {
    await loadEvents(folder);
  });
  await told(problems, async () => {
    const { items, cutOff } = await loadPredictions(folder);
    const expected = result.data?.rows.dev;
    // Results may be kept without their predictions.
    const isThere = items.length > 0 || cutOff;
    if (isThere && result.status === "ok" && items.length !== expected) {
      problems.push(
        `${folder}/predictions.jsonl: found ${items.length} predictions; expected ${expected}, as result.json says. The file was cut or changed: run the cell again.`,
      );
    }
  });
  return problems;
}

async function told(problems: string[], read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push(error.message);
  }
}
