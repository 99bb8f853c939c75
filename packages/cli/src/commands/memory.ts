import { abortOnSignals, createPlanCache, loadSuite, openCaches, readSourceState } from "@peftbench/harness";
import { MethodError } from "@peftbench/peft";
import { savePolicies } from "@peftbench/runtime";
import type { Command } from "../command.ts";
import { createAdapterSearch } from "../glue/device.ts";
import { suiteFile } from "../glue/sources.ts";
import { readConfiguredModel } from "../memory/configuredModel.ts";
import { documentOf, formatCases } from "../memory/describe.ts";
import { explain, formatExplanation } from "../memory/explain.ts";
import { refusal } from "../memory/limit.ts";
import type { Measurement } from "../memory/measure.ts";
import { createMeasurer, formatMeasurement, isSound } from "../memory/measure.ts";
import { memoryOptions } from "../memory/options.ts";
import type { PlannedCase } from "../memory/plannedCase.ts";
import { lowerPeaksOf, planCase } from "../memory/plannedCase.ts";
import { chosenMethods, lengthsOf, settingsOf } from "../memory/settings.ts";
import { listOf, positiveNumber } from "../options/values.ts";

/** `pnpm bench memory`: plans the memory of training without weights, data or a device. */
export const memory: Command = {
  name: "memory",
  description: "Plans the memory of a training step, by role, from a model's config.json alone",
  example: [
    {
      line: "pnpm bench memory --model models/configs/deberta-v3-base.json --methods lora,lamda --save-policy eager --explain",
      does: "Where the peak of two methods comes from, and what would lower it.",
    },
    {
      line: "pnpm bench memory --model models/configs/llama-2-7b.json --task language-model --batch 16 --seq 512 --limit 24576",
      does: "Which methods and save policies fit into 24 GiB.",
    },
    {
      line: "pnpm bench memory --model models/nano-encoder --methods lora,lamda --batch 4 --seq 32 --measure",
      does: "The plan beside what a ledger saw of real steps on WebGPU.",
    },
  ],
  options: memoryOptions,
  run: async (options, context) => {
    const model = await readConfiguredModel(options);
    const suite = await loadSuite(suiteFile(context.projectFolder, "glue"));
    const plans = createPlanCache(
      openCaches(context.environment).plans,
      await readSourceState(context.projectFolder),
    );
    const given = options.text("save-policy");
    const names = given === undefined ? savePolicies : listOf("--save-policy", given, savePolicies);
    const policies = savePolicies.filter((policy) => names.includes(policy));
    const leftOut: { readonly method: string; readonly reason: string }[] = [];
    const cases = chosenMethods(options).flatMap((method) => {
      try {
        return policies.map((policy) => {
          const settings = settingsOf(method, policy, suite, options);
          return planCase(model.shape, method, { settings, lengths: lengthsOf(settings, options) }, plans);
        });
      } catch (error) {
        // It needs weights, or the model has nothing that it trains: the others are planned all the same.
        if (!(error instanceof MethodError)) throw error;
        context.say(`${method.id}: left out: ${error.message}`);
        leftOut.push({ method: method.id, reason: error.message });
        return [];
      }
    });
    const limit = options.text("limit");
    const limitBytes = limit === undefined ? null : positiveNumber("--limit", limit, "24576") * 2 ** 20;
    const isTooLarge = (each: PlannedCase): boolean =>
      limitBytes !== null && each.memory.peakReservedBytes > limitBytes;
    const explained = cases.filter((each) => options.flag("explain") || isTooLarge(each));
    const explanations = new Map(
      explained.map((each) => [each, explain(each, lowerPeaksOf(model.shape, each, plans))]),
    );
    const measurements = new Map<PlannedCase, Measurement>();
    if (options.flag("measure")) {
      const measure = await createMeasurer(context, createAdapterSearch(), abortOnSignals());
      for (const each of cases.filter((one) => !isTooLarge(one)))
        measurements.set(each, await measure(model, each));
    }
    const refusals = cases
      .filter(isTooLarge)
      .map((each) => refusal(each, explanations.get(each)?.changes ?? [], limitBytes ?? 0));
    const isMeasured = [...measurements].every(([each, measurement]) => isSound(each, measurement));
    // Whoever named a method expects it.
    const isMissed = leftOut.length > 0 && options.text("methods") !== undefined;
    return {
      exitCode: refusals.length === 0 && isMeasured && !isMissed ? 0 : 1,
      document: {
        model: model.name,
        limitBytes,
        rows: cases.map((each) => ({
          ...documentOf(each, explanations.get(each), measurements.get(each)),
          ...(limitBytes === null ? {} : { refused: isTooLarge(each) }),
        })),
        leftOut,
      },
      text: [
        titleOf(model.name, cases),
        formatCases(cases),
        ...(options.flag("explain")
          ? [...explanations].map(([each, explanation]) => formatExplanation(each, explanation))
          : []),
        ...[...measurements].map(([each, measurement]) => formatMeasurement(each, measurement)),
        ...refusals,
      ].join("\n\n"),
    };
  },
};

function titleOf(name: string, [first]: readonly PlannedCase[]): string {
  const at = first?.memory.peakAt;
  const target = first?.lengths.targetLength;
  const to = target === undefined ? "" : ` to ${target}`;
  const batch = at === null || at === undefined ? "" : `, batch ${at.batchRows} x ${at.length}${to} tokens`;
  return `Planned memory of one training step of ${name}${batch}, in MiB`;
}
