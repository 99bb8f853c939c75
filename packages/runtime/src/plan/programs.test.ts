import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteSize } from "../graph/spec.ts";
import type { Graph, MemoryPlan, ValueId } from "../index.ts";
import { applySavePolicy, deviceProfiles, GraphBuilder, planMemory, planPrograms } from "../index.ts";
import { opNamed } from "../ops/registry.ts";
import { encoderStep, instructions, randomGraph } from "./testGraphs.ts";

const { lavapipe, swiftshader } = deviceProfiles;
const ENCODER = { layers: 2, batch: 2, length: 4, width: 8, heads: 2, rank: 2 } as const;
const short = encoderStep(ENCODER);
const long = encoderStep({ ...ENCODER, length: 12 });
const evaluation = encoderStep({ ...ENCODER, length: 12, train: false });

/** Stands for the numbers of a tensor: ops mix the tags of their inputs, so a wrong read anywhere changes the end. */
type Tag = number;

function mix(...parts: readonly (string | number)[]): Tag {
  let hash = 2166136261;
  for (const character of parts.join("|")) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return hash >>> 0;
}

/** Runs a graph on tags. `read` and `write` decide where the tags are kept. */
function runOnTags(
  graph: Graph,
  step: number,
  memory: { read: (id: ValueId) => Tag; write: (id: ValueId, tag: Tag) => void },
): readonly Tag[] {
  for (const { id, source, name } of graph.values) {
    if (source.kind === "input") memory.write(id, mix(name, step));
    if (source.kind === "constant") memory.write(id, mix(...source.data));
  }
  for (const node of graph.nodes) {
    const tags = node.inputs.map(memory.read);
    if (opNamed(node.op).view === true) memory.write(node.outputs[0] as ValueId, tags[0] as Tag);
    else {
      for (const [index, id] of node.outputs.entries()) memory.write(id, mix(node.op, index, ...tags));
    }
  }
  return graph.outputs.map(({ value }) => memory.read(value));
}

/** Every value in a place of its own: what each step must give. */
function runFreely(graph: Graph, step: number, parameters: Map<string, Tag>): readonly Tag[] {
  const tags = new Map<ValueId, Tag>();
  for (const { id, source, name } of graph.values) {
    if (source.kind === "parameter") tags.set(id, parameters.get(name) ?? mix(name));
  }
  const outputs = runOnTags(graph, step, {
    read: (id) => tags.get(id) as Tag,
    write: (id, tag) => tags.set(id, tag),
  });
  for (const { name, output } of graph.states) parameters.set(name, tags.get(output) as Tag);
  return outputs;
}

/** Real bytes in the places of the plan; every word of a tensor holds its tag. */
class PlannedMemory {
  readonly #arena: Uint32Array;
  readonly #parameters = new Map<string, Uint32Array>();

  constructor(arenaBytes: number) {
    this.#arena = new Uint32Array(arenaBytes / 4);
  }

