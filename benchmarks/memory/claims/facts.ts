import { formatFixed } from "../../reportParts.ts";
import { CLAIMED } from "../paperTables.ts";
import type { CurvePoint } from "./curves.ts";
import type { PublishedPeaks } from "./published.ts";
import type { ModelCounts, RatioPoint } from "./ratios.ts";

export { CLAIMED };

/** Everything that the suite plans. */
export interface ClaimFacts {
  readonly points: readonly RatioPoint[];
  readonly counts: readonly ModelCounts[];
  readonly curves: readonly CurvePoint[];
  /** Null where no file of published figures was given. */
  readonly published: PublishedPeaks | null;
  readonly provenance: string;
}

/** What the plans say of the two claims, in sentences whose figures are all theirs. */
export function sentences({ points, counts }: ClaimFacts): string {
  const under = (policy: RatioPoint["savePolicy"]): readonly number[] =>
    points
      .filter(({ changed, savePolicy }) => changed === null && savePolicy === policy)
      .map(({ ratio }) => ratio);
  const span = (values: readonly number[]): string =>
    `${formatFixed(Math.min(...values), 2)} to ${formatFixed(Math.max(...values), 2)}`;
  const reached = points.filter(({ ratio }) => ratio >= CLAIMED.lowerPeak);
  const policies = [...new Set(reached.map(({ savePolicy }) => savePolicy))];
  const times = (of: (count: ModelCounts) => number): string => span(counts.map(of));
  return (
    `At 32 rows of 128 tokens LoRA's live peak is ${span(under("eager"))} times LaMDA's where everything is kept for ` +
    `backward, ${span(under("recompute"))} where cheap work is done again, ${span(under("layer"))} where layers are. ` +
    `${CLAIMED.lowerPeak} is reached at ${reached.length} of ${points.length} settings` +
    `${policies.length === 0 ? "" : `, all of them under ${policies.join(" and ")}`}. ` +
    `LaMDA ends with ${times(({ lora, lamda }) => lora.trainableFinal / lamda.trainableFinal)} times fewer trained ` +
    `parameters than LoRA, has ${times(({ lora, lamda }) => lora.trainableFinal / lamda.trainableAverage)} times fewer on ` +
    `average and ${times(({ lora, lamda }) => lamda.trainableInitial / lora.trainableFinal)} times more at first.`
  );
}
