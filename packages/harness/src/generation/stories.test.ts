import { join } from "node:path";
import process from "node:process";
import { loadPretrained, loadTokenizer } from "@peftbench/models";
import { bareModel } from "@peftbench/peft";
import { createCpuExecutor } from "@peftbench/runtime";
import { expect, it } from "vitest";
import { generate } from "./generate.ts";
import { Generator } from "./generator.ts";

const shared = process.env.PEFTBENCH_SHARED;

/** What llama2.c's own test expects of 200 greedy steps (karpathy/llama2.c, test_all.py). */
const KNOWN =
  "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.\n" +
  "Lily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know what to do. She said, \"I want to play with your ball, but I can't find it.\"\n" +
  "Lily was sad and didn't know what to do. She said, \"I'm sorry, Lily. I didn't know what to do.\"\n" +
  "Lily didn't want to help her mom, so";

it.skipIf(shared === undefined)(
  "stories260K tells its known story (skipped without PEFTBENCH_SHARED, which holds the model)",
  async () => {
    const folder = join(shared ?? "", "weights/stories260K");
    const head = { kind: "languageModel" } as const;
    const pretrained = await loadPretrained(folder, head, { seed: 0 });
    const tokenizer = await loadTokenizer(folder);
    const prompt = tokenizer.encode("").ids;
    const executor = createCpuExecutor({ threads: 1 });
    const generator = await Generator.create({
      ...{ executor, model: { ...pretrained, head }, stage: bareModel, values: pretrained.values },
      ...{ rows: 1, promptLength: prompt.length, newTokens: 199, reorders: false },
    });
    const options = { newTokens: 199, endTokens: [1, 2], sampling: null };
    const [tokens = []] = await generate(generator, [prompt], options);
    await generator.dispose();
    await executor.dispose();
    expect(tokenizer.decode(tokens)).toBe(KNOWN);
  },
);
