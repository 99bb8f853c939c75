import type { CellSpec } from "@peftbench/harness";
import { expandGrid, loadSuite } from "@peftbench/harness";
import type { TaskDefinition } from "@peftbench/tasks";
import { suiteFile } from "../glue/sources.ts";

/** Specs of cells that nobody runs: one method with two seeds on each task. */
export async function specsOf(
  tasks: readonly TaskDefinition[],
  folders: { readonly project: string; readonly out: string },
): Promise<readonly CellSpec[]> {
  const { training } = await loadSuite(suiteFile(folders.project, "bundled"));
  const checksum = "0".repeat(64);
  return expandGrid({
    models: [{ name: "tiny", folder: "tiny", weightsChecksum: checksum, settingsChecksum: checksum }],
    tasks: tasks.map(({ id, suite }) => ({ id, suite, checksum })),
    methods: [{ id: "lora", training, config: {} }],
    seeds: [0, 1],
    dataFolder: null,
    outFolder: folders.out,
    executor: "cpu",
    adapter: null,
    threads: 1,
    sources: null,
    force: false,
    notices: [],
  });
}
