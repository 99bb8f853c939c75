import type { GraphNode, GraphValue, ValueId } from "@peftbench/runtime";
import { graphNode, graphValue } from "@peftbench/runtime";
import type { GraphFacts } from "./graphFacts.ts";

/** What a tensor is called in `methods.md`: `x`, `h`, `u`; null for what has no such name. */
export interface TensorName {
  readonly text: string;
  readonly symbol: string | null;
  /** How it is made of a module's input `x` and parameters; the text where it is not made in a module. */
  readonly formula: string;
}

/** Names of the values of one layer, found from what made them and who reads them. */
export interface LayerNames {
  /** Linear modules of the layer, below its name, in the order of the forward pass. */
  readonly modules: readonly string[];
  readonly nameOf: (original: ValueId) => TensorName;
  /** The part of a scope below the layer; null outside. */
  readonly local: (scope: string) => string | null;
}

export function layerNames(facts: GraphFacts, layer: string): LayerNames {
  const { graph, originalOf } = facts;
  const local = (scope: string): string | null => {
    if (scope === layer) return "";
    return scope.startsWith(`${layer}.`) ? scope.slice(layer.length + 1) : null;
  };
  const makerOf = (id: ValueId): GraphNode | null => {
    const { source } = graphValue(graph, id);
    return source.kind === "node" ? graphNode(graph, source.node) : null;
  };
  const isParameter = ({ source }: GraphValue): boolean => source.kind === "parameter";
  const forward = graph.nodes.filter(({ phase }) => phase === "forward");

  const inputOf = new Map<string, ValueId>();
  for (const { op, scope, inputs } of forward) {
    const [x, weight] = inputs;
    if (op !== "matmul" || x === undefined || weight === undefined) continue;
    const module = local(scope);
    if (module !== null && graphValue(graph, weight).name === `${scope}.weight`)
      inputOf.set(module, originalOf(x));
  }
  const modules = [...inputOf.keys()];
  const modulesReading = (id: ValueId): readonly string[] =>
    modules.filter((module) => inputOf.get(module) === id);

  /** The arithmetic that made a value inside a module, down to its input and parameters. */
  const formula = (id: ValueId, module: string): string => {
    const owner = originalOf(id);
    if (owner === inputOf.get(module)) return "x";
    const value = graphValue(graph, owner);
    if (isParameter(value))
      return value.name.replace(`${layer}.${module}.`, "").replace(/\.(weight|default)$/, "");
    const maker = makerOf(owner);
    if (maker === null || local(maker.scope) !== module) return value.name;
    const [a = "", b = ""] = maker.inputs.map((input) => formula(input, module));
    switch (maker.op) {
      case "matmul":
        return `${a} ${b.includes(" ") ? `(${b})` : b}${isTransposed(maker) ? "ᵀ" : ""}`;
      case "mul":
        return `${a} ∘ ${b}`;
      case "dropout":
        return `drop(${a})`;
      case "slice":
        return `part of ${a}`;
      default:
        return `${maker.op}(${[a, b].filter((part) => part !== "").join(", ")})`;
    }
  };

  /** Steps from a module's input to a value; -1 where it does not depend on it. Dropout is the input itself. */
  const stepsFromInput = (id: ValueId, module: string): number => {
    const owner = originalOf(id);
    if (owner === inputOf.get(module)) return 0;
    const maker = makerOf(owner);
    if (maker === null || local(maker.scope) !== module) return -1;
    const before = Math.max(-1, ...maker.inputs.map((input) => stepsFromInput(input, module)));
    return before < 0 ? -1 : before + (maker.op === "dropout" ? 0 : 1);
  };

  const nameOf = (original: ValueId): TensorName => {
    const reading = modulesReading(original);
    if (reading.length > 0) return { text: `x of ${reading.join(", ")}`, symbol: "x", formula: "x" };
    const value = graphValue(graph, original);
    const maker = makerOf(original);
    if (maker === null) return unnamed(value.name);
    const module = local(maker.scope);
    if (module !== null && inputOf.has(module)) return nameInModule(original, maker, module);
    return unnamed(nameInLayer(original, maker));
  };

  const nameInModule = (original: ValueId, maker: GraphNode, module: string): TensorName => {
    const isResult = forward.some(
      ({ scope, inputs }) =>
        local(scope) !== module && inputs.some((input) => originalOf(input) === original),
    );
    if (isResult) return unnamed(`result of ${module}`);
    const written = formula(original, module);
    if (!facts.dependsOnBatch(original)) return { ...unnamed(`${written} of ${module}`), formula: written };
    const steps = stepsFromInput(original, module);
    if (steps === 0) return { text: `${written} of ${module}`, symbol: "x", formula: written };
    const symbol =
      steps === 1 && maker.op === "matmul" ? "h" : steps === 2 && maker.op === "matmul" ? "u" : written;
    return { text: `${symbol} of ${module}`, symbol, formula: written };
  };

  const nameInLayer = (original: ValueId, maker: GraphNode): string => {
    const norm = (node: GraphNode): string =>
      `layer norm ${layerNormName(facts, node).replace(`${layer}.`, "")}`;
    if (maker.op === "layerNorm") {
      const output = maker.outputs.indexOf(original);
      return `${["result", "mean", "1 / deviation"][output] ?? "result"} of ${norm(maker)}`;
    }
    const reader = forward.find(
      ({ op, inputs }) => op === "layerNorm" && inputs[0] !== undefined && originalOf(inputs[0]) === original,
    );
    if (reader !== undefined) return `input of ${norm(reader)}`;
    const [first] = maker.inputs;
    switch (maker.op) {
      case "attention":
        return `${original === maker.outputs[0] ? "result" : "row statistics"} of attention`;
      case "transpose":
      case "dropout":
        return `${maker.op} of ${first === undefined ? "?" : nameOf(originalOf(first)).text}`;
      case "matmul":
        return isTransposed(maker) ? "attention scores" : "attention context";
      default:
        return `result of ${maker.op}`;
    }
  };
  return { modules, nameOf, local };
}

function isTransposed({ attributes }: GraphNode): boolean {
  return "transposeB" in attributes && attributes.transposeB === true;
}

function unnamed(text: string): TensorName {
  return { text, symbol: null, formula: text };
}

/** The name of a layer norm, by its weight: for the op and for its gradient, which read it at the same place. */
export function layerNormName({ graph }: GraphFacts, { inputs }: GraphNode): string {
  const [, gamma] = inputs;
  return gamma === undefined ? "" : graphValue(graph, gamma).name.replace(/\.weight$/, "");
}
