import type { LinearModule } from "@peftbench/peft";
import { MethodError, peftTargetModules } from "@peftbench/peft";
import type { LoraConfig } from "./config.ts";

/** LoRA's part of PEFT's adapter_config.json. */
export function peftConfig(
  config: LoraConfig,
  targets: readonly LinearModule[],
): Readonly<Record<string, unknown>> {
  return {
    peft_type: "LORA",
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    target_modules: peftTargetModules(targets, config.targetModules),
    ...UNUSED_OPTIONS,
  };
}

/** Options of PEFT's LoRA that change the function and that this method does not have, at the value that turns them off. */
const UNUSED_OPTIONS = {
  bias: "none",
  fan_in_fan_out: false,
  use_rslora: false,
  use_dora: false,
  rank_pattern: {},
  alpha_pattern: {},
} as const;

/**
 * Refuses an adapter that computes something else than the method as it is configured. Which modules it adapts shows in
 * its tensors; dropout plays no part once it is trained.
 */
export function checkPeftConfig(found: Readonly<Record<string, unknown>>, config: LoraConfig): void {
  const expected = {
    peft_type: "LORA",
    r: config.rank,
    lora_alpha: config.alpha,
    // Files of older versions lack the later options.
    ...Object.fromEntries(Object.entries(UNUSED_OPTIONS).filter(([name]) => name in found)),
  };
  for (const [name, value] of Object.entries(expected)) {
    const [is, needed] = [JSON.stringify(found[name]), JSON.stringify(value)];
    if (is !== needed) throw new MethodError(`The adapter's ${name} is ${is}; the method needs ${needed}.`);
  }
}