  run(graph: Graph, plan: MemoryPlan, step: number): readonly Tag[] {
    this.#arena.fill(0xdeadbeef);
    const constants = new Map<ValueId, Uint32Array>();
    const wordsOf = (id: ValueId): Uint32Array => {
      const { place } = plan.tensors[id] as MemoryPlan["tensors"][number];
      const value = graph.values[id] as Graph["values"][number];
      const count = byteSize(value) / 4;
      if (place.kind === "shared") return wordsOf(place.with);
      if (place.kind === "arena") return this.#arena.subarray(place.offset / 4, place.offset / 4 + count);
      const [store, key, tag] =
        value.source.kind === "parameter"
          ? ([this.#parameters as Map<string | number, Uint32Array>, value.name, mix(value.name)] as const)
          : ([constants as Map<string | number, Uint32Array>, id, 0] as const);
      const words = store.get(key) ?? new Uint32Array(count).fill(tag);
      store.set(key, words);
      return words;
    };
    const read = (id: ValueId): Tag => {
      const [first = 0, ...rest] = wordsOf(id);
      return rest.every((word) => word === first) ? first : mix("torn", ...rest);
    };
    const write = (id: ValueId, tag: Tag): void => {
      wordsOf(id).fill(tag);
    };
    const outputs = runOnTags(graph, step, { read, write });
    for (const { input, output } of graph.states) write(input, read(output));
    return outputs;
  }
}

describe("several programs over one arena and one set of parameters", () => {
  it("compute in the places of the plan what they compute with all the memory there is, across changes of bucket", () => {
    const graphs = [short, long, evaluation, applySavePolicy(long, "recompute")];
    for (const profile of [lavapipe, swiftshader]) {
      const { programs, arenaBytes } = planPrograms(graphs, profile);
      const memory = new PlannedMemory(arenaBytes);
      const parameters = new Map<string, Tag>();
      [1, 0, 2, 1, 1, 3, 2, 0, 3, 1].forEach((index, step) => {
        const graph = graphs[index] as Graph;
        const found = memory.run(graph, programs[index] as MemoryPlan, step);
        expect(found).toEqual(runFreely(graph, step, parameters));
      });
    }
  });

  it("compute the same for any graph, step after step", () => {
    fc.assert(
      fc.property(instructions(14), fc.boolean(), (program, train) => {
        const graph = randomGraph(program, train);
        const plan = planMemory(graph, lavapipe);
        const memory = new PlannedMemory(plan.arenaBytes);
        const parameters = new Map<string, Tag>();
        for (let step = 0; step < 3; step++) {
          expect(memory.run(graph, plan, step)).toEqual(runFreely(graph, step, parameters));
        }
      }),
    );
  });

  it("count each parameter once and take the largest arena", () => {
    const [a, b, c] = [short, long, evaluation].map((graph) => planMemory(graph, swiftshader)) as [
      MemoryPlan,
      MemoryPlan,
      MemoryPlan,
    ];
    const all = planPrograms([short, long, evaluation], swiftshader);
    expect(all.arenaBytes).toBe(b.arenaBytes);
    expect(all.arenaBytes).toBeGreaterThan(a.arenaBytes);
    expect(all.largestFirst[0]).toBe(1);
    expect(all.peakProgram).toBe(1);
    const constants = (plan: MemoryPlan): number => plan.persistentBytesByRole.workspace;
    expect(all.persistentBytesByRole).toEqual({
      ...b.persistentBytesByRole,
      workspace: constants(a) + constants(b) + constants(c),
    });
    expect(all.peakLiveBytes).toBe(b.peakLiveBytes + constants(a) + constants(c));
    expect(Object.values(all.byRoleAtPeak).reduce((x, y) => x + y)).toBe(all.peakLiveBytes);
    expect(planPrograms([short], swiftshader)).toMatchObject({
      peakLiveBytes: a.peakLiveBytes,
      peakReservedBytes: a.peakReservedBytes,
      byRoleAtPeak: a.byRoleAtPeak,
    });
  });

  it("count the optimizer state of training in the peak of an evaluation too", () => {
    const alone = planPrograms([evaluation], swiftshader);
    const huge = encoderStep({ ...ENCODER, length: 64, train: false });
    const all = planPrograms([short, huge], swiftshader);
    expect(alone.byRoleAtPeak.optimizerState).toBe(0);
    expect(all.peakProgram).toBe(1);
    expect(all.byRoleAtPeak.optimizerState).toBe(
      planMemory(short, swiftshader).persistentBytesByRole.optimizerState,
    );
  });

  it("refuse a parameter that two graphs declare differently", () => {
    const graphOf = (width: number): Graph => {
      const graph = new GraphBuilder();
      graph.output("y", graph.parameter("w", [width], { role: "head", trainable: true }).sum());
      return graph.finish();
    };
    expect(() => planPrograms([graphOf(3), graphOf(4)], lavapipe)).toThrow(
      "The parameter w is head f32[3] in one graph and head f32[4] in another.",
    );
    expect(() => planPrograms([], lavapipe)).toThrow("no graph");
  });
});
