import { InputError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { graphValue } from "../graph/graph.ts";
import type { HostArray } from "../graph/spec.ts";
import { opNamed } from "../ops/registry.ts";
import { viewRoots } from "../plan/views.ts";
import type { ProgramInputs } from "./executor.ts";

/** An input of a program whose values must be in [0, bound). */
export interface IndexCheck {
  readonly inputName: string;
  readonly bound: number;
}

/**
 * Indices that the host sees before a kernel does, which can only keep a wrong one in range and not report it (ONNX
 * Runtime reads a negative one from the end of the table). Constants are checked at once.
 * @throws InputError if a constant holds an index that is out of range
 */
export function indexChecks(graph: Graph): readonly IndexCheck[] {
  const roots = viewRoots(graph);
  const checks = new Map<string, IndexCheck>();
  for (const node of graph.nodes) {
    const { indexInput } = opNamed(node.op);
    if (indexInput === undefined) continue;
    const bound = indexInput.bound(
      node.inputs.map((id) => graphValue(graph, id)),
      node.attributes,
    );
    const { name, source } = graphValue(graph, roots[node.inputs[indexInput.input] ?? -1] ?? -1);
    if (source.kind === "constant") expectInRange(name, source.data, bound);
    if (source.kind === "input") checks.set(`${name} ${bound}`, { inputName: name, bound });
  }
  return [...checks.values()];
}

/** @throws InputError naming the input, the index and the bound */
export function checkIndices(checks: readonly IndexCheck[], inputs: ProgramInputs): void {
  for (const { inputName, bound } of checks) expectInRange(inputName, inputs[inputName] ?? [], bound);
}

function expectInRange(name: string, data: HostArray | readonly number[], bound: number): void {
  for (const index of data) {
    if (index < 0 || index >= bound) {
      throw new InputError(
        `The index ${index} in ${name} lies outside the table of ${bound} rows.`,
        "Check that the tokenizer and the labels fit the model.",
      );
    }
  }
}
