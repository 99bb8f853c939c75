import type { Graph, GraphNode, GraphValue, NamedValue, StatePair, ValueId } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import type { TensorSpec } from "../../graph/spec.ts";
import { opNamed } from "../../ops/registry.ts";
import type { Box, WindowRule } from "../../ops/windows.ts";
import type { DeviceProfile } from "../../plan/deviceProfile.ts";
import { pruneGraph } from "../prune.ts";
import { assemble } from "./assemble.ts";
import type { Cuts } from "./boxes.ts";
import { formatBox, gridBoxes } from "./boxes.ts";
import { chooseCuts } from "./chooseCuts.ts";
import { computeInWindows } from "./computeInWindows.ts";
import type { Provenance } from "./emitter.ts";
import { GraphEmitter } from "./emitter.ts";
import { CannotSplitError } from "./errors.ts";
import { ReadCache } from "./readCache.ts";
import type { SplitValue } from "./splitValue.ts";
import { isInPieces, splitValue, uncut, wholeValue } from "./splitValue.ts";
import { isTooLarge, tensorCuts, tensorWindows } from "./tensorWindows.ts";
import { carriedCuts, readView } from "./views.ts";

/**
 * The graph with every tensor that exceeds one binding of the device in windows, none of which does; kernels never know.
 * The same graph where nothing exceeds it.
 *
 * Parameters, inputs, outputs and constants that are too large become several, named and cut by `tensorWindows`; whoever
 * keeps or feeds them uses the same function. All else is inside the graph: each op says by its `windows` how it is
 * computed in parts, and where the windows that one op makes are not those that the next one reads, slices and
 * concatenations are put between. Results are the same bits but where a sum is made in parts (the inner axis of a product,
 * reductions), which changes the order of additions.
 *
 * @throws CannotSplitError naming the op and the tensor
 */
export function splitLargeTensors(graph: Graph, profile: DeviceProfile): Graph {
  if (!graph.values.some((value) => isTooLarge(value, profile))) return graph;
  return new Splitting(graph, profile).run();
}

/** Of what is put together after the last node. */
const AT_THE_END = { phase: "optimizer", scope: "", layer: null } as const;

class Splitting {
  readonly #graph: Graph;
  readonly #profile: DeviceProfile;
  readonly #emitter = new GraphEmitter();
  readonly #reads = new ReadCache(this.#emitter);
  readonly #split: SplitValue[] = [];

  constructor(graph: Graph, profile: DeviceProfile) {
    this.#graph = graph;
    this.#profile = profile;
  }

