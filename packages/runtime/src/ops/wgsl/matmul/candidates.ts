import type { KernelDevice } from "../../kernel.ts";
import type { MatmulVariant } from "./chooseMatmul.ts";
import { chooseMatmul, threadGridFor } from "./chooseMatmul.ts";
import type { MatmulProblem } from "./problem.ts";
import type { SubgroupTile } from "./subgroupBroadcast.ts";
import { suitsSubgroup, suitsTile } from "./subgroupBroadcast.ts";

const SUBGROUP_TILES: readonly SubgroupTile[] = [
  { rows: 8, laneColumns: 4 },
  { rows: 16, laneColumns: 1 },
  { rows: 16, laneColumns: 4 },
  { rows: 32, laneColumns: 1 },
  { rows: 32, laneColumns: 2 },
  { rows: 32, laneColumns: 4 },
];

/** Parts of the inner axis for small results, which leave a device idle otherwise. */
const PARTS = 4;
const SMALL_RESULT = 65_536;

/** The variants that may be the best for a problem on a device, the chosen one among them: what a benchmark times. */
export function candidateVariants(problem: MatmulProblem, device: KernelDevice): readonly MatmulVariant[] {
  const isSmall = problem.batch * problem.rows * problem.columns < SMALL_RESULT;
  const splits = isSmall && problem.inner >= 64 * PARTS ? [1, PARTS] : [1];
  const { subgroupSize } = device;
  const tiles = suitsSubgroup(subgroupSize)
    ? SUBGROUP_TILES.filter((tile) => suitsTile(tile, subgroupSize))
    : [];
  const all = splits.flatMap((count): MatmulVariant[] => [
    { kind: "registerTile", ...threadGridFor(problem), splits: count },
    ...tiles.map((tile): MatmulVariant => ({ kind: "subgroupBroadcast", ...tile, splits: count })),
  ]);
  return [...new Map([...all, chooseMatmul(problem, device)].map((v) => [describeVariant(v), v])).values()];
}

/** A name, the same for equal variants only. */
export function describeVariant(variant: MatmulVariant): string {
  const parts = variant.splits === 1 ? "" : `, ${variant.splits} parts`;
  return variant.kind === "registerTile"
    ? `register tile, ${variant.threadRows} x ${variant.threadColumns} threads${parts}`
    : `subgroup broadcast, ${variant.rows} rows x ${variant.laneColumns} columns a lane${parts}`;
}
