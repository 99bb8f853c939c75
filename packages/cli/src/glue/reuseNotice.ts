import type { ReusableRuns, TakenRuns } from "@peftbench/harness";

/** How many cells `--reuse` spared, and where it spared none, why. */
export function reuseNotice({ taken, toRun }: TakenRuns, reusable: ReusableRuns): string {
  const [first] = toRun;
  const count = `--reuse: ${taken.length} of ${taken.length + toRun.length} runs that are not finished are taken over`;
  return taken.length > 0 || first === undefined ? count : `${count}; ${reusable.explain(first)}`;
}
