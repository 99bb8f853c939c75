import { join } from "node:path";
import type { GridPlan } from "../grid/expand.ts";
import { TINY_TRAINING } from "../training/tinyGrid.ts";
import type { SearchConfig } from "./searchConfig.ts";

/** A grid of two methods on two tasks that nobody runs, and a search for it. */
export function searchGrid(folder: string): GridPlan {
  const [weightsChecksum, settingsChecksum, checksum] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [
    string,
    string,
    string,
  ];
  return {
    models: [{ name: "tiny", folder: "tiny", weightsChecksum, settingsChecksum }],
    tasks: ["sst2", "rte"].map((id) => ({ id, suite: "glue", checksum })),
    methods: [
      { id: "lora", training: { ...TINY_TRAINING, learningRate: 5e-4 }, config: { rank: 8 } },
      { id: "full", training: { ...TINY_TRAINING, learningRate: 5e-5 }, config: {} },
    ],
    seeds: [0, 1],
    dataFolder: null,
    outFolder: join(folder, "out"),
    executor: "cpu",
    adapter: null,
    threads: 1,
    sources: null,
    force: false,
    notices: [],
  };
}

export const tinySearch: SearchConfig = {
  trials: 3,
  seed: 100,
  training: { selectionRows: 8, trainLimit: 24 },
  learningRateRatio: 10,
};
