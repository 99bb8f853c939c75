import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { MemorySettings, Suite } from "@peftbench/harness";
import { loadSuite, memoryRoles, trainingFor } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import type { HeadSpec } from "@peftbench/models";
import { architectureOf, attentionKinds } from "@peftbench/models";
import type { ModelShape, PeftMethod } from "@peftbench/peft";
import { MethodError } from "@peftbench/peft";
import type { SavePolicy } from "@peftbench/runtime";
import { savePolicies, weightStorages } from "@peftbench/runtime";
import type { Command } from "../command.ts";
import { methodConfig } from "../glue/methods.ts";
import { suiteFile } from "../glue/sources.ts";
import type { Explanation } from "../memory/explain.ts";
import { explain, formatExplanation, formatMebibytes } from "../memory/explain.ts";
import { refusal } from "../memory/limit.ts";
import type { PlannedCase } from "../memory/plannedCase.ts";
import { lowerPeaksOf, planCase } from "../memory/plannedCase.ts";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { listOf, oneOf, positiveNumber, wholeNumber } from "../options/values.ts";
import { formatTable } from "../table.ts";

/** What `--task` may be. */
const tasks = ["classification", "language-model"] as const;

/** `pnpm bench memory`: plans the memory of training without weights, data or a device. */
export const memory: Command = {
  name: "memory",
  description: "Plans the memory of a training step, by role, from a model's config.json alone",
  example:
    "pnpm bench memory --model models/configs/deberta-v3-base.json --methods lora,lamda --save-policy eager --explain",
  options: {
    model: { type: "string", valueHint: "folder|config.json", description: "Model; no weights are needed" },
    methods: { type: "string", valueHint: "a,b", description: "Methods; all where absent" },
    "batch-size": {
      type: "string",
      valueHint: "N",
      description: "Examples in a step; the suite's where absent",
    },
    length: { type: "string", valueHint: "N", description: "Tokens in an example; the suite's where absent" },
    task: {
      type: "string",
      valueHint: tasks.join("|"),
      description:
        "What the model predicts: classes of a text, where absent, or the next token at every place",
    },
    labels: { type: "string", valueHint: "N", description: "Classes of the head; 2 where absent" },
    rank: {
      type: "string",
      valueHint: "N",
      description: "Rank, of methods that have one; the suite's where absent",
    },
    "save-policy": {
      type: "string",
      valueHint: savePolicies.join(","),
      description: "Which activations are kept for the backward pass; every policy where absent",
    },
    attention: {
      type: "string",
      valueHint: attentionKinds.join("|"),
      description: "Whether attention scores are kept as tensors, or computed in one op without them",
    },
    "frozen-weights": {
      type: "string",
      valueHint: weightStorages.join("|"),
      description: "How frozen weights are stored",
    },
    explain: {
      type: "boolean",
      description: "The moment of the peak, what is alive then, and what would lower it, each planned",
    },
    limit: {
      type: "string",
      valueHint: "MiB",
      description:
        "Memory that there is: what needs more is refused, with ways out, and the exit status is 1",
    },
  },
  run: async (options, context) => {
    const { name, shape } = await readShape(options);
    const suite = await loadSuite(suiteFile(context.projectFolder, "glue"));
    const given = options.text("save-policy");
    const names = given === undefined ? savePolicies : listOf("--save-policy", given, savePolicies);
    const policies = savePolicies.filter((policy) => names.includes(policy));
    const isExplicit = options.text("methods") !== undefined;
    const cases = chosenMethods(options).flatMap((method) => {
      try {
        return policies.map((policy) => planCase(shape, method, settingsOf(method, policy, suite, options)));
      } catch (error) {
        // A method that needs weights has no plan from a configuration alone.
        if (isExplicit || !(error instanceof MethodError)) throw error;
        context.say(`${method.id}: left out: ${error.message}`);
        return [];
      }
    });
    const limit = options.text("limit");
    const limitBytes = limit === undefined ? null : positiveNumber("--limit", limit) * 2 ** 20;
    const tooLarge = cases.filter(
      ({ planned }) => limitBytes !== null && planned.memory.peakReservedBytes > limitBytes,
    );
    const explained = options.flag("explain") ? cases : tooLarge;
    const explanations = new Map(explained.map((each) => [each, explain(each, lowerPeaksOf(shape, each))]));
    const first = cases[0]?.planned.memory.peakAt;
    const batch =
      first === null || first === undefined ? "" : `, batch ${first.batchRows} x ${first.length} tokens`;
    const title = `Planned memory of one training step of ${name}${batch}, in MiB`;
    const details = options.flag("explain")
      ? [...explanations].map(([each, explanation]) => formatExplanation(each, explanation))
      : [];
    const refusals =
      limitBytes === null
        ? []
        : tooLarge.map((each) => refusal(each, explanations.get(each)?.changes ?? [], limitBytes));
    return {
      exitCode: tooLarge.length === 0 ? 0 : 1,
      document: { model: name, rows: cases.map((each) => documentOf(each, explanations.get(each))) },
      text: [title, formatCases(cases), ...details, ...refusals].join("\n\n"),
    };
  },
};

