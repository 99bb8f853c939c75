import { gradients } from "../autodiff/gradients.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import type { HostArray } from "../graph/spec.ts";
import { allocateHostArray } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { asF32 } from "../graph/tensor.ts";
import { opNamed } from "../ops/registry.ts";
import { createRandom } from "../random/generator.ts";
import type { OpCase } from "./cases/case.ts";

/** Ops whose rule says that the gradient is zero or stops; asking for it is refused. */
export const GRADIENT_STOPPING_OPS: ReadonlySet<string> = new Set(["sign", "greater", "max"]);

export function isDifferentiable({ op, inputs, differentiable }: OpCase): boolean {
  if (differentiable === false || GRADIENT_STOPPING_OPS.has(op)) return false;
  return opNamed(op).gradient !== undefined && inputs.some(({ dtype }) => dtype === "f32");
}

/** Name of the `index`-th input of the graphs made here. */
function caseInputName(index: number): string {
  return `input${index}`;
}

/** What the graphs made here are fed. */
export function caseInputs(opCase: OpCase): ReadonlyMap<string, HostArray> {
  return new Map(opCase.inputs.map(({ data }, index) => [caseInputName(index), data]));
}

/** A graph of the one op, whose results are the outputs `output0`, `output1`, ... */
export function caseGraph(opCase: OpCase): Graph {
  const graph = new GraphBuilder();
  const inputs = opCase.inputs.map(({ shape, dtype }, index) =>
    graph.input(caseInputName(index), shape, dtype),
  );
  for (const [index, output] of graph.apply(opNamed(opCase.op), inputs, opCase.attributes).entries()) {
    graph.output(`output${index}`, output);
  }
  return graph.finish();
}

export interface GradientCase {
  /** Outputs: `loss`, and `gradient <input name>` of each f32 input that has one. */
  readonly graph: Graph;
  /** Data of every input, the weights of the loss among them. */
  readonly inputs: ReadonlyMap<string, HostArray>;
  /** Names of these inputs. */
  readonly differentiated: readonly string[];
}

export function gradientOutputName(inputName: string): string {
  return `gradient ${inputName}`;
}

/** The graph of `sum(weights * op(inputs))`, its first output alone, and of its gradient by every f32 input that has one. */
export function gradientCase(opCase: OpCase): GradientCase {
  const graph = new GraphBuilder();
  const inputs = opCase.inputs.map(({ shape, dtype }, index) =>
    graph.input(caseInputName(index), shape, dtype),
  );
  const output = asF32(graph.apply(opNamed(opCase.op), inputs, opCase.attributes)[0] as Tensor);
  const weights = graph.input("weights", output.shape, "f32");
  const loss = output.mul(weights).sum();
  graph.output("loss", loss);
  const wrt = inputs.filter(
    (input, index): input is Tensor =>
      input.dtype === "f32" && opCase.constantInputs?.includes(index) !== true,
  );
  for (const [index, gradient] of gradients(loss, wrt).entries()) {
    graph.output(gradientOutputName((wrt[index] as Tensor).name), gradient);
  }
  const random = createRandom(5, opCase.name);
  return {
    graph: graph.finish(),
    inputs: new Map([
      ...caseInputs(opCase),
      ["weights", (allocateHostArray(weights) as Float32Array).map(() => random.normal())],
    ]),
    differentiated: wrt.map((input) => input.name),
  };
}
