import { resolve } from "node:path";
import type { Verdict } from "@peftbench/harness";
import { loadRuns } from "@peftbench/harness";
import type { RunComparison } from "@peftbench/report";
import { judge, suiteWithOrigin } from "@peftbench/report";
import type { Command } from "../command.ts";
import { compareTask } from "../compare/compareTask.ts";
import { GATE_WORDS, gateFailures, gateSides, parseGates } from "../compare/gate.ts";
import type { PairedTask, Pairing } from "../compare/pairCells.ts";
import { pairCells } from "../compare/pairCells.ts";
import { signed } from "../compare/signed.ts";
import { requireResultsFolder } from "../options/folders.ts";
import { UsageError } from "../options/usageError.ts";
import { listOf, oneOf, positiveNumber, wholeNumber } from "../options/values.ts";
import { formatTable } from "../table.ts";

/** `pnpm bench compare`: two folders, or two methods of one, tested on the same examples. */
export const compare: Command = {
  name: "compare",
  description:
    "Tests two folders of results, or two methods of one, on the same examples; may decide by a gate",
  example: "pnpm bench compare results/methods-minilm/runs --methods full,lora --gate 'accuracy>=-1.0'",
  options: {
    a: { type: "positional", required: true, description: "Folder of results: what B is held against" },
    b: { type: "positional", required: false, description: "The other folder; absent with --methods" },
    methods: { type: "string", valueHint: "a,b", description: "Two methods of the one folder: A, then B" },
    gate: {
      type: "string",
      valueHint: "rules",
      description:
        "Least B may have over A on each task, in points of its metric: accuracy>=-1.0; else the exit status is 1",
    },
    "gate-on": {
      type: "string",
      valueHint: gateSides.join("|"),
      description:
        "What a gate holds against: the mean difference (where absent), or the lower end of its 95 % interval, which " +
        "fails what is not known to be within",
    },
    margin: { type: "string", valueHint: "points", description: "Equivalent within this; 1 where absent" },
    resamples: { type: "string", valueHint: "count", description: "Of the bootstrap; 2000 where absent" },
  },
  run: async (options, context) => {
    const gate = options.text("gate");
    const gates = gate === undefined ? [] : parseGates(gate);
    const gateOn = oneOf("--gate-on", options.text("gate-on") ?? "mean", gateSides);
    const settings = {
      marginPoints: positiveNumber("--margin", options.text("margin") ?? "1"),
      resamples: wholeNumber("--resamples", options.text("resamples") ?? "2000", 100),
    };
    const warn = (warning: string): void => context.say(`warning: ${warning}`);
    const { tasks, unpaired, onlyInB } = await pair(options.positionals, options.text("methods"), warn);
    if (tasks.length === 0)
      throw new UsageError("Found no cell with a score on both sides; nothing to compare.");
    for (const sentence of [...unpaired, ...onlyInB]) warn(`Left out: ${sentence}`);

    const compared: { task: PairedTask; comparison: RunComparison }[] = [];
    for (const task of tasks) compared.push({ task, comparison: await compareTask(task, settings) });
    const rows = judged(compared);
    for (const { model, task, problem } of rows) {
      if (problem !== null) warn(`${model} ${task}: ${problem}.`);
    }

    const failures = gates.flatMap((gate) => gateFailures(gate, rows, gateOn));
    if (gates.length > 0) failures.push(...unpaired);
    return {
      exitCode: failures.length === 0 ? 0 : 1,
      document: { tasks: rows, unpaired, onlyInB, gates, gateOn, failures },
      text: [
        formatRows(rows),
        "B minus A in points; p is two-sided, Holm over these tasks. Intervals are of each task alone.",
        ...(rows.some(({ seeds }) => seeds.length === 1)
          ? ["With one seed they are over examples and speak for that seed's training alone."]
          : []),
        ...(rows.some(({ seeds }) => seeds.length > 1)
          ? ["With several seeds they are over seeds and examples."]
          : []),
        ...failures.map((failure) => `Gate failed: ${failure}`),
        ...(gates.length > 0 && failures.length === 0 ? [`Gate passed, by ${GATE_WORDS[gateOn]}.`] : []),
      ].join("\n"),
    };
  },
};

type Row = Omit<PairedTask, "pairs"> &
  Omit<RunComparison, "differencePoints"> & {
    readonly differencePoints: number;
    readonly adjustedPValue: number | null;
    readonly verdict: Verdict;
  };

async function pair(
  [folderA, folderB]: readonly string[],
  methods: string | undefined,
  warn: (warning: string) => void,
): Promise<Pairing> {
  if (folderA === undefined || (folderB === undefined) === (methods === undefined)) {
    throw new UsageError("Give two folders of results, or one folder and --methods a,b.");
  }
  const load = async (given: string) => {
    const folder = resolve(given);
    await requireResultsFolder(folder);
    const { runs, warnings } = await loadRuns(folder);
    for (const warning of warnings) warn(warning);
    return runs.filter(({ result }) => result.purpose === "report");
  };
  const runs = await load(folderA);
  if (folderB !== undefined) return pairCells({ kind: "folders", a: runs, b: await load(folderB) });
  const known = [...new Set(runs.map(({ result }) => result.cell.method))];
  const [a, b, ...more] = listOf("--methods", methods ?? "", known);
  if (a === undefined || b === undefined || more.length > 0) {
    throw new UsageError(`--methods: found ${JSON.stringify(methods)}; expected two: lora,full.`);
  }
  return pairCells({ kind: "methods", runs, methods: [a, b] });
}

/** A and B stand in verdicts as in the table, so what is judged is A minus B. */
function judged(
  compared: readonly { readonly task: PairedTask; readonly comparison: RunComparison }[],
): readonly Row[] {
  const judgements = judge(
    compared.map(({ task: { higherIsBetter }, comparison: { pValue, equivalence, differencePoints } }) => ({
      ...{ higherIsBetter, pValue, equivalence },
      differencePoints: -(differencePoints ?? Number.NaN),
    })),
  );
  return compared.map(({ task: { pairs: _pairs, ...task }, comparison }, index) => ({
    ...task,
    ...comparison,
    differencePoints: comparison.differencePoints ?? Number.NaN,
    adjustedPValue: judgements[index]?.adjustedPValue ?? null,
    verdict: judgements[index]?.verdict ?? "no difference shown",
  }));
}

function formatRows(rows: readonly Row[]): string {
  return formatTable(
    ["suite", "model", "task", "A", "B", "metric", "seeds", "B - A", "95 % interval", "p", "verdict"],
    rows.map((row) => [
      suiteWithOrigin(row.suite, row.origin),
      row.model,
      row.task,
      row.methodA,
      row.methodB,
      row.metric,
      String(row.seeds.length),
      signed(row.differencePoints),
      row.intervalPoints === null
        ? "none"
        : `${signed(row.intervalPoints.low)} to ${signed(row.intervalPoints.high)}`,
      row.adjustedPValue === null ? "none" : row.adjustedPValue.toPrecision(2),
      row.verdict,
    ]),
    [6, 7, 8, 9],
  );
}
