/** The process of one cell: `runGrid` starts this file for each. */
import { runCellProcess } from "@peftbench/harness";
import { executeCell } from "./executeCell.ts";

await runCellProcess(executeCell);
