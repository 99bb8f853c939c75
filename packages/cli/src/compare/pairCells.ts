import type { ResultData, RunResult, StoredRun } from "@peftbench/harness";
import { UsageError } from "../options/usageError.ts";

/** One task of one model: the seeds that both sides have a score of. */
export interface PairedTask {
  readonly suite: string;
  readonly origin: ResultData["origin"];
  readonly model: string;
  readonly task: string;
  readonly methodA: string;
  readonly methodB: string;
  readonly metric: string;
  readonly higherIsBetter: boolean;
  readonly pairs: readonly { readonly seed: number; readonly a: StoredRun; readonly b: StoredRun }[];
}

export interface Pairing {
  readonly tasks: readonly PairedTask[];
  /** A sentence for each cell of A that has no scored partner. */
  readonly unpaired: readonly string[];
  /** The same for cells that A does not have at all. */
  readonly onlyInB: readonly string[];
}

/** Of two folders with the same methods, or of two methods of one folder. */
export type Sides =
  | { readonly kind: "folders"; readonly a: readonly StoredRun[]; readonly b: readonly StoredRun[] }
  | {
      readonly kind: "methods";
      readonly runs: readonly StoredRun[];
      readonly methods: readonly [string, string];
    };

/** Pairs cells by suite, model, task and seed, and by method where folders are compared. @throws {UsageError} */
export function pairCells(sides: Sides): Pairing {
  const folders = sides.kind === "folders";
  const ofMethod = (method: string): readonly StoredRun[] =>
    folders ? [] : sides.runs.filter(({ result }) => result.cell.method === method);
  const keyOf = ({ cell }: RunResult): string =>
    JSON.stringify([cell.suite, cell.model, cell.task, cell.seed, folders ? cell.method : null]);
  const a = byKey(folders ? sides.a : ofMethod(sides.methods[0]), keyOf);
  const b = byKey(folders ? sides.b : ofMethod(sides.methods[1]), keyOf);

  const onlyInB = [...b].flatMap(([key, run]) => (a.has(key) ? [] : [`${describe(run)} is in B only.`]));
  const unpaired: string[] = [];
  const tasks = new Map<string, PairedTask>();
  for (const [key, first] of a) {
    const second = b.get(key);
    const metric = primaryOf(first);
    if (second === undefined) unpaired.push(`${describe(first)} is in A only.`);
    else if (metric === null || primaryOf(second)?.name !== metric.name) {
      unpaired.push(`${describe(first)} has no score under one metric on both sides.`);
    } else {
      const { suite, model, task, method, seed } = first.result.cell;
      const group = JSON.stringify([suite, model, task, method, metric.name]);
      const known = tasks.get(group);
      const pairs = [...(known?.pairs ?? []), { seed, a: first, b: second }];
      const { name, higherIsBetter } = metric;
      const methodB = second.result.cell.method;
      tasks.set(group, {
        suite,
        origin: first.result.data?.origin ?? "published",
        model,
        task,
        methodA: method,
        methodB,
        metric: name,
        higherIsBetter,
        pairs,
      });
    }
  }
  return { tasks: [...tasks.values()], unpaired, onlyInB };
}

function primaryOf({ result }: StoredRun): { name: string; higherIsBetter: boolean } | null {
  const metric = result.metrics.find(({ primary }) => primary);
  return result.status !== "ok" || metric === undefined || metric.value === null ? null : metric;
}

function byKey(
  runs: readonly StoredRun[],
  keyOf: (result: RunResult) => string,
): ReadonlyMap<string, StoredRun> {
  const found = new Map<string, StoredRun>();
  for (const run of runs) {
    const key = keyOf(run.result);
    const other = found.get(key);
    if (other !== undefined) {
      throw new UsageError(
        `Found ${describe(run)} twice: ${other.folder} and ${run.folder}. Give a folder that holds it once.`,
      );
    }
    found.set(key, run);
  }
  return found;
}

function describe({ result }: StoredRun): string {
  const { model, method, task, seed } = result.cell;
  return `${model} ${method} ${task} seed ${seed}`;
}
