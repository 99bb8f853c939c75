import { gradients } from "../autodiff/gradients.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { AdjustUpdates, OptimizerOptions, TrainableParameter } from "./optimizer.ts";
import { addOptimizerUpdate } from "./optimizer.ts";

/** Name of the parameter that holds the sum of a parameter's gradients over micro-batches. */
export function accumulatorName(parameterName: string): string {
  return `${parameterName}::gradient`;
}

/** A micro-batch: differentiates `loss` and adds each gradient to its accumulator. */
export function addGradientAccumulation(
  graph: GraphBuilder,
  loss: Tensor,
  trainable: readonly TrainableParameter[],
): void {
  const tensors = trainable.map(({ tensor }) => tensor);
  const parameterGradients = gradients(loss, tensors);
  graph.withPhase("optimizer", () => {
    tensors.forEach((tensor, index) => {
      const accumulator = accumulatorOf(graph, tensor);
      graph.updateParameter(accumulator, accumulator.add(parameterGradients[index] as Tensor));
    });
  });
}

/** The update after the last micro-batch: the optimizer from the accumulators, which start again at zero. */
export function addAccumulatedUpdate(
  graph: GraphBuilder,
  trainable: readonly TrainableParameter[],
  options: OptimizerOptions,
  adjust?: AdjustUpdates,
): void {
  const accumulators = trainable.map(({ tensor }) => accumulatorOf(graph, tensor));
  addOptimizerUpdate(graph, trainable, accumulators, options, adjust);
  graph.withPhase("optimizer", () => {
    for (const accumulator of accumulators) {
      graph.updateParameter(accumulator, graph.scalar(0).broadcastTo(accumulator.shape));
    }
  });
}

function accumulatorOf(graph: GraphBuilder, tensor: Tensor): Tensor {
  return graph.parameter(accumulatorName(tensor.name), tensor.shape, { role: "gradient", trainable: true });
}
