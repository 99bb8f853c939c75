import { fileURLToPath } from "node:url";
import { describeTrainingParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { adalora } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const createExecutor = () => createCpuExecutor({ threads: 1 });
const config = {
  initialRank: 4,
  targetRank: 2,
  alpha: 8,
  targetModules: ["query", "key", "value", "dense"],
  warmupSteps: 3,
  finalSteps: 8,
  interval: 2,
};

describeTrainingParity(adalora, {
  createExecutor,
  config,
  jobFolder: fixture("training"),
  withoutInfluence: null,
});
