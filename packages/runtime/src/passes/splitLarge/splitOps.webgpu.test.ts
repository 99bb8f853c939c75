import { afterAll, describe, expect, it } from "vitest";
import { openWebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor } from "../../execute/webgpu/executor.ts";
import { elementCount } from "../../graph/spec.ts";
import { opNames } from "../../ops/registry.ts";
import type { OpCase } from "../../testing/cases/case.ts";
import { opCases } from "../../testing/cases/index.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { caseGraph, caseInputs } from "../../testing/gradientGraph.ts";
import { f32Tolerances, runOnce } from "../../testing/opChecks.ts";
import { interpretGraph } from "../../testing/referenceInterpreter.ts";
import { CannotSplitError } from "./errors.ts";
import { splitLargeTensors } from "./splitLargeTensors.ts";

const opened = await openWebgpuDevice({ adapter: "any" });

afterAll(() => opened.dispose());

function largestElements({ inputs }: OpCase): number {
  return Math.max(...inputs.map(({ shape }) => elementCount(shape)));
}

/** The device as if its bindings showed half of the case's largest input, or null where the op does not split so far. */
function deviceForHalf(opCase: OpCase) {
  const maxBindingBytes = 4 * Math.ceil(largestElements(opCase) / 2);
  const device = { ...opened, profile: { ...opened.profile, maxBindingBytes } };
  const graph = caseGraph(opCase);
  try {
    return splitLargeTensors(graph, device.profile) === graph ? null : device;
  } catch (error) {
    if (error instanceof CannotSplitError) return null;
    throw error;
  }
}

/** What splits at all in how it is given to the pass: all ops but those that later passes make. */
const split = opNames().flatMap((op) => {
  const largestFirst = opCases
    .filter((opCase) => opCase.op === op)
    .toSorted((a, b) => largestElements(b) - largestElements(a));
  // Two each: what is most awkward differs from op to op.
  return largestFirst.filter((opCase) => deviceForHalf(opCase) !== null).slice(0, 2);
});

describe("the kernels of ops in windows", () => {
  it.each(split.map((opCase) => ({ op: opCase.op, label: opCase.name, opCase })))(
    "compute what float64 computes: $op $label",
    async ({ op, opCase }) => {
      const device = deviceForHalf(opCase);
      if (device === null) throw new RangeError("The case was split before.");
      const graph = caseGraph(opCase);
      const actual = await runOnce(createWebgpuExecutor({ device }), graph, caseInputs(opCase));
      const expected = interpretGraph(graph, caseInputs(opCase)).outputs;
      const tolerance = opCase.tolerance ?? f32Tolerances.byOp?.[op] ?? f32Tolerances.default;
      for (const [name, { shape, data }] of expected) {
        if (opCase.comparedOutputs?.some((index) => name === `output${index}`) === false) continue;
        expect(actual[name]?.shape, `shape of ${name}`).toEqual(shape);
        expect(describeMismatch(actual[name]?.data ?? [], data, tolerance), name).toBeNull();
      }
    },
  );
});
