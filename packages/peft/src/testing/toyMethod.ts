import { z } from "zod";
import type {
  AdapterParameter,
  LinearModule,
  LinearSite,
  MethodAttachment,
  MethodStage,
  ModelDescription,
  PeftMethod,
  UpdateContext,
} from "../index.ts";
import { adapterValues, defineMethod, selectTargets } from "../index.ts";

/** One thing that a method can get wrong. */
export type Fault =
  | "starts away from the model"
  | "merges at another scale"
  | "mirrors a tensor on its way to PEFT"
  | "counts one too many"
  | "declares what it does not update"
  | "takes unknown options"
  | "takes rank zero"
  | "hides a part from its gradient"
  | "cannot learn"
  | "moves a frozen tensor"
  | "moves a masked column"
  | "counts calls outside the store"
  | "looks across rows"
  | "drops out in evaluation";

const TARGETS = ["query", "output.dense"];
const STATISTIC = "toy.meanSquare";
/** Step input: how many columns of U are frozen. */
const FROZEN_COLUMNS = "toy.frozenColumns";

/**
 * A method made up to use most of the interface, right but for one `fault`: `y = base + g * (x Dᵀ Uᵀ)`, with one
 * scale g that all sites share, and per site D and U. After half of the steps D is frozen; the columns of U are frozen
 * one by one. A regularizer that fades out pulls on g; a statistic follows the square of g.
 */
export function toyMethod(fault: Fault | null): PeftMethod {
  const fields = { rank: z.int().min(fault === "takes rank zero" ? 0 : 1) };
  return defineMethod<{ readonly rank: number }>({
    id: "toy",
    title: "Toy",
    source: "none",
    configSchema: fault === "takes unknown options" ? z.looseObject(fields) : z.strictObject(fields),
    attach: (model, { rank }, { totalSteps }) => attachToy(model, rank, totalSteps, fault),
  });
}

interface Site {
  readonly down: AdapterParameter;
  readonly up: AdapterParameter;
}

