import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ResultMemory, Suite, TrainingConfig } from "@peftbench/harness";
import { loadSuite, memoryRoles, planTraining, trainingFor } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import type { HeadSpec } from "@peftbench/models";
import { architectureOf } from "@peftbench/models";
import type { ModelShape, PeftMethod } from "@peftbench/peft";
import { attachMethod, countParameters, MethodError } from "@peftbench/peft";
import type { SavePolicy } from "@peftbench/runtime";
import { savePolicies } from "@peftbench/runtime";
import type { Command } from "../command.ts";
import { methodConfig } from "../glue/methods.ts";
import { suiteFile } from "../glue/sources.ts";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { listOf, wholeNumber } from "../options/values.ts";
import { formatTable } from "../table.ts";

/** The memory of one method under one save policy. */
interface MemoryRow {
  readonly method: string;
  readonly savePolicy: ResultMemory["savePolicy"];
  readonly trainable: number;
  readonly head: number;
  readonly memory: ResultMemory;
}

/** `pnpm bench memory`: plans the memory of training without weights, data or a device. */
export const memory: Command = {
  name: "memory",
  description: "Plans the memory of a training step, by role, from a model's config.json alone",
  example: "pnpm bench memory --model ./minilm/config.json --methods lora,full --batch-size 32 --length 128",
  options: {
    model: { type: "string", valueHint: "folder|config.json", description: "Model; no weights are needed" },
    methods: { type: "string", valueHint: "a,b", description: "Methods; all where absent" },
    "batch-size": {
      type: "string",
      valueHint: "N",
      description: "Examples in a step; the suite's where absent",
    },
    length: { type: "string", valueHint: "N", description: "Tokens in an example; the suite's where absent" },
    labels: { type: "string", valueHint: "N", description: "Classes of the head; 2 where absent" },
    "save-policy": {
      type: "string",
      valueHint: savePolicies.join(","),
      description: "Which activations are kept for the backward pass; every policy where absent",
    },
  },
  run: async (options, context) => {
    const { name, shape } = await readShape(options);
    const suite = await loadSuite(suiteFile(context.projectFolder, "glue"));
    const chosen = chosenMethods(options);
    const given = options.text("save-policy");
    const names = given === undefined ? savePolicies : listOf("--save-policy", given, savePolicies);
    const policies = savePolicies.filter((policy) => names.includes(policy));
    const isExplicit = options.text("methods") !== undefined;
    const rows = chosen.flatMap((method) => {
      try {
        return policies.map((policy) =>
          planRow(shape, method, suite, trainingOf(method, policy, suite, options)),
        );
      } catch (error) {
        // A method that needs weights has no plan from a configuration alone.
        if (isExplicit || !(error instanceof MethodError)) throw error;
        context.say(`${method.id}: left out: ${error.message}`);
        return [];
      }
    });
    const first = rows[0]?.memory.peakAt;
    const batch =
      first === null || first === undefined ? "" : `, batch ${first.batchRows} x ${first.length} tokens`;
    return {
      exitCode: 0,
      document: { model: name, rows },
      text: `Planned memory of one training step of ${name}${batch}, in MiB\n\n${formatRows(rows)}`,
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
  const labels = wholeNumber("--labels", options.text("labels") ?? "2", 1);
  const head: HeadSpec = { kind: "classification", labelCount: labels };
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
    return { name: basename(dirname(file)), shape: { architecture, config, head, headParameters } };
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError(`--model: ${error.message}`, { cause: error });
  }
}

function chosenMethods(options: GivenOptions): readonly PeftMethod[] {
  const ids = methods.map((method) => method.id);
  const text = options.text("methods");
  const chosen = text === undefined ? ids : listOf("--methods", text, ids);
  return chosen.flatMap((id) => methods.filter((method) => method.id === id));
}

function trainingOf(
  method: PeftMethod,
  savePolicy: SavePolicy,
  suite: Suite,
  options: GivenOptions,
): TrainingConfig {
  const preset = { description: "memory", methods: [method.id], tasks: [], seeds: [0], training: {} };
  const base = trainingFor(suite, preset, method.id, []);
  const batchSize = options.text("batch-size");
  const length = options.text("length");
  return {
    ...base,
    savePolicy,
    batchSize: batchSize === undefined ? base.batchSize : wholeNumber("--batch-size", batchSize, 1),
    maxLength: length === undefined ? base.maxLength : wholeNumber("--length", length, 1),
  };
}

/** Methods whose stages depend on the number of steps are planned for a run of this many. */
const PLANNED_STEPS = 1000;

function planRow(shape: ModelShape, method: PeftMethod, suite: Suite, training: TrainingConfig): MemoryRow {
  const attachment = attachMethod(method, shape, methodConfig(method, suite), { totalSteps: PLANNED_STEPS });
  const { memory: planned } = planTraining(shape, attachment, training, [training.maxLength]);
  const counts = countParameters(shape, attachment, PLANNED_STEPS);
  return {
    method: method.id,
    savePolicy: training.savePolicy,
    trainable: counts.trainableInitial,
    head: counts.head,
    memory: planned,
  };
}

function formatRows(rows: readonly MemoryRow[]): string {
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  const headings = ["method", "kept", "trainable", "+ head", "live peak", "reserved", ...memoryRoles];
  return formatTable(
    headings,
    rows.map(({ method, savePolicy, trainable, head, memory: planned }) => [
      ...[method, savePolicy, trainable.toLocaleString("en-US"), head.toLocaleString("en-US")],
      ...[planned.peakLiveBytes, planned.peakReservedBytes].map(mebibytes),
      ...memoryRoles.map((role) => mebibytes(planned.byRole[role])),
    ]),
    headings.map((_, column) => column).slice(2),
  );
}
