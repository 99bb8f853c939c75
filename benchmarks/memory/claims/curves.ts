import type { MemoryRole } from "@peftbench/runtime";
import { memoryRoles } from "@peftbench/runtime";
import type { ClaimModel, Point, StagePeak } from "./points.ts";
import { highestStage, planPoint, readShape } from "./points.ts";
import { LAYER_MATRICES } from "./ratios.ts";

/** What a curve goes along. */
export type CurveAxis = "rows" | "length" | "rank";

/** A peak of a method along one axis, all else at the base point. */
export interface CurvePoint {
  readonly model: string;
  readonly method: string;
  readonly savePolicy: "eager" | "layer";
  readonly axis: CurveAxis;
  readonly at: number;
  readonly peakLiveBytes: number;
  readonly byRole: StagePeak["byRole"];
  /** The role with most bytes at the peak. */
  readonly dominant: MemoryRole;
}

const places: Readonly<Record<CurveAxis, readonly number[]>> = {
  rows: [1, 2, 4, 8, 16, 32, 64],
  length: [32, 64, 128, 256, 512],
  rank: [2, 4, 8, 16, 32, 64, 128, 256],
};

const BASE = { rows: 16, length: 128 };
const BASE_RANKS: Readonly<Record<string, number>> = { lora: 8, lamda: 32 };

/** Peaks of full fine-tuning, LoRA and LaMDA against rows, tokens and rank. */
export async function curvesOf(claimModel: ClaimModel): Promise<readonly CurvePoint[]> {
  const model = await readShape(claimModel);
  const axes = Object.keys(places) as CurveAxis[];
  return axes.flatMap((axis) =>
    ["full", "lora", "lamda"]
      .filter((method) => axis !== "rank" || method !== "full")
      .flatMap((method) =>
        (["eager", "layer"] as const).flatMap((savePolicy) =>
          places[axis].map((at): CurvePoint => {
            const rows = axis === "rows" ? at : BASE.rows;
            const length = axis === "length" ? at : BASE.length;
            const rank = axis === "rank" ? at : BASE_RANKS[method];
            const point: Point = {
              ...{ method, savePolicy, attention: "materialized" },
              config: rank === undefined ? {} : { rank, targetModules: LAYER_MATRICES },
              batch: { rows, length, targetLength: length },
            };
            const { peakLiveBytes, byRole } = highestStage(planPoint(model, point));
            const dominant = memoryRoles.toSorted((a, b) => byRole[b] - byRole[a])[0] as MemoryRole;
            return { model: claimModel.title, method, savePolicy, axis, at, peakLiveBytes, byRole, dominant };
          }),
        ),
      ),
  );
}
