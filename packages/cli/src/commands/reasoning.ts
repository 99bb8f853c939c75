import type { Command } from "../command.ts";
import { gridCommand } from "../glue/gridCommand.ts";
import { reasoningFamily } from "../reasoning/family.ts";

/** `pnpm bench reasoning`: fine-tunes decoders on questions with options, answered by likelihood. */
export const reasoning: Command = gridCommand(
  {
    name: "reasoning",
    description:
      "Fine-tunes decoders on questions with options (ARC, BoolQ, PIQA, ...), answered by likelihood, each method with each seed, and writes results and a page",
    example: [
      {
        line: "pnpm bench reasoning --model ./smollm2 --data ./reasoning --tasks arc_easy --methods lora,lamda",
        does: "Two methods on the easy questions of ARC; ./reasoning holds ARC-Easy/train.json and ARC-Easy/test.json.",
      },
      {
        line: "pnpm bench reasoning --model ./smollm2 --data ./reasoning --preset smoke --dry-run",
        does: "Shows which runs that would be, their planned memory, and about how long; runs none.",
      },
    ],
  },
  reasoningFamily,
);
