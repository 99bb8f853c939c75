import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { PeftMethod } from "@peftbench/peft";
import { createCpuExecutor, deviceProfiles } from "@peftbench/runtime";
import { findTask, glueTasks, loadTask } from "@peftbench/tasks";
import type { TrainingConfig } from "../../config.ts";
import type { CellSpec } from "../../grid/cellSpec.ts";
import type { CellContext, CellOutcome } from "../../grid/executeCell.ts";
import { InterruptedError } from "../../grid/executeCell.ts";
import type { RunEventBody } from "../../result/events.ts";
import { createExecuteCell } from "../executeCell.ts";
import { TINY_TRAINING } from "../tinyGrid.ts";
import { writeTinyModel, writeTinySst2 } from "../tinyTask.ts";

/** What became of a cell, and what it told on its way. */
export interface TinyExecution {
  readonly outcome: CellOutcome;
  readonly events: readonly RunEventBody[];
}

export interface TinyExecutionOptions {
  /** The run's folder; a fresh one where absent. */
  readonly folder?: string;
  /** Interrupts the run once it has done this many steps here. */
  readonly stopAt?: number;
  readonly memoryLimitBytes?: number;
}

/** Cells on the tiny model and the tiny SST-2, in this process and on the CPU. */
export interface TinyCells {
  /** A cell's spec: `TINY_TRAINING` but for `training`; the method's `config`, LoRA's where absent. */
  readonly spec: (
    method: string,
    training?: Partial<TrainingConfig>,
    config?: CellSpec["cell"]["config"]["method"],
  ) => CellSpec;
  readonly execute: (spec: CellSpec, options?: TinyExecutionOptions) => Promise<TinyExecution>;
  /** The losses of a run's steps, in their order. */
  readonly losses: (events: readonly RunEventBody[]) => readonly (number | null)[];
}

/** sha256 of the committed fixture's model.safetensors. */
const WEIGHTS_CHECKSUM = "c7b9c38c289babf9cc4f7a5c324fb877d731a31035a89aff25bdeed5f1b5e88f";

const LORA_CONFIG = { rank: 4, alpha: 8, targetModules: ["query", "value"] };

/**
 * Writes the tiny model and 160 training and 41 dev examples into `root`, where runs leave their folders too.
 * @param methods all that cells may name; only tests know any
 */
export async function openTinyCells(root: string, methods: readonly PeftMethod[]): Promise<TinyCells> {
  await writeTinyModel(join(root, "model"));
  await writeTinySst2(join(root, "data"), { train: 160, dev: 41 });
  const { provenance } = await loadTask(findTask("sst2"), { dataFolder: join(root, "data") });
  return {
    spec: (method, training = {}, config = method === "lora" ? LORA_CONFIG : {}) => ({
      id: "a".repeat(64),
      cell: {
        suite: "glue",
        model: "tiny",
        method,
        task: "sst2",
        seed: 3,
        config: { training: { ...TINY_TRAINING, ...training }, method: config },
      },
      purpose: "report",
      tuning: null,
      modelFolder: join(root, "model"),
      dataFolder: join(root, "data"),
      runFolder: root,
      executor: "cpu",
      adapter: null,
      measuredMemory: null,
      notices: [],
      warnings: [],
      threads: 1,
      weightsChecksum: WEIGHTS_CHECKSUM,
      dataChecksum: provenance.checksum,
      sources: null,
      force: false,
    }),
    execute: (spec, options = {}) => execute(root, methods, spec, options),
    losses: (events) => events.flatMap((event) => (event.type === "step" ? [event.loss] : [])),
  };
}

async function execute(
  root: string,
  methods: readonly PeftMethod[],
  spec: CellSpec,
  options: TinyExecutionOptions,
): Promise<TinyExecution> {
  const events: RunEventBody[] = [];
  const executeCell = createExecuteCell({
    methods,
    tasks: glueTasks,
    choiceTasks: [],
    openDevice: async ({ threads }) => {
      const executor = createCpuExecutor({ threads });
      return {
        executor,
        adapter: null,
        profile: deviceProfiles.generic,
        memoryLimitBytes: options.memoryLimitBytes ?? 2 ** 40,
        measurement: null,
        dispose: () => executor.dispose(),
      };
    },
  });
  const stepsNow = (): number => events.filter(({ type }) => type === "step").length;
  const context: CellContext = {
    spec,
    folder: options.folder ?? (await mkdtemp(join(root, "run-"))),
    nowMs: () => performance.now(),
    emit: (event) => events.push(event),
    record: () => {},
    throwIfInterrupted: async () => {
      if (stepsNow() === options.stopAt) throw new InterruptedError("the test stops it here");
    },
  };
  return { outcome: await executeCell(context), events };
}
