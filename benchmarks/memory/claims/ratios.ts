import type { AttentionKind } from "@peftbench/models";
import { AttentionError } from "@peftbench/models";
import type { ModelShape, ParameterCounts } from "@peftbench/peft";
import type { BytesByRole, SavePolicy } from "@peftbench/runtime";
import { memoryRoles, savePolicies } from "@peftbench/runtime";
import type { ClaimModel, PlannedPoint, Point } from "./points.ts";
import { highestStage, planPoint, readShape } from "./points.ts";

/** One comparison of LoRA with LaMDA, everything else alike. */
export interface RatioPoint {
  readonly model: string;
  /** What differs from the base point, in words; null for that itself. */
  readonly changed: string | null;
  readonly rows: number;
  readonly length: number;
  readonly ranks: readonly [lora: number, lamda: number];
  readonly targets: "all" | "query, value";
  readonly savePolicy: SavePolicy;
  readonly attention: AttentionKind;
  readonly loraBytes: number;
  readonly lamdaBytes: number;
  /** LoRA's live peak over LaMDA's, of LaMDA's stage that needs most, and of its last. */
  readonly ratio: number;
  readonly ratioAtEnd: number;
  /** LoRA's live bytes at its peak less LaMDA's at its own, by role: they add up to the difference of the peaks. */
  readonly lessByRole: BytesByRole;
  /** Of all plans of the point. */
  readonly largestReservedOverLive: number;
}

export interface ModelCounts {
  readonly model: string;
  readonly lora: ParameterCounts;
  readonly lamda: ParameterCounts;
}

type Setting = Pick<
  RatioPoint,
  "changed" | "rows" | "length" | "ranks" | "targets" | "savePolicy" | "attention"
>;

/** Every matrix of a layer, in BERT's words, which all architectures know: six of BERT's, seven of Llama's. */
export const LAYER_MATRICES = [
  ...["query", "key", "value", "attention.output.dense"],
  ...["intermediate.dense", "output.dense"],
];

const BASE = { rows: 32, length: 128, ranks: [8, 32], targets: "all", attention: "materialized" } as const;

/** The base point under every policy, and each factor changed alone. */
function settings(): readonly Setting[] {
  const under = (changed: string | null, change: Partial<Setting>): readonly Setting[] =>
    savePolicies.map((savePolicy) => ({ ...BASE, changed, savePolicy, ...change }));
  return [
    ...under(null, {}),
    ...under("8 rows", { rows: 8 }),
    ...[64, 256, 512].flatMap((length) => under(`${length} tokens`, { length })),
    ...under("ranks 8 and 8", { ranks: [8, 8] }),
    ...under("ranks 32 and 32", { ranks: [32, 32] }),
    ...under("query and value alone", { targets: "query, value" }),
    ...under("fused attention", { attention: "fused" }),
    ...under("fused attention, 512 tokens", { attention: "fused", length: 512 }),
  ];
}

/** Every comparison of a model, and what the two methods train in it. A setting that it has not is left out. */
export async function compareOn(
  claimModel: ClaimModel,
): Promise<{ readonly points: readonly RatioPoint[]; readonly counts: ModelCounts }> {
  const model = await readShape(claimModel);
  const points = settings().flatMap((setting) => {
    try {
      return [comparePoint(claimModel.title, model, setting)];
    } catch (error) {
      if (error instanceof AttentionError) return [];
      throw error;
    }
  });
  const [lora, lamda] = planBoth(model, { ...BASE, changed: null, savePolicy: "eager" });
  return { points, counts: { model: claimModel.title, lora: lora.counts, lamda: lamda.counts } };
}

function comparePoint(title: string, model: ModelShape, setting: Setting): RatioPoint {
  const [lora, lamda] = planBoth(model, setting);
  const [most, least] = [highestStage(lora), highestStage(lamda)];
  const last = lamda.stages.at(-1) ?? least;
  const less = memoryRoles.map((role) => [role, most.byRole[role] - least.byRole[role]]);
  return {
    model: title,
    ...setting,
    loraBytes: most.peakLiveBytes,
    lamdaBytes: least.peakLiveBytes,
    ratio: most.peakLiveBytes / least.peakLiveBytes,
    ratioAtEnd: most.peakLiveBytes / last.peakLiveBytes,
    lessByRole: Object.fromEntries(less) as BytesByRole,
    largestReservedOverLive: Math.max(
      ...[...lora.stages, ...lamda.stages].map((stage) => stage.peakReservedBytes / stage.peakLiveBytes),
    ),
  };
}

function planBoth(model: ModelShape, setting: Setting): readonly [PlannedPoint, PlannedPoint] {
  const { rows, length, ranks, targets, savePolicy, attention } = setting;
  const targetModules = targets === "all" ? LAYER_MATRICES : ["query", "value"];
  const point = (method: string, rank: number): Point => ({
    ...{ method, savePolicy, attention, batch: { rows, length, targetLength: length } },
    config: { rank, targetModules },
  });
  return [planPoint(model, point("lora", ranks[0])), planPoint(model, point("lamda", ranks[1]))];
}
