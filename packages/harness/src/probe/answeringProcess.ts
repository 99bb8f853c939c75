import process from "node:process";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import type { ProbeAnswer } from "./probeRequest.ts";

/**
 * The whole life of a process that measures: reads its request, one line, measures, answers. Its entry file calls this
 * and nothing else.
 */
export async function answerRequest(measure: (request: string) => Promise<MeasuredMemory>): Promise<void> {
  const answer = await answerTo(measure);
  await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()));
  process.exit("measured" in answer ? 0 : 1);
}

async function answerTo(measure: (request: string) => Promise<MeasuredMemory>): Promise<ProbeAnswer> {
  try {
    return { measured: await measure(await firstLine()) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The first line of standard input; when that ends later, whoever asked is gone, and so is this process then. */
function firstLine(): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text);
    });
    process.stdin.on("end", () => process.exit(1));
  });
}
