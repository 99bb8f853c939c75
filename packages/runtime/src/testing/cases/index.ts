import { attentionCases } from "./attention.ts";
import type { OpCase } from "./case.ts";
import { fusedCases } from "./fused.ts";
import { layoutCases } from "./layout.ts";
import { linearCases } from "./linear.ts";
import { networkCases } from "./network.ts";
import { pointwiseCases } from "./pointwise.ts";

/** Every op over awkward shapes: size 1, primes, no multiples of 4, larger than a workgroup, extreme values. */
export const opCases: readonly OpCase[] = [
  ...pointwiseCases,
  ...fusedCases,
  ...linearCases,
  ...layoutCases,
  ...networkCases,
  ...attentionCases,
];
