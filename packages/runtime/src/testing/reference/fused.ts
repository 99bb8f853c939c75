import type { FusedAttributes } from "../../ops/fused.ts";
import type { ReferenceOp } from "./reference.ts";
import { input, reference } from "./reference.ts";
import type { Tensor64 } from "./tensor64.ts";

/** One step after another, each by the reference of its own op. */
export function fusedReference(references: Readonly<Record<string, ReferenceOp>>): ReferenceOp {
  return reference<FusedAttributes>((inputs, { steps, results }) => {
    const made: Tensor64[] = [];
    for (const { op, operands, attributes } of steps) {
      const values = operands.map((operand): Tensor64 => {
        if (operand.kind === "scalar") return { shape: [], data: Float64Array.of(operand.value) };
        return input(operand.kind === "input" ? inputs : made, operand.index);
      });
      made.push(...(references[op]?.(values, attributes) ?? []));
    }
    return results.map((step) => input(made, step));
  });
}
