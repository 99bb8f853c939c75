import type { LinearModule } from "@peftbench/models";
import type { Shape } from "@peftbench/runtime";
import { checkAdapterConfig } from "./adapterConfig.ts";
import { MethodError } from "./errors.ts";
import type { PeftAdapter } from "./method.ts";
import type { TargetModules } from "./targets.ts";
import { peftTargetModules } from "./targets.ts";

/** A module that a LoRA adapter adapts. */
export interface LoraSite {
  readonly module: LinearModule;
  readonly rank: number;
  /** The path is scaled by alpha / rank, or by alpha / sqrt(rank) in rank-stabilized LoRA (arXiv 2312.03732). */
  readonly alpha: number;
}

/** What a LoRA file says of an adapter beside its tensors. Sites that differ from `rank` or `alpha` stand in patterns. */
export interface LoraDescription {
  readonly sites: readonly LoraSite[];
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targetModules: TargetModules;
  readonly isRankStabilized: boolean;
}

/** Factor on a site's path. */
export function loraScale(
  { rank, alpha }: Pick<LoraSite, "rank" | "alpha">,
  isRankStabilized: boolean,
): number {
  return alpha / (isRankStabilized ? Math.sqrt(rank) : rank);
}

/** Names of a module's factors in PEFT's files: A [rank, inFeatures] and B [outFeatures, rank]. */
export function loraNames({ name }: LinearModule): { readonly a: string; readonly b: string } {
  return { a: `${name}.lora_A.weight`, b: `${name}.lora_B.weight` };
}

/** An adapter in PEFT's LoRA format: what other methods export that end as a low-rank product. */
export function loraAdapter(
  description: LoraDescription,
  factors: (site: LoraSite) => { readonly a: Float32Array; readonly b: Float32Array },
): PeftAdapter {
  const tensors = new Map<string, { readonly shape: Shape; readonly values: Float32Array }>();
  for (const site of description.sites) {
    const { module, rank } = site;
    const { a, b } = factors(site);
    const names = loraNames(module);
    tensors.set(names.a, { shape: [rank, module.inFeatures], values: a });
    tensors.set(names.b, { shape: [module.outFeatures, rank], values: b });
  }
  return { config: loraConfig(description), tensors };
}

/** LoRA's part of PEFT's adapter_config.json. */
function loraConfig(description: LoraDescription): Readonly<Record<string, unknown>> {
  const { sites, rank, alpha, dropout, targetModules, isRankStabilized } = description;
  const modules = sites.map(({ module }) => module);
  const differing = (key: "rank" | "alpha", usual: number) =>
    Object.fromEntries(
      sites.filter((site) => site[key] !== usual).map((site) => [site.module.name, site[key]]),
    );
  return {
    peft_type: "LORA",
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    target_modules: peftTargetModules(modules, targetModules),
    rank_pattern: differing("rank", rank),
    alpha_pattern: differing("alpha", alpha),
    use_rslora: isRankStabilized,
    ...UNUSED_OPTIONS,
  };
}

/** Options of PEFT's LoRA that change the function and that no method here has, at the value that turns them off. */
const UNUSED_OPTIONS = { bias: "none", fan_in_fan_out: false, use_dora: false } as const;

/** Values of PEFT's `init_lora_weights` with which it changes base weights, so that A and B alone do not say the function. */
const REWRITES_BASE = /^(pissa|olora|corda|loftq|lora_ga)/;

/**
 * Refuses an adapter that computes something else than the description. Which modules it adapts shows in its tensors;
 * dropout plays no part once it is trained.
 *
 * @param rewritingInit the `init_lora_weights` whose change of base weights the method makes too
 * @throws MethodError with the option, its value and the one that is needed
 */
export function checkLoraConfig(
  found: Readonly<Record<string, unknown>>,
  description: LoraDescription,
  rewritingInit: string | null = null,
): void {
  const { rank_pattern: _, alpha_pattern: __, ...config } = loraConfig(description);
  const { lora_dropout: ___, target_modules: ____, ...needed } = config;
  // Files of older versions lack the later options.
  checkAdapterConfig(found, needed, ["use_rslora", ...Object.keys(UNUSED_OPTIONS)]);
  for (const { module, rank, alpha } of description.sites) {
    requireOfModule("rank_pattern", found, module, description.rank, rank);
    requireOfModule("alpha_pattern", found, module, description.alpha, alpha);
  }
  const init = found.init_lora_weights;
  if (typeof init === "string" && REWRITES_BASE.test(init) && init !== rewritingInit) {
    throw new MethodError(
      `The adapter's init_lora_weights is "${init}": it belongs to base weights that PEFT changed, which this method ` +
        "does not have. Save it with path_initial_model_for_weight_conversion, as an ordinary LoRA adapter.",
    );
  }
}

/** By PEFT's rule: of a pattern's keys, regular expressions for a name's ending, the first one that matches. */
function requireOfModule(
  option: "rank_pattern" | "alpha_pattern",
  found: Readonly<Record<string, unknown>>,
  { name }: LinearModule,
  usual: number,
  needed: number,
): void {
  const entries = Object.entries((found[option] ?? {}) as Readonly<Record<string, unknown>>);
  const entry = entries.find(([key]) => new RegExp(`^(.*\\.)?(${key})$`).test(name));
  const is = entry === undefined ? usual : entry[1];
  if (is !== needed) {
    throw new MethodError(
      `The adapter's ${option} gives ${name} ${JSON.stringify(is)}; the method needs ${needed}.`,
    );
  }
}
