import type { LinearModule, PeftAdapter } from "@peftbench/peft";
import { adapterValues, checkAdapterConfig, MethodError, peftTargetModules } from "@peftbench/peft";
import type { AdaloraConfig } from "./config.ts";
import type { BudgetSchedule } from "./schedule.ts";
import { tripletNames } from "./triplets.ts";

/** What a file says of an adapter beside its tensors. */
export interface AdaloraDescription {
  readonly modules: readonly LinearModule[];
  readonly config: AdaloraConfig;
  readonly schedule: BudgetSchedule;
}

/** Which of a module's triplets a file holds. */
type Pattern = readonly boolean[];

/**
 * The adapter in PEFT's AdaLoRA format: triplets that are masked are left out, and `rank_pattern` says which. An adapter
 * none of whose triplets count (that of step 0) is written whole.
 */
export function writeAdapter(
  description: AdaloraDescription,
  value: (name: string) => Float32Array,
): PeftAdapter {
  const { modules } = description;
  const patterns = new Map(
    modules.map((module) => [
      module.name,
      Array.from(value(tripletNames(module).lambda), (element) => element !== 0),
    ]),
  );
  const kept = [...patterns.values()].flat().filter(Boolean).length;
  const isWhole = kept === 0 || [...patterns.values()].every((pattern) => pattern.every(Boolean));
  const tensors = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
  for (const module of modules) {
    const { q, lambda, p } = tripletNames(module);
    const all = patterns.get(module.name) as Pattern;
    const pattern = isWhole ? all.map(() => true) : all;
    const rank = pattern.filter(Boolean).length;
    tensors.set(q, {
      shape: [rank, module.inFeatures],
      values: takeRows(value(q), module.inFeatures, pattern),
    });
    tensors.set(lambda, { shape: [rank, 1], values: takeRows(value(lambda), 1, pattern) });
    tensors.set(p, { shape: [module.outFeatures, rank], values: takeColumns(value(p), pattern) });
  }
  const rankPattern = isWhole
    ? null
    : Object.fromEntries(
        modules.map((module) => [tripletNames(module).lambda, patterns.get(module.name) as Pattern]),
      );
  return { config: { ...adapterConfig(description), rank_pattern: rankPattern }, tensors };
}

/**
 * The factors from an adapter of PEFT. Triplets that its `rank_pattern` leaves out come back as zeros.
 *
 * @throws MethodError if the adapter is of another method, rank, scale or model
 */
export function readAdapter(
  description: AdaloraDescription,
  adapter: PeftAdapter,
): ReadonlyMap<string, Float32Array> {
  checkAdapterConfig(adapter.config, functionOf(adapterConfig(description)), LATER_OPTIONS);
  const rank = description.config.initialRank;
  const patterns = new Map(
    description.modules.map((module) => [module.name, patternOf(adapter.config, module, rank)]),
  );
  const stored = adapterValues(
    adapter,
    description.modules.flatMap((module) => {
      const { q, lambda, p } = tripletNames(module);
      const present = (patterns.get(module.name) as Pattern).filter(Boolean).length;
      return [
        { name: q, shape: [present, module.inFeatures] },
        { name: lambda, shape: [present, 1] },
        { name: p, shape: [module.outFeatures, present] },
      ];
    }),
  );
  const values = new Map<string, Float32Array>();
  for (const module of description.modules) {
    const { q, lambda, p } = tripletNames(module);
    const pattern = patterns.get(module.name) as Pattern;
    const get = (name: string): Float32Array => stored.get(name) as Float32Array;
    values.set(q, spreadRows(get(q), module.inFeatures, pattern));
    values.set(lambda, spreadRows(get(lambda), 1, pattern));
    values.set(p, spreadColumns(get(p), module.outFeatures, pattern));
  }
  return values;
}

function adapterConfig({ modules, config, schedule }: AdaloraDescription) {
  return {
    peft_type: "ADALORA",
    init_r: config.initialRank,
    target_r: config.targetRank,
    tinit: schedule.warmupSteps,
    tfinal: schedule.finalSteps,
    deltaT: schedule.interval,
    beta1: config.beta1,
    beta2: config.beta2,
    orth_reg_weight: config.regularizerWeight,
    total_step: schedule.totalSteps,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    target_modules: peftTargetModules(modules, config.targetModules),
    ...UNUSED_OPTIONS,
  };
}

/** Options of PEFT's LoRA that AdaLoRA inherits and that change the function, at the value that turns them off. */
const UNUSED_OPTIONS = { bias: "none", fan_in_fan_out: false, use_dora: false } as const;
/** Files of older versions lack these. */
const LATER_OPTIONS: readonly string[] = Object.keys(UNUSED_OPTIONS);

/** What of the configuration decides what a trained adapter computes; how it was trained plays no part. */
function functionOf(config: ReturnType<typeof adapterConfig>): Readonly<Record<string, unknown>> {
  const { peft_type, init_r, lora_alpha, bias, fan_in_fan_out, use_dora } = config;
  return { peft_type, init_r, lora_alpha, bias, fan_in_fan_out, use_dora };
}

function patternOf(config: PeftAdapter["config"], module: LinearModule, rank: number): Pattern {
  const patterns = config.rank_pattern;
  const whole = Array.from({ length: rank }, () => true);
  if (typeof patterns !== "object" || patterns === null) return whole;
  const { lambda } = tripletNames(module);
  const found = (patterns as Readonly<Record<string, unknown>>)[lambda];
  if (!Array.isArray(found) || found.length !== rank || !found.every((flag) => typeof flag === "boolean")) {
    throw new MethodError(
      `The adapter's rank_pattern has ${JSON.stringify(found) ?? "nothing"} for ${lambda}; ${rank} flags are needed. ` +
        "Check the target modules and the model that the adapter was made for.",
    );
  }
  return found;
}

/** The places of a pattern's flags that are set. */
function places(pattern: Pattern): readonly number[] {
  return pattern.flatMap((flag, place) => (flag ? [place] : []));
}

function takeRows(matrix: Float32Array, columns: number, pattern: Pattern): Float32Array {
  const taken = places(pattern);
  const rows = new Float32Array(taken.length * columns);
  taken.forEach((from, to) => {
    rows.set(matrix.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  return rows;
}

function spreadRows(rows: Float32Array, columns: number, pattern: Pattern): Float32Array {
  const matrix = new Float32Array(pattern.length * columns);
  places(pattern).forEach((to, from) => {
    matrix.set(rows.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  return matrix;
}

function takeColumns(matrix: Float32Array, pattern: Pattern): Float32Array {
  return matrix.filter((_, index) => pattern[index % pattern.length] === true);
}

function spreadColumns(columns: Float32Array, rows: number, pattern: Pattern): Float32Array {
  const matrix = new Float32Array(rows * pattern.length);
  const taken = places(pattern);
  for (let row = 0; row < rows; row++) {
    taken.forEach((to, from) => {
      matrix[row * pattern.length + to] = columns[row * taken.length + from] as number;
    });
  }
  return matrix;
}
