import type { Tensor } from "@peftbench/runtime";
import type { LinearSite } from "../method.ts";
import type { ThreeFactorSite } from "./factors.ts";
import { factorNames } from "./factors.ts";
import type { FreezeSchedule, FreezeStage } from "./freezeSchedule.ts";
import { releasedColumns } from "./freezeSchedule.ts";

/**
 * `base + scale ((drop(x) Aᵀ) Sᵀ) Bᵀ`. Where a part of B's columns is released, S's rows are cut likewise, so that the
 * activation in front of the released columns has no reader in backward: only that of the trained ones is kept.
 */
export function threeFactorPath(
  site: LinearSite,
  { module, rank, scale }: ThreeFactorSite,
  prefix: string,
  dropout: number,
  schedule: FreezeSchedule,
  stage: FreezeStage,
): Tensor {
  const names = factorNames(module, prefix);
  const [a, s, b] = [site.parameter(names.a), site.parameter(names.s), site.parameter(names.b)];
  const low = site.dropout(site.x, dropout).matmul(a, { transposeB: true });
  const released = releasedColumns(rank, stage);
  const through = (rows: Tensor, outer: Tensor): Tensor =>
    low.matmul(rows, { transposeB: true, recomputable: true }).matmul(outer, { transposeB: true, scale });
  if (released === 0 || released === rank) return site.base().add(through(s, b));
  const trained = rank - released;
  const [releasedStart, trainedStart] = schedule.order === "leading-first" ? [0, released] : [trained, 0];
  return site
    .base()
    .add(through(s.slice(0, releasedStart, released), site.parameter(names.bReleased)))
    .add(through(s.slice(0, trainedStart, trained), b));
}
