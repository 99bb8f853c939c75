import type { PretrainingConfig, PretrainingPhase } from "./config.ts";

export function totalSteps({ training }: PretrainingConfig): number {
  return training.phases.reduce((sum, { steps }) => sum + steps, 0);
}

/** The phase that step `step`, counted from 0 over all phases, belongs to. */
export function phaseAt(
  phases: readonly PretrainingPhase[],
  step: number,
): { readonly index: number; readonly stepInPhase: number } {
  let before = 0;
  for (const [index, { steps }] of phases.entries()) {
    if (step < before + steps) return { index, stepInPhase: step - before };
    before += steps;
  }
  throw new RangeError(`Step ${step} lies behind the last of ${before}.`);
}

/** The configuration with `steps` in all, shared among the phases as theirs were; each keeps at least one. */
export function withTotalSteps(config: PretrainingConfig, steps: number): PretrainingConfig {
  const { phases } = config.training;
  if (steps < phases.length) {
    throw new RangeError(`${steps} steps are too few for ${phases.length} phases; each takes at least one.`);
  }
  const all = totalSteps(config);
  let left = steps;
  const shared = phases.map((phase, index) => {
    const after = phases.length - 1 - index;
    const own =
      after === 0 ? left : Math.min(Math.max(1, Math.round((phase.steps / all) * steps)), left - after);
    left -= own;
    return { ...phase, steps: own };
  });
  return { ...config, training: { ...config.training, phases: shared } };
}