function attachToy(
  model: ModelDescription,
  rank: number,
  totalSteps: number,
  fault: Fault | null,
): MethodAttachment {
  const sites = new Map(
    selectTargets(model.modules, TARGETS).map((module) => [module.name, siteOf(module, rank, fault)]),
  );
  const factors = [...sites.values()];
  const gain: AdapterParameter = {
    name: "toy.gain",
    shape: [],
    trainable: true,
    initialize: () => Float32Array.of(fault === "cannot learn" ? 1e-9 : 0.5),
    ...(fault === "cannot learn" ? { learningRateScale: 1e-9 } : {}),
  };
  const statistic: AdapterParameter = {
    name: STATISTIC,
    shape: [],
    trainable: false,
    ...(fault === "moves a frozen tensor" ? {} : { changedByMethod: true }),
    initialize: () => new Float32Array(1),
  };
  const unused: AdapterParameter = { ...statistic, name: "toy.unused", changedByMethod: true };
  let calls = 0;
  const stage = (name: string, fromStep: number, trainsDown: boolean): MethodStage => ({
    name,
    fromStep,
    parameters: [
      gain,
      statistic,
      ...factors.flatMap(({ down, up }) => [{ ...down, trainable: trainsDown }, up]),
      ...(fault === "declares what it does not update" ? [unused] : []),
    ],
    trainsBase: () => false,
    linear: (site) => {
      const found = sites.get(site.module.name);
      return found === undefined ? null : adapted(site, found, gain.name, fault);
    },
    regularizer: ({ parameter, stepInput }) => parameter(gain.name).square().mul(stepInput("toy.pull")),
    stepInputs: [
      { name: FROZEN_COLUMNS, valueAt: (step) => Math.min(step, rank - 1) },
      {
        name: "toy.pull",
        valueAt: (step) => {
          calls += 1;
          return 0.1 / (1 + (fault === "counts calls outside the store" ? calls : step));
        },
      },
    ],
    afterUpdate: (context) => {
      followGain(context, gain.name);
      if (fault !== "moves a masked column") return;
      for (const { up } of factors) context.store(up.name, context.updated(up.name).mul(0.99));
    },
  });
  const middle = Math.floor(totalSteps / 2);
  const count = (parameters: readonly AdapterParameter[]): number =>
    parameters.reduce((total, { shape }) => total + shape.reduce((product, size) => product * size, 1), 0);
  const upCount = 1 + count(factors.map(({ up }) => up));
  const downCount = count(factors.map(({ down }) => down));
  const kept = [gain, statistic, ...factors.flatMap(({ down, up }) => [down, up])];
  return {
    stages: [stage("both", 0, true), stage("up alone", middle, false)],
    trainableAt: (step) =>
      upCount + (step < middle ? downCount : 0) + (fault === "counts one too many" ? 1 : 0),
    mergedWeight: (module, weight, value) => {
      const found = sites.get(module.name);
      if (found === undefined) return null;
      const [down, up] = [value(found.down.name), value(found.up.name)];
      const scale = (value(gain.name)[0] as number) * (fault === "merges at another scale" ? 1.5 : 1);
      return weight.map((element, index) => {
        const [row, column] = [Math.floor(index / module.inFeatures), index % module.inFeatures];
        let sum = 0;
        for (let k = 0; k < rank; k++) {
          sum += (up[row * rank + k] as number) * (down[k * module.inFeatures + column] as number);
        }
        return element + scale * sum;
      });
    },
    toPeft: (value) => ({
      config: { peft_type: "TOY", r: rank },
      tensors: new Map(
        kept.map(({ name, shape }) => {
          const mirrored = fault === "mirrors a tensor on its way to PEFT" && name.endsWith(".up");
          const values = mirrored ? value(name).toReversed() : value(name);
          return [name, { shape, values }];
        }),
      ),
    }),
    fromPeft: (adapter) => adapterValues(adapter, kept),
  };
}

function siteOf({ name, inFeatures, outFeatures }: LinearModule, rank: number, fault: Fault | null): Site {
  const upStart = fault === "starts away from the model" ? 0.01 : 0;
  return {
    down: {
      name: `${name}.down`,
      shape: [rank, inFeatures],
      trainable: true,
      initialize: ({ random }) =>
        Float32Array.from({ length: rank * inFeatures }, () => 0.5 * random.normal()),
    },
    up: {
      name: `${name}.up`,
      shape: [outFeatures, rank],
      trainable: true,
      updateMask: ({ graph, stepInput }) =>
        graph
          .constant(
            [rank],
            "f32",
            Float32Array.from({ length: rank }, (_, column) => column + 0.5),
          )
          .greater(stepInput(FROZEN_COLUMNS)),
      initialize: () => new Float32Array(outFeatures * rank).fill(upStart),
    },
  };
}

function adapted(site: LinearSite, { down, up }: Site, gain: string, fault: Fault | null) {
  const [d, u, g] = [site.parameter(down.name), site.parameter(up.name), site.parameter(gain)];
  const x =
    fault === "drops out in evaluation"
      ? site.x.dropout(0.5, site.graph.input("noiseKey", [], "u32"))
      : site.x;
  const low = x.matmul(d, { transposeB: true });
  const path = low.matmul(u, { transposeB: true }).mul(g);
  switch (fault) {
    case "hides a part from its gradient":
      // `max` stops gradients.
      return site.base().add(path.mul(u.max().add(1)));
    case "looks across rows":
      return site.base().add(path.mul(low.square().mean().add(1)));
    default:
      return site.base().add(path);
  }
}

function followGain({ parameter, store }: UpdateContext, gain: string): void {
  store(STATISTIC, parameter(STATISTIC).mul(0.9).add(parameter(gain).square().mul(0.1)));
}
