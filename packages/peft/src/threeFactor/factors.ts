import type { LinearModule } from "@peftbench/models";
import { elementCount } from "@peftbench/runtime";
import type { AdapterParameter, InitializationContext, StageContext } from "../method.ts";
import type { FreezeSchedule, FreezeStage } from "./freezeSchedule.ts";
import { frozenColumns, releasedColumns } from "./freezeSchedule.ts";

/** First values of the factors of one module. */
export interface FactorInitializers {
  /** A [rank, inFeatures]. */
  readonly a: (context: InitializationContext) => Float32Array;
  /** S [rank, rank]. */
  readonly s: (context: InitializationContext) => Float32Array;
  /** B [outFeatures, rank]. */
  readonly b: (context: InitializationContext) => Float32Array;
}

/** One adapted module. */
export interface ThreeFactorSite {
  readonly module: LinearModule;
  readonly rank: number;
  /** Factor on the path. */
  readonly scale: number;
  readonly initialize: FactorInitializers;
}

/** Names of a site's tensors. B is in two where some of its columns are frozen for good and others train. */
export interface FactorNames {
  readonly a: string;
  readonly s: string;
  readonly b: string;
  readonly bReleased: string;
}

/** @param prefix of the method, as in `<module>.lamda_A.weight` */
export function factorNames({ name }: LinearModule, prefix: string): FactorNames {
  return {
    a: `${name}.${prefix}_A.weight`,
    s: `${name}.${prefix}_S.weight`,
    b: `${name}.${prefix}_B.weight`,
    bReleased: `${name}.${prefix}_B.frozen`,
  };
}

/** Step input that tells how many of so many columns are frozen. */
function frozenInputName(prefix: string, rank: number): string {
  return `${prefix}.frozenOf${rank}`;
}

/**
 * The tensors of a site in a stage. In a stage without released columns, and in one where all are, B is one tensor
 * under its own name; in between, the released columns are a tensor of their own.
 */
export function stageFactors(
  site: ThreeFactorSite,
  prefix: string,
  schedule: FreezeSchedule,
  stage: FreezeStage,
): readonly AdapterParameter[] {
  const { module, rank, initialize } = site;
  const { inFeatures, outFeatures } = module;
  const names = factorNames(module, prefix);
  const released = releasedColumns(rank, stage);
  const isFrozen = released === rank;
  const outer: AdapterParameter = {
    name: names.b,
    shape: [outFeatures, isFrozen ? rank : rank - released],
    trainable: !isFrozen,
    initialize: initialize.b,
    ...(isFrozen ? {} : { updateMask: maskOf(prefix, schedule, rank, released) }),
  };
  const own: AdapterParameter[] = [
    { name: names.a, shape: [rank, inFeatures], trainable: false, initialize: initialize.a },
    { name: names.s, shape: [rank, rank], trainable: true, initialize: initialize.s },
    outer,
  ];
  if (released > 0 && !isFrozen) {
    const shape = [outFeatures, released];
    // Only later stages have it, and these carry values over.
    const initialized = () => new Float32Array(elementCount(shape));
    own.push({ name: names.bReleased, shape, trainable: false, initialize: initialized });
  }
  return own;
}

/** 1 for the columns of the trained tensor that the schedule has not frozen yet. */
function maskOf(prefix: string, { order }: FreezeSchedule, rank: number, released: number) {
  const columns = rank - released;
  const place = Float32Array.from({ length: columns }, (_, column) => {
    const turn = order === "leading-first" ? column : columns - 1 - column;
    return released + turn + 0.5;
  });
  return ({ graph, stepInput }: StageContext) =>
    graph.constant([columns], "f32", place).greater(stepInput(frozenInputName(prefix, rank)));
}

/** The step inputs that the sites' masks read, one a rank. */
export function frozenInputs(sites: readonly ThreeFactorSite[], prefix: string, schedule: FreezeSchedule) {
  return [...new Set(sites.map(({ rank }) => rank))].map((rank) => ({
    name: frozenInputName(prefix, rank),
    valueAt: (step: number) => frozenColumns(schedule, rank, step),
  }));
}
