import type { GraphNode, GraphValue, ValueId, ValueSource } from "../../graph/graph.ts";
import type { TensorSpec } from "../../graph/spec.ts";
import { opNamed } from "../../ops/registry.ts";

/** What a new node and its results say of themselves. */
export interface Provenance extends Pick<GraphNode, "phase" | "scope" | "layer"> {
  readonly name: string;
  readonly gradientOf: string | null;
}

/** Collects the values and nodes of a graph in the making. */
export class GraphEmitter {
  readonly values: GraphValue[] = [];
  readonly nodes: GraphNode[] = [];
  readonly #scalars = new Map<number, ValueId>();

  leaf({ shape, dtype }: TensorSpec, name: string, source: ValueSource): ValueId {
    return this.#add({ shape, dtype }, name, source, null);
  }

  /** An f32 constant without axes; equal ones are made once. */
  scalar(value: number): ValueId {
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const spec = { shape: [], dtype: "f32" } as const;
    const id = this.leaf(spec, `scalar ${value}`, { kind: "constant", data: Float32Array.of(value) });
    this.#scalars.set(value, id);
    return id;
  }

  /** @throws ShapeError if the op does not take these inputs */
  node(
    op: string,
    inputs: readonly ValueId[],
    attributes: object,
    provenance: Provenance,
  ): readonly ValueId[] {
    const { name, phase, scope, layer, gradientOf } = provenance;
    const node = this.nodes.length;
    const specs = opNamed(op).infer(
      inputs.map((id) => this.spec(id)),
      attributes,
    );
    const outputs = specs.map((spec, output) =>
      this.#add(spec, output === 0 ? name : `${name}.${output}`, { kind: "node", node, output }, gradientOf),
    );
    this.nodes.push({ id: node, op, inputs, outputs, attributes, phase, scope, layer });
    return outputs;
  }

  /** A node with one result. */
  one(op: string, inputs: readonly ValueId[], attributes: object, provenance: Provenance): ValueId {
    return this.node(op, inputs, attributes, provenance)[0] as ValueId;
  }

  /** A node as it was in another graph, over values of this one. */
  copyNode(node: GraphNode, inputs: readonly ValueId[], outputs: readonly GraphValue[]): readonly ValueId[] {
    const id = this.nodes.length;
    const made = outputs.map(({ shape, dtype, name, gradientOf }, output) =>
      this.#add({ shape, dtype }, name, { kind: "node", node: id, output }, gradientOf),
    );
    this.nodes.push({ ...node, id, inputs, outputs: made });
    return made;
  }

  spec(id: ValueId): GraphValue {
    return this.values[id] as GraphValue;
  }

  #add({ shape, dtype }: TensorSpec, name: string, source: ValueSource, gradientOf: string | null): ValueId {
    const id = this.values.length;
    this.values.push({ id, name, shape, dtype, source, gradientOf });
    return id;
  }
}
