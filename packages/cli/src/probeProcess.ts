/** The process of one probe on WebGPU: `createProber` starts this file for each. */
import { runProbeProcess } from "@peftbench/harness";
import { registries } from "./registries.ts";

await runProbeProcess(registries);