async function readShape(
  options: GivenOptions,
): Promise<{ readonly name: string; readonly shape: ModelShape }> {
  const given = options.text("model");
  if (given === undefined) {
    throw new UsageError(
      "--model: found none; expected a folder with config.json, or that file. No weights are needed.",
    );
  }
  const file = given.endsWith(".json") ? resolve(given) : join(resolve(given), "config.json");
  const head = headOf(options);
  try {
    const json: unknown = JSON.parse(await readFile(file, "utf8"));
    const architecture = architectureOf(json);
    const config = architecture.parseConfig(json);
    const length = options.text("length");
    const longest = architecture.maxLength(config);
    if (length !== undefined && wholeNumber("--length", length, 1) > longest) {
      throw new UsageError(`--length: found ${length}; the model takes at most ${longest} tokens.`);
    }
    const headNames = architecture.parameters(config, head).filter((parameter) => parameter.role === "head");
    const headParameters = new Set(headNames.map((parameter) => parameter.name));
    return { name: nameOf(file), shape: { architecture, config, head, headParameters } };
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    if ("code" in error && error.code === "ENOENT") {
      throw new UsageError(
        `--model: found no file ${file}; expected a folder with config.json, or that file, as models/configs has some.`,
      );
    }
    const remedy = "remedy" in error ? ` ${error.remedy}` : "";
    throw new UsageError(`--model: ${error.message}${remedy}`, { cause: error });
  }
}

function headOf(options: GivenOptions): HeadSpec {
  const task = oneOf("--task", options.text("task") ?? "classification", tasks);
  const labels = options.text("labels");
  if (task === "classification") {
    return { kind: "classification", labelCount: wholeNumber("--labels", labels ?? "2", 1) };
  }
  if (labels !== undefined) {
    throw new UsageError("--labels: found with --task language-model, which predicts tokens; leave it out.");
  }
  return { kind: "languageModel" };
}

/** A model's folder is named for it; a configuration alone may have the name itself. */
function nameOf(file: string): string {
  return basename(file) === "config.json" ? basename(dirname(file)) : basename(file, ".json");
}

function chosenMethods(options: GivenOptions): readonly PeftMethod[] {
  const ids = methods.map((method) => method.id);
  const text = options.text("methods");
  const chosen = text === undefined ? ids : listOf("--methods", text, ids);
  return chosen.flatMap((id) => methods.filter((method) => method.id === id));
}

function settingsOf(
  method: PeftMethod,
  savePolicy: SavePolicy,
  suite: Suite,
  options: GivenOptions,
): MemorySettings {
  const preset = { description: "memory", methods: [method.id], tasks: [], seeds: [0], training: {} };
  const base = trainingFor(suite, preset, method.id, []);
  const config = methodConfig(method, suite);
  const batchSize = options.text("batch-size");
  const length = options.text("length");
  const rank = options.text("rank");
  const attention = options.text("attention");
  const frozenWeights = options.text("frozen-weights");
  return {
    training: {
      ...base,
      savePolicy,
      ...(batchSize === undefined ? {} : { batchSize: wholeNumber("--batch-size", batchSize, 1) }),
      ...(length === undefined ? {} : { maxLength: wholeNumber("--length", length, 1) }),
      ...(attention === undefined ? {} : { attention: oneOf("--attention", attention, attentionKinds) }),
      ...(frozenWeights === undefined
        ? {}
        : { frozenWeights: oneOf("--frozen-weights", frozenWeights, weightStorages) }),
    },
    method:
      rank === undefined || !("rank" in config)
        ? config
        : { ...config, rank: wholeNumber("--rank", rank, 1) },
  };
}

function documentOf(
  { method, settings, planned, stage, trainable, head }: PlannedCase,
  explanation: Explanation | undefined,
): object {
  return {
    method: method.id,
    savePolicy: settings.training.savePolicy,
    trainable,
    head,
    memory: planned.memory,
    ...(stage === null ? {} : { stage }),
    ...(explanation === undefined ? {} : explanation),
  };
}

function formatCases(cases: readonly PlannedCase[]): string {
  const headings = ["method", "kept", "trainable", "+ head", "live peak", "reserved", ...memoryRoles];
  return formatTable(
    headings,
    cases.map(({ method, settings, planned: { memory: planned }, trainable, head }) => [
      ...[method.id, settings.training.savePolicy],
      ...[trainable, head].map((count) => count.toLocaleString("en-US")),
      ...[planned.peakLiveBytes, planned.peakReservedBytes].map(formatMebibytes),
      ...memoryRoles.map((role) => formatMebibytes(planned.byRole[role])),
    ]),
    headings.map((_, column) => column).slice(2),
  );
}
