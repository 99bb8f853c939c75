/** The process of one cell: `runGrid` starts this file for each. */
import { createExecuteCell, runCellProcess } from "@peftbench/harness";
import { registries } from "./registries.ts";

await runCellProcess(createExecuteCell(registries));
