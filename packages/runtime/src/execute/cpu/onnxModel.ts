import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Shape } from "../../graph/spec.ts";
import type { OnnxAttribute, OnnxType } from "./lowering.ts";
import { ONNX_TYPE_CODES } from "./onnxTypes.ts";

export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: Shape;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Field numbers of onnx.proto (ONNX 1.17), for the messages written here. */
const MODEL = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 } as const;
const OPSET = { domain: 1, version: 2 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, float: 2, integer: 3, string: 4, integers: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { float: 1, integer: 2, string: 3, integers: 7 } as const;
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensorType: 1 } as const;
const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
const TENSOR_SHAPE = { dim: 1 } as const;
const DIMENSION = { value: 1 } as const;

const IR_VERSION = 10;
const OPSETS: readonly { readonly domain: string; readonly version: number }[] = [
  { domain: "", version: 21 },
  { domain: "com.microsoft", version: 1 },
];

/** The model in ONNX's protobuf format. */
export function encodeOnnxModel(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  integer(writer, MODEL.irVersion, IR_VERSION);
  text(writer, MODEL.producerName, "peftbench");
  message(writer, MODEL.graph, () => {
    for (const node of model.nodes) message(writer, GRAPH.node, () => writeNode(writer, node));
    text(writer, GRAPH.name, "peftbench");
    for (const initializer of model.initializers) {
      message(writer, GRAPH.initializer, () => writeInitializer(writer, initializer));
    }
    for (const input of model.inputs) message(writer, GRAPH.input, () => writeValue(writer, input));
    for (const output of model.outputs) message(writer, GRAPH.output, () => writeValue(writer, output));
  });
  for (const opset of OPSETS) {
    message(writer, MODEL.opsetImport, () => {
      text(writer, OPSET.domain, opset.domain);
      integer(writer, OPSET.version, opset.version);
    });
  }
  return writer.finish();
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(writer, NODE.input, input);
  for (const output of node.outputs) text(writer, NODE.output, output);
  text(writer, NODE.name, node.name);
  text(writer, NODE.opType, node.type);
  text(writer, NODE.domain, node.domain);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(writer, NODE.attribute, () => {
      text(writer, ATTRIBUTE.name, name);
      writeAttributeValue(writer, value);
    });
  }
}

function writeAttributeValue(writer: BinaryWriter, value: OnnxAttribute): void {
  if (typeof value === "number") {
    integer(writer, ATTRIBUTE.integer, value);
    integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.integer);
  } else if (typeof value === "string") {
    text(writer, ATTRIBUTE.string, value);
    integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.string);
  } else if ("float" in value) {
    writer.tag(ATTRIBUTE.float, WireType.Bit32).float(value.float);
    integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.float);
  } else {
    for (const item of value) integer(writer, ATTRIBUTE.integers, item);
    integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.integers);
  }
}

function writeInitializer(writer: BinaryWriter, initializer: OnnxInitializer): void {
  for (const size of initializer.shape) integer(writer, TENSOR.dims, size);
  integer(writer, TENSOR.dataType, ONNX_TYPE_CODES[initializer.type]);
  text(writer, TENSOR.name, initializer.name);
  writer.tag(TENSOR.rawData, WireType.LengthDelimited).bytes(initializer.bytes);
}

function writeValue(writer: BinaryWriter, value: OnnxValue): void {
  text(writer, VALUE_INFO.name, value.name);
  message(writer, VALUE_INFO.type, () =>
    message(writer, TYPE.tensorType, () => {
      integer(writer, TENSOR_TYPE.elementType, ONNX_TYPE_CODES[value.type]);
      message(writer, TENSOR_TYPE.shape, () => {
        for (const size of value.shape) {
          message(writer, TENSOR_SHAPE.dim, () => integer(writer, DIMENSION.value, size));
        }
      });
    }),
  );
}

function integer(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}
