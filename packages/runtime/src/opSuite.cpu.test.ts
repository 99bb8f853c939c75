import { createCpuExecutor } from "./execute/cpu/executor.ts";
import { runOpSuite } from "./testing/opSuite.ts";

runOpSuite("ops on the CPU executor", () => createCpuExecutor({ threads: 1 }));
