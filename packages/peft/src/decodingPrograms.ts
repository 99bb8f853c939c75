import type { AttentionKind, BatchShape, Decoding, DecodingShape } from "@peftbench/models";
import { readPrompt, readSource, readToken } from "@peftbench/models";
import type { Graph, HostTensor } from "@peftbench/runtime";
import { elementCount, GraphBuilder, leavesOf } from "@peftbench/runtime";
import { MethodError } from "./errors.ts";
import type { MethodStage } from "./method.ts";
import type { ModelShape } from "./modelGraph.ts";
import { buildModelGraph } from "./modelGraph.ts";
import { EVALUATION_OUTPUTS } from "./programs.ts";

/** Where a prompt and what is generated after it have room. */
export interface PromptShape extends DecodingShape {
  /** Tokens of a prompt, padding on its left included; of an encoder-decoder, of its source, padding on the right. */
  readonly length: number;
}

/**
 * Reads prompts and keeps their keys and values; of an encoder-decoder the source, and the token that targets start with.
 * Output: `logits` [rows, vocabulary], of the token after it.
 * @throws {MethodError} for a model without a decoder and a language model's head
 */
export function buildPromptGraph(
  model: ModelShape,
  stage: MethodStage,
  shape: PromptShape,
  attention?: AttentionKind,
): Graph {
  const batch = { rows: shape.rows, length: shape.length, targetLength: 1 };
  return decodingGraph(model, stage, batch, attention, (graph) =>
    hasSource(model) ? readSource(graph, shape) : readPrompt(graph, shape),
  );
}

/** Reads one token of each row, after what is kept. Output as of {@link buildPromptGraph}. */
export function buildTokenGraph(
  model: ModelShape,
  stage: MethodStage,
  shape: PromptShape & { readonly reorders: boolean },
  attention?: AttentionKind,
): Graph {
  const batch = { rows: shape.rows, length: hasSource(model) ? shape.length : 1, targetLength: 1 };
  return decodingGraph(model, stage, batch, attention, (graph) => readToken(graph, shape));
}

function decodingGraph(
  model: ModelShape,
  stage: MethodStage,
  batch: BatchShape,
  attention: AttentionKind | undefined,
  decode: (graph: GraphBuilder) => Decoding,
): Graph {
  requireDecoder(model);
  const graph = new GraphBuilder();
  const { logits } = buildModelGraph(graph, model, stage, batch, null, attention, decode(graph));
  graph.output(EVALUATION_OUTPUTS.logits, logits);
  return graph.finish();
}

/** What keys and values are kept in, by the parameters' names: nothing has been read yet. */
export function emptyCaches(graph: Graph): ReadonlyMap<string, HostTensor> {
  const caches = new Map<string, HostTensor>();
  for (const { name, shape, source } of leavesOf(graph, "parameter")) {
    if (source.kind !== "parameter" || source.role !== "keyValueCache") continue;
    caches.set(name, { shape, dtype: "f32", data: new Float32Array(elementCount(shape)) });
  }
  return caches;
}

function hasSource({ architecture }: ModelShape): boolean {
  return architecture.kind === "encoder-decoder";
}

function requireDecoder({ architecture, head }: ModelShape): void {
  if (architecture.kind !== "encoder" && head.kind === "languageModel") return;
  throw new MethodError(
    `Found ${architecture.title} with a head for ${head.kind}; expected a decoder with a language model's head, as others generate nothing.`,
  );
}
