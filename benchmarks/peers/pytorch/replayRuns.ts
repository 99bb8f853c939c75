/**
 * Replays finished runs in PyTorch + peft, one after another, and writes how the two compare: losses, predictions,
 * accuracy. (Speed is compareSpeed.ts, which times both sides in one run.) Only runs of LoRA and full fine-tuning
 * without dropout can be replayed. Takes about as long again as the runs took; a run whose comparison is in the file
 * already is not replayed again.
 *
 *   tsx benchmarks/peers/pytorch/replayRuns.ts --model MODEL_FOLDER --data GLUE_FOLDER --python PYTHON --out FILE.json RUN_FOLDER...
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { summarize } from "@peftbench/harness";
import type { RunComparison } from "./compareRun.ts";
import { compareRun } from "./compareRun.ts";
import { exportJob } from "./exportJob.ts";

interface ReplayOptions {
  readonly model: string;
  readonly data: string;
  readonly python: string;
}

async function replay(run: string, options: ReplayOptions): Promise<RunComparison> {
  const scratch = await mkdtemp(join(tmpdir(), "peftbench-replay-"));
  const [job, peer] = [join(scratch, "job"), join(scratch, "pytorch")];
  try {
    await exportJob({ run, model: options.model, data: options.data, out: job });
    const script = fileURLToPath(new URL("train.py", import.meta.url));
    execFileSync(options.python, [script, job, peer], { stdio: ["ignore", "ignore", "inherit"] });
    return await compareRun(run, job, peer);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Mean and deviation over seeds, and the mean difference with its 90 % interval (two one-sided tests at 5 %). */
function overSeeds(runs: readonly RunComparison[]): object[] {
  const methods = [...new Set(runs.map(({ method }) => method))];
  return methods.map((method) => {
    const pairs = runs.flatMap((run) => {
      const { ours, pytorch } = run.accuracy;
      return run.method === method && ours !== null && pytorch !== null ? [{ ours, pytorch }] : [];
    });
    return {
      method,
      seeds: pairs.length,
      ours: summarize(pairs.map(({ ours }) => ours)),
      pytorch: summarize(pairs.map(({ pytorch }) => pytorch)),
      difference: summarize(
        pairs.map(({ ours, pytorch }) => ours - pytorch),
        0.9,
      ),
    };
  });
}

async function readKnown(file: string): Promise<readonly RunComparison[]> {
  try {
    return (JSON.parse(await readFile(file, "utf8")) as { readonly runs: readonly RunComparison[] }).runs;
  } catch {
    return [];
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    data: { type: "string" },
    python: { type: "string" },
    out: { type: "string" },
  },
});
const { model, data, python, out } = values;
if (model === undefined || data === undefined || python === undefined || out === undefined) {
  console.error(
    "usage: replayRuns.ts --model MODEL_FOLDER --data GLUE_FOLDER --python PYTHON --out FILE.json RUN_FOLDER...",
  );
  process.exit(2);
}
const runs = [...(await readKnown(out))];
for (const run of positionals) {
  const { method, task, seed } = (
    JSON.parse(await readFile(join(run, "result.json"), "utf8")) as { readonly cell: RunComparison }
  ).cell;
  if (runs.some((known) => known.method === method && known.task === task && known.seed === seed)) continue;
  const comparison = await replay(run, { model, data, python });
  runs.push(comparison);
  await writeFile(out, `${JSON.stringify({ overSeeds: overSeeds(runs), runs }, null, 2)}\n`);
  const { accuracy, predictions } = comparison;
  console.error(
    `${method} ${task} seed ${seed}: ours ${accuracy.ours}, PyTorch ${accuracy.pytorch}, equal ${predictions.equal}/${predictions.count}`,
  );
}
