import type { StageContext } from "@peftbench/peft";
import type { Tensor } from "@peftbench/runtime";
import type { AdaloraConfig } from "./config.ts";
import type { TripletNames } from "./triplets.ts";

/** How far all P and Q are from orthogonal columns and rows, without the weight γ; a scalar. */
export function distanceFromOrthogonal(
  context: StageContext,
  sites: readonly TripletNames[],
  kind: AdaloraConfig["regularizer"],
): Tensor {
  const squares = sites.flatMap(({ p, q }) => {
    const [left, right] = [context.parameter(p), context.parameter(q)];
    return [left.matmul(left, { transposeA: true }), right.matmul(right, { transposeB: true })].map((gram) =>
      gram
        .sub(identity(context, gram.size(0)))
        .square()
        .sum(),
    );
  });
  const total = (terms: readonly Tensor[]): Tensor => terms.reduce((sum, term) => sum.add(term));
  switch (kind) {
    case "paper":
      return total(squares);
    case "code":
      return total(squares.map((square) => square.sqrt())).div(squares.length);
  }
}

function identity({ graph }: StageContext, size: number): Tensor {
  const values = new Float32Array(size * size);
  for (let index = 0; index < size; index++) values[index * size + index] = 1;
  return graph.constant([size, size], "f32", values);
}