  run(): Graph {
    for (const value of this.#graph.values) if (value.source.kind !== "node") this.#leaf(value);
    for (const node of this.#graph.nodes) this.#node(node);
    const states = this.#graph.states.flatMap((state) => this.#state(state));
    const outputs = this.#graph.outputs.flatMap((output) => this.#output(output));
    const { values, nodes } = this.#emitter;
    return pruneGraph({ values, nodes, outputs, states });
  }

  #leaf(value: GraphValue): void {
    const { id, name, source } = value;
    const windows = tensorWindows(name, value, this.#profile);
    const ids = windows.map((window) => {
      if (source.kind !== "constant") return this.#emitter.leaf(window, window.name, source);
      const data = source.data.slice(window.firstElement, window.firstElement + window.elements);
      return this.#emitter.leaf(window, window.name, { kind: "constant", data });
    });
    const cuts = windows.length === 1 ? uncut(value) : tensorCuts(value, this.#profile);
    this.#split[id] = splitValue(value, cuts, ids);
  }

  #node(node: GraphNode): void {
    const definition = opNamed(node.op);
    const inputs = node.inputs.map((id) => this.#value(id));
    const outputs = node.outputs.map((id) => graphValue(this.#graph, id));
    const large = [...inputs, ...outputs].filter((spec) => isTooLarge(spec, this.#profile));
    if (definition.view === true && (large.length > 0 || inputs.some(isInPieces))) {
      this.#view(node, inputs[0] as SplitValue, outputs[0] as GraphValue);
      return;
    }
    if (large.length === 0) {
      const read = inputs.map((input) => this.#readWhole(input, this.#about(node, input)));
      const ids = this.#emitter.copyNode(node, read, outputs);
      for (const [index, value] of outputs.entries()) {
        this.#split[value.id] = wholeValue(value, ids[index] as ValueId);
      }
      return;
    }
    const rule = definition.windows;
    if (rule === undefined) {
      throw new CannotSplitError(
        node.op,
        large[0] as GraphValue,
        "the op has no rule for it.",
        this.#profile,
      );
    }
    this.#inWindows(node, rule, inputs, outputs);
  }

  #inWindows(
    node: GraphNode,
    rule: WindowRule<object>,
    inputs: readonly SplitValue[],
    outputs: readonly GraphValue[],
  ): void {
    const about = this.#about(node, outputs[0] as GraphValue);
    switch (rule.kind) {
      case "space": {
        const space = rule.space(inputs, outputs, node.attributes);
        const made = outputs.map((value) => ({ ...value, cuts: null }));
        const cuts = chooseCuts(node.op, space, inputs, made, this.#profile);
        const computed = computeInWindows(this.#emitter, this.#reads, { node, space, cuts, inputs, outputs });
        for (const [index, value] of outputs.entries()) {
          this.#split[value.id] = computed[index] as SplitValue;
        }
        return;
      }
      case "moves":
        this.#pieceByPiece(outputs[0] as GraphValue, this.#ownCuts(outputs[0] as GraphValue, node), (box) => {
          const parts = rule.parts(inputs, node.attributes, box).map(({ input, from, to }) => ({
            box: to,
            make: () => this.#reads.read(inputs[input] as SplitValue, from, about),
          }));
          return assemble(this.#emitter, box, parts, this.#aboutBox(about, outputs[0] as GraphValue, box));
        });
        return;
      case "elements": {
        const ids = inputs.flatMap(({ pieces }) => pieces.map(({ id }) => id));
        const made = this.#emitter.copyNode(node, ids, outputs);
        for (const [index, value] of outputs.entries()) {
          if (isTooLarge(value, this.#profile)) {
            throw new CannotSplitError(node.op, value, "the op makes it at once.", this.#profile);
          }
          this.#split[value.id] = wholeValue(value, made[index] as ValueId);
        }
        return;
      }
    }
  }

  #view(node: GraphNode, input: SplitValue, output: GraphValue): void {
    const about = this.#about(node, output);
    const carried = carriedCuts(input.shape, input.cuts, output.shape);
    this.#pieceByPiece(output, carried ?? this.#ownCuts(output, node), (box) => {
      const own = this.#aboutBox(about, output, box);
      const read = (source: Box): ValueId => this.#reads.read(input, source, about);
      return readView(this.#emitter, input.shape, output.shape, box, read, own);
    });
  }

  #state({ name, input, output }: StatePair): readonly StatePair[] {
    const next = this.#value(output);
    const about: Provenance = { name, ...AT_THE_END, gradientOf: next.gradientOf };
    return this.#value(input).pieces.map(
      ({ box, id }): StatePair => ({
        name: this.#emitter.spec(id).name,
        input: id,
        output: this.#reads.read(next, box, about),
      }),
    );
  }

  #output({ name, value }: NamedValue): readonly NamedValue[] {
    const read = this.#value(value);
    const about: Provenance = { name, ...AT_THE_END, gradientOf: read.gradientOf };
    return tensorWindows(name, read, this.#profile).map((window) => ({
      name: window.name,
      value: this.#reads.read(read, window.box, about),
    }));
  }

  #pieceByPiece(value: GraphValue, cuts: readonly Cuts[], make: (box: Box) => ValueId): void {
    this.#split[value.id] = splitValue(value, cuts, gridBoxes(cuts).map(make));
  }

  #ownCuts(value: GraphValue, { op }: GraphNode): readonly Cuts[] {
    return isTooLarge(value, this.#profile) ? tensorCuts(value, this.#profile, op) : uncut(value);
  }

  #readWhole(value: SplitValue, about: Provenance): ValueId {
    return this.#reads.readWhole(value, about);
  }

  #value(id: ValueId): SplitValue {
    return this.#split[id] as SplitValue;
  }

  #about(
    { phase, scope, layer }: GraphNode,
    { name, gradientOf }: TensorSpec & Pick<GraphValue, "name" | "gradientOf">,
  ): Provenance {
    return { name, phase, scope, layer, gradientOf };
  }

  #aboutBox(about: Provenance, { name, shape }: GraphValue, box: Box): Provenance {
    return { ...about, name: `${name}${formatBox(box, shape)}` };
  }
}
