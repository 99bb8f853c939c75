import type { BaselineSummary, MethodSummary } from "./aggregate.ts";

/** `bag-of-words` as people say it. */
export function baselineTitle(name: string): string {
  return name.replaceAll("-", " ");
}

/** Whether a method trains the task head and nothing else: what the frozen encoder knows, the baseline of all others. */
function isHeadAlone({ trainableInitial, trainableFinal }: MethodSummary): boolean {
  return trainableInitial === 0 && trainableFinal === 0;
}

/** The methods, and apart from them those that train the head alone, which stand with the baselines. */
export function splitMethods(methods: readonly MethodSummary[]): {
  readonly methods: readonly MethodSummary[];
  readonly headAlone: readonly MethodSummary[];
} {
  // By name: where such a method broke off on another task, nothing was counted there.
  const names = new Set(methods.filter(isHeadAlone).map(({ method }) => method));
  const headAlone = methods.filter(({ method }) => names.has(method));
  if (headAlone.length === methods.length) return { methods, headAlone: [] };
  return { methods: methods.filter(({ method }) => !names.has(method)), headAlone };
}

/** Whether a baseline gives every example the same answer. */
export function isConstantAnswer({ name }: BaselineSummary): boolean {
  return name === "majority-class" || name === "mean-score";
}
