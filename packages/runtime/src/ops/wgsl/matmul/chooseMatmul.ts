import type { KernelDevice } from "../../kernel.ts";
import type { MatmulProblem } from "./problem.ts";
import type { ThreadGrid } from "./registerTile.ts";
import { registerTileSize } from "./registerTile.ts";
import type { SubgroupTile } from "./subgroupBroadcast.ts";
import { subgroupTileSize, suitsSubgroup } from "./subgroupBroadcast.ts";

/** A way to compute a product. `splits`: the most parts that the inner axis is cut into. */
export type MatmulVariant =
  | ({ readonly kind: "registerTile"; readonly splits: number } & ThreadGrid)
  | ({ readonly kind: "subgroupBroadcast"; readonly splits: number } & SubgroupTile);

/** Threads that keep a device busy. Above this, more parts of the inner axis only cost their sum. */
const BUSY_THREADS = { software: 512, hardware: 16_384 } as const;
/** A part of the inner axis shorter than this is not worth its share of the sum of parts. */
const SHORTEST_PART = 128;
const MOST_SPLITS = 32;
/** Parts are kept in scratch memory until they are added up. */
const MOST_SCRATCH_BYTES = 8 * 2 ** 20;

/**
 * The rule, until a tuner measures:
 * 1. subgroup broadcast where the device has subgroups of a known size and the result fills a subgroup's tile (on
 *    software adapters 2 to 4 times the register tile, see the notes of the kernel benchmark);
 * 2. otherwise the register tile: 8 x 8 threads, or as few columns of threads as a narrow result needs (rank-r sides),
 *    or as few rows as a short one needs;
 * 3. the inner axis is cut into parts where the result alone does not keep the device busy (gradients of rank-r
 *    weights, with thousands of rows to sum over).
 */
export function chooseMatmul(problem: MatmulProblem, device: KernelDevice): MatmulVariant {
  const { subgroupSize } = device;
  if (suitsSubgroup(subgroupSize)) {
    const tile: SubgroupTile = { rows: 32, laneColumns: 4 };
    const size = subgroupTileSize(tile, subgroupSize);
    if (problem.rows >= size.rows / 2 && problem.columns >= size.columns / 2) {
      const tiles = Math.ceil(problem.rows / size.rows) * Math.ceil(problem.columns / size.columns);
      return { kind: "subgroupBroadcast", ...tile, splits: splitsFor(problem, tiles * subgroupSize, device) };
    }
  }
  const grid = threadGridFor(problem);
  const tile = registerTileSize({ threadRows: 1, threadColumns: 1 });
  const threads = Math.ceil(problem.rows / tile.rows) * Math.ceil(problem.columns / tile.columns);
  return { kind: "registerTile", ...grid, splits: splitsFor(problem, threads, device) };
}

/** 64 threads, in the grid that wastes fewest at the edges of a narrow or short result. */
export function threadGridFor({ rows, columns }: MatmulProblem): ThreadGrid {
  const tile = registerTileSize({ threadRows: 1, threadColumns: 1 });
  const powerOfTwoFor = (count: number): number => Math.min(8, 2 ** Math.ceil(Math.log2(count)));
  const threadColumns = powerOfTwoFor(Math.ceil(columns / tile.columns));
  const threadRows = powerOfTwoFor(Math.ceil(rows / tile.rows));
  if (threadColumns < 8) return { threadRows: 64 / threadColumns, threadColumns };
  return { threadRows, threadColumns: 64 / threadRows };
}

function splitsFor(problem: MatmulProblem, threads: number, device: KernelDevice): number {
  const { batch, rows, columns, inner } = problem;
  const wanted = Math.ceil(
    (device.isSoftware ? BUSY_THREADS.software : BUSY_THREADS.hardware) / (threads * batch),
  );
  const fitting = Math.floor(MOST_SCRATCH_BYTES / (4 * batch * rows * columns));
  return Math.max(1, Math.min(wanted, Math.floor(inner / SHORTEST_PART), fitting, MOST_SPLITS));
}
