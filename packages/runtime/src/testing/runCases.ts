import type { Executor } from "../execute/executor.ts";
import type { OpTolerances } from "./opChecks.ts";
import { f32Tolerances, opChecks } from "./opChecks.ts";

export interface OpFailure {
  readonly op: string;
  readonly check: string;
  /** The element that is furthest off, or what the executor threw. */
  readonly problem: string;
}

export interface OpCasesReport {
  readonly ops: number;
  readonly passed: number;
  readonly failures: readonly OpFailure[];
}

export interface RunOpCasesOptions {
  readonly tolerances?: OpTolerances;
  /** Leaves out every other op, for a quick look. */
  readonly ops?: readonly string[];
  /** Called after each check. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The op suite as a function: for runtimes and machines without a test runner. An error fails one check, not all. */
export async function runOpCases(
  executor: Executor,
  options: RunOpCasesOptions = {},
): Promise<OpCasesReport> {
  const { tolerances = f32Tolerances, ops, onProgress } = options;
  const checks = opChecks(tolerances).filter(({ op }) => ops?.includes(op) ?? true);
  const failures: OpFailure[] = [];
  for (const [index, check] of checks.entries()) {
    const problem = await check.run(executor).catch((error: Error) => `${error.name}: ${error.message}`);
    if (problem !== null) failures.push({ op: check.op, check: check.name, problem });
    onProgress?.(index + 1, checks.length);
  }
  return {
    ops: new Set(checks.map(({ op }) => op)).size,
    passed: checks.length - failures.length,
    failures,
  };
}
