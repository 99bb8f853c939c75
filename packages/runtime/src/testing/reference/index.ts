import { attentionReferences } from "./attention.ts";
import { fusedReference } from "./fused.ts";
import { layoutReferences } from "./layout.ts";
import { linearReferences } from "./linear.ts";
import { networkReferences } from "./network.ts";
import { optimizerReferences } from "./optimizer.ts";
import { pointwiseReferences } from "./pointwise.ts";
import type { ReferenceOp } from "./reference.ts";

const singleReferences: Readonly<Record<string, ReferenceOp>> = {
  ...pointwiseReferences,
  ...linearReferences,
  ...layoutReferences,
  ...networkReferences,
  ...attentionReferences,
  ...optimizerReferences,
};

/** The float64 definition of every op, by name: the oracle that all executors are held against. */
export const referenceOps: Readonly<Record<string, ReferenceOp>> = {
  ...singleReferences,
  fused: fusedReference(singleReferences),
};
