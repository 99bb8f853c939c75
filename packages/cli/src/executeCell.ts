import { totalmem } from "node:os";
import { createExecuteCell } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { createCpuExecutor } from "@peftbench/runtime";
import { glueTasks } from "@peftbench/tasks";

/** Trains and evaluates a cell with everything that this program has: the one place where the registries meet. */
export const executeCell = createExecuteCell({
  methods,
  tasks: glueTasks,
  createExecutor: async (kind, threads) => {
    if (kind === "cpu") return createCpuExecutor({ threads });
    throw new Error(`Cells are not trained on ${kind} yet. Use --device cpu.`);
  },
  memoryLimitBytes: totalmem,
});
