import type { Graph, GraphNode, ValueId } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import type { HostArray, HostTensor, Shape } from "../../graph/spec.ts";
import { opNamed } from "../../ops/registry.ts";
import type { OnnxLowering, OnnxNodeOptions, OnnxType } from "./lowering.ts";
import type { OnnxInitializer, OnnxModel, OnnxNode } from "./onnxModel.ts";
import type { Segment } from "./segments.ts";

export interface LoweredSegment {
  readonly model: OnnxModel;
  /** Values that the session is fed at every run. */
  readonly feeds: readonly ValueId[];
}

/** Name of a value in ONNX. */
export function onnxName(id: ValueId): string {
  return `v${id}`;
}

/**
 * The ONNX model of one segment. Frozen parameters and constants become initializers, which ONNX Runtime packs once;
 * inputs, trainable parameters and results of earlier segments are fed.
 */
export function lowerSegment(
  graph: Graph,
  segment: Segment,
  frozenParameter: (name: string) => HostTensor,
): LoweredSegment {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxInitializer>();
  const feeds = new Set<ValueId>();
  const made = new Set(segment.nodes.flatMap((node) => node.outputs));

  const bring = (id: ValueId): void => {
    if (made.has(id)) return;
    const value = graphValue(graph, id);
    const { source } = value;
    if (source.kind === "constant") {
      addInitializer(initializers, onnxName(id), value.dtype, value.shape, source.data);
    } else if (source.kind === "parameter" && !source.trainable) {
      addInitializer(initializers, onnxName(id), value.dtype, value.shape, frozenParameter(value.name).data);
    } else {
      feeds.add(id);
    }
  };

  for (const node of segment.nodes) {
    node.inputs.forEach(bring);
    opNamed(node.op).onnx?.(lowerNode(graph, node, nodes, initializers));
  }
  const describe = (id: ValueId): { name: string; type: OnnxType; shape: Shape } => {
    const { shape, dtype } = graphValue(graph, id);
    return { name: onnxName(id), type: dtype, shape };
  };
  return {
    feeds: [...feeds],
    model: {
      nodes,
      initializers: [...initializers.values()],
      inputs: [...feeds].map(describe),
      outputs: segment.results.map(describe),
    },
  };
}

function lowerNode(
  graph: Graph,
  node: GraphNode,
  nodes: OnnxNode[],
  initializers: Map<string, OnnxInitializer>,
): OnnxLowering<object> {
  const label = `${node.scope === "" ? "" : `${node.scope}/`}${node.op}#${node.id}`;
  let fresh = 0;
  return {
    attributes: node.attributes,
    inputs: node.inputs.map(onnxName),
    inputSpecs: node.inputs.map((id) => graphValue(graph, id)),
    outputs: node.outputs.map(onnxName),
    outputSpecs: node.outputs.map((id) => graphValue(graph, id)),
    node: (type: string, inputs: readonly string[], options: OnnxNodeOptions = {}): string => {
      const outputs = options.outputs ?? [`${onnxName(node.outputs[0] ?? 0)}_${fresh++}`];
      nodes.push({
        name: `${label}:${nodes.length}`,
        type,
        domain: options.domain ?? "",
        inputs,
        outputs,
        attributes: options.attributes ?? {},
      });
      return outputs[0] ?? "";
    },
    constant: (type, shape, data, sharedName) => {
      const values = Array.isArray(data) ? data : null;
      const key =
        sharedName ??
        (values === null
          ? `${onnxName(node.outputs[0] ?? 0)}_c${fresh++}`
          : `c_${type}_${shape.join("x")}_${values.join("_")}`);
      if (!initializers.has(key)) {
        addInitializer(initializers, key, type, shape, typeof data === "function" ? data() : data);
      }
      return key;
    },
  };
}

function addInitializer(
  initializers: Map<string, OnnxInitializer>,
  name: string,
  type: OnnxType,
  shape: Shape,
  data: HostArray | readonly number[],
): void {
  if (initializers.has(name)) return;
  const array = isTyped(data) ? data : typedArray(type, data);
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  initializers.set(name, { name, type, shape, bytes });
}

function isTyped(data: HostArray | readonly number[]): data is HostArray {
  return ArrayBuffer.isView(data);
}

function typedArray(
  type: OnnxType,
  values: readonly number[],
): Float32Array | Int32Array | Uint32Array | BigInt64Array {
  switch (type) {
    case "f32":
      return Float32Array.from(values);
    case "i32":
      return Int32Array.from(values);
    case "u32":
      return Uint32Array.from(values);
    case "i64":
      return BigInt64Array.from(values, (value) => BigInt(value));
    case "f16":
    case "f64":
    case "bool":
      throw new RangeError(`No lowering writes literals of type ${type}.`);
  }
}
