import type { Check } from "./check.ts";
import { declarationChecks } from "./declarationChecks.ts";
import { functionChecks } from "./functionChecks.ts";
import { gradientChecks } from "./gradientChecks.ts";
import { trainingChecks } from "./trainingChecks.ts";

/** Every property that a method must have. */
export const conformanceChecks: readonly Check[] = [
  ...functionChecks,
  ...declarationChecks,
  ...gradientChecks,
  ...trainingChecks,
];
