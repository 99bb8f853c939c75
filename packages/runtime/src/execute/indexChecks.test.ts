import { describe, expect, it } from "vitest";
import { InputError } from "../errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import type { HostTensor } from "../graph/spec.ts";
import { createCpuExecutor } from "./cpu/executor.ts";
import { checkIndices, indexChecks } from "./indexChecks.ts";

const ROWS = 3;
const CLASSES = 2;

/** The loss of two rows of a table that are taken by `ids`, by way of a reshape. */
function classify(): Graph {
  const graph = new GraphBuilder();
  const table = graph.parameter("table", [ROWS, CLASSES], { role: "head", trainable: false });
  const ids = graph.input("ids", [2, 1], "i32").reshape([2]);
  graph.output(
    "loss",
    table
      .rows(ids)
      .crossEntropy(graph.input("labels", [2], "i32"))
      .mean(),
  );
  return graph.finish();
}

const ids = Int32Array.of(0, ROWS - 1);
const labels = Int32Array.of(CLASSES - 1, 0);

describe("the checks of a graph's indices", () => {
  it("let every index of a table pass, and name an input and its bound once for each use", () => {
    const checks = indexChecks(classify());
    expect(checks).toEqual([
      { inputName: "ids", bound: ROWS },
      { inputName: "labels", bound: CLASSES },
    ]);
    checkIndices(checks, { ids, labels });
  });

  it.each([-1, ROWS, -(2 ** 31), 2 ** 31 - 1])("refuse %i by the name of its input", (index) => {
    const run = (): void => checkIndices(indexChecks(classify()), { ids: Int32Array.of(0, index), labels });
    expect(run).toThrow(InputError);
    expect(run).toThrow(`The index ${index} in ids lies outside the table of ${ROWS} rows.`);
  });

  it("refuse a constant before anything runs", () => {
    const graph = new GraphBuilder();
    const table = graph.parameter("table", [ROWS, 1], { role: "head", trainable: false });
    graph.output("row", table.rows(graph.constant([1], "i32", Int32Array.of(ROWS))));
    expect(() => indexChecks(graph.finish())).toThrow(`The index ${ROWS} in `);
  });
});

describe("a program on the CPU executor", () => {
  it.each([
    { ids, labels: Int32Array.of(0, -1) },
    { ids, labels: Int32Array.of(CLASSES, 0) },
    { ids: Int32Array.of(-1, 0), labels },
    { ids: Int32Array.of(0, ROWS), labels },
  ])("refuses an index outside its table, as on WebGPU: %o", async (inputs) => {
    const executor = createCpuExecutor({ threads: 1 });
    const values: HostTensor = { shape: [ROWS, CLASSES], dtype: "f32", data: new Float32Array(6) };
    const store = await executor.createStore(new Map([["table", values]]));
    const program = await executor.compile(classify(), store);
    await expect(program.run(inputs)).rejects.toBeInstanceOf(InputError);
    expect((await program.run({ ids, labels })).loss?.data[0]).toBeCloseTo(Math.log(CLASSES), 6);
    await program.dispose();
  });
});
