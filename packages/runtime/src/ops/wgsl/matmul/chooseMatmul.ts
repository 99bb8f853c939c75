import type { KernelDevice } from "../../kernel.ts";
import type { MatmulProblem } from "./problem.ts";
import type { ThreadGrid } from "./registerTile.ts";
import { registerTileSize } from "./registerTile.ts";
import type { LaneColumns, SubgroupTile } from "./subgroupBroadcast.ts";
import { subgroupTileSize, suitsSubgroup, suitsTile } from "./subgroupBroadcast.ts";

/** A way to compute a product. `splits`: the most parts that the inner axis is cut into. */
export type MatmulVariant =
  | ({ readonly kind: "registerTile"; readonly splits: number } & ThreadGrid)
  | ({ readonly kind: "subgroupBroadcast"; readonly splits: number } & SubgroupTile);

/**
 * Threads that keep a device busy. Above this, more parts of the inner axis only cost their sum: on llvmpipe no product
 * of a training step gains by parts, not even [8, 1024] by [1024, 384].
 */
const BUSY_THREADS = { software: 32, hardware: 16_384 } as const;
/** A part of the inner axis shorter than this is not worth its share of the sum of parts. */
const SHORTEST_PART = 128;
const MOST_SPLITS = 32;
/** Parts are kept in scratch memory until they are added up. */
const MOST_SCRATCH_BYTES = 8 * 2 ** 20;
/**
 * The least part of a subgroup's tile that the result must fill. The register tile is 2.5 to 5 times slower on llvmpipe
 * where the result fills the tile, 1.4 to 2.6 times on SwiftShader.
 */
const LEAST_FILL = { software: 0.25, hardware: 0.5 } as const;
/**
 * The most columns of one lane. Four are faster than two by a tenth to a fifth on llvmpipe, and faster on SwiftShader
 * (where 16 rows would beat 32 if a lies transposed); on hardware, 32 rows by four columns are 128 registers a lane,
 * more than some GPUs have. Not measured there.
 */
const MOST_LANE_COLUMNS = { software: 4, hardware: 2 } as const;

/**
 * The rule, until a tuner measures; `benchmarks/kernels` shows how good its choices are on an adapter:
 * 1. subgroup broadcast where the device has subgroups of a known size and the result fills enough of a subgroup's tile:
 *    32 rows or the few that a short result has, and as many columns a lane as it takes for a narrow one;
 * 2. otherwise the register tile: 8 x 8 threads, or as few columns of threads as a narrow result needs (rank-r sides),
 *    or as few rows as a short one needs;
 * 3. the inner axis is cut into parts where the result alone does not keep the device busy (on hardware: gradients of
 *    rank-r weights, with thousands of rows to sum over).
 */
export function chooseMatmul(problem: MatmulProblem, device: KernelDevice): MatmulVariant {
  const { subgroupSize, isSoftware } = device;
  if (suitsSubgroup(subgroupSize)) {
    const tile = subgroupTileFor(problem, subgroupSize, device);
    const size = subgroupTileSize(tile, subgroupSize);
    const tileRows = Math.ceil(problem.rows / size.rows);
    const tileColumns = Math.ceil(problem.columns / size.columns);
    const fill = (problem.rows * problem.columns) / (tileRows * size.rows * tileColumns * size.columns);
    if (fill >= LEAST_FILL[isSoftware ? "software" : "hardware"]) {
      const threads = tileRows * tileColumns * subgroupSize;
      return { kind: "subgroupBroadcast", ...tile, splits: splitsFor(problem, threads, device) };
    }
  }
  const grid = threadGridFor(problem);
  const tile = registerTileSize({ threadRows: 1, threadColumns: 1 });
  const threads = Math.ceil(problem.rows / tile.rows) * Math.ceil(problem.columns / tile.columns);
  return { kind: "registerTile", ...grid, splits: splitsFor(problem, threads, device) };
}

function subgroupTileFor(
  { rows, columns }: MatmulProblem,
  subgroupSize: number,
  { isSoftware }: KernelDevice,
): SubgroupTile {
  const needed = columns <= subgroupSize ? 1 : columns <= 2 * subgroupSize ? 2 : 4;
  const most = MOST_LANE_COLUMNS[isSoftware ? "software" : "hardware"];
  const short = ([8, 16] as const).find(
    (tileRows) => rows <= tileRows && suitsTile({ rows: tileRows }, subgroupSize),
  );
  return { rows: short ?? 32, laneColumns: Math.min(needed, most) as LaneColumns };
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
