/** The process that measures steps for `bench memory --measure`: a driver may crash it, and nothing else. */
import { runMeasureProcess } from "@peftbench/harness";
import { registries } from "./registries.ts";

await runMeasureProcess(registries);
