import { fileURLToPath } from "node:url";
import { describeTrainingParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { full } from "./index.ts";

describeTrainingParity(full, {
  createExecutor: () => createCpuExecutor({ threads: 1 }),
  config: {},
  jobFolder: fileURLToPath(new URL("../../../harness/fixtures/training/full", import.meta.url)),
  // A constant added to all of a query's scores: its gradient is rounding near AdamW's epsilon.
  withoutInfluence: /\.key\.bias$/,
});
