import { elementCount, graphValue } from "@peftbench/runtime";
import { attachMethod, buildTrainingGraph, countParameters, trainableTensors } from "../index.ts";
import { spectraOf } from "../spectra/spectra.ts";
import type { Check, CountCase } from "./check.ts";
import { assertThat } from "./check.ts";
import { randomWeights, smallBert } from "./models.ts";
import { ADAMW, batch, SEED } from "./subject.ts";

/** What a method says of itself, without a model's weights. */
export const declarationChecks: readonly Check[] = [
  {
    name: "counts its parameters by the closed formula",
    usesExecutor: false,
    run: async ({ method, options }) => {
      for (const expected of options.counts) {
        const attachment = attachMethod(method, expected.model, expected.config, expected);
        const counts = countParameters(expected.model, attachment, expected.totalSteps);
        const { initial, average, final } = expectedTrainable(expected);
        for (const [what, found, formula] of [
          ["parameters at first", counts.trainableInitial, initial],
          ["parameters on average", counts.trainableAverage, average],
          ["parameters at last", counts.trainableFinal, final],
          ["parameters with the head", counts.head, expected.head],
        ] as const) {
          const message = `${expected.name}: it trains ${found} ${what}, ${formula} by the formula.`;
          assertThat(Math.abs(found - formula) <= 1e-9 * Math.abs(formula), message);
        }
      }
    },
  },
  {
    name: "updates in its training graphs just what it declares to train",
    usesExecutor: false,
    run: async ({ method, options }) => {
      const { totalSteps } = options;
      const spectra = spectraOf(randomWeights(smallBert, SEED));
      const attachment = attachMethod(method, smallBert, options.config, { totalSteps, spectra });
      for (const stage of attachment.stages) {
        const graph = buildTrainingGraph(smallBert, stage, {
          batch,
          optimizer: ADAMW,
          decayBiasesAndNorms: true,
          headLearningRateScale: 1,
          kind: "step",
          dropout: 0,
        });
        const updated = graph.states
          .map(({ input }) => graphValue(graph, input))
          .filter(({ source }) => source.kind === "parameter" && source.role !== "optimizerState");
        const declared = [
          ...trainableTensors(smallBert, stage),
          ...stage.parameters.filter(({ changedByMethod }) => changedByMethod === true),
        ];
        const describe = (tensors: readonly { readonly name: string; readonly shape: readonly number[] }[]) =>
          tensors.map(({ name, shape }) => `${name} of ${elementCount(shape)}`).sort();
        const [found, expected] = [describe(updated), describe(declared)];
        assertThat(
          found.join() === expected.join(),
          `Stage ${stage.name} updates ${found.join(", ")}; it declares ${expected.join(", ")}.`,
        );
      }
    },
  },
  {
    name: "refuses an option that it does not know, by name",
    usesExecutor: false,
    run: async ({ method, options }) => {
      const config = { ...options.config, noSuchOption: 1 };
      assertRefused("an unknown option", /noSuchOption/, () =>
        attachMethod(method, smallBert, config, { totalSteps: options.totalSteps }),
      );
    },
  },
  {
    name: "refuses configurations that cannot work, by name",
    usesExecutor: false,
    run: async ({ method, options }) => {
      for (const { name, config, message } of options.invalidConfigs) {
        assertRefused(name, message, () =>
          attachMethod(method, smallBert, config, { totalSteps: options.totalSteps }),
        );
      }
    },
  },
];

function expectedTrainable({ trainable }: CountCase) {
  return typeof trainable === "number"
    ? { initial: trainable, average: trainable, final: trainable }
    : trainable;
}

function assertRefused(what: string, message: RegExp, attach: () => unknown): void {
  let refusal: string | null = null;
  try {
    attach();
  } catch (error) {
    refusal = (error as Error).message;
  }
  assertThat(refusal !== null, `${what} is taken without complaint.`);
  assertThat(message.test(refusal ?? ""), `${what} is refused, but the message does not name it: ${refusal}`);
}
