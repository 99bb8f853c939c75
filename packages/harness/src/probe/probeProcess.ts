import process from "node:process";
import { parseDocument } from "../result/parse.ts";
import type { Registries } from "../training/executeCell.ts";
import { named } from "../training/named.ts";
import { probeCell } from "../training/probe.ts";
import type { ProbeAnswer } from "./probeRequest.ts";
import { probeRequestSchema } from "./probeRequest.ts";

/** The whole life of a probe's process: reads its request, probes, answers. Its entry file calls this and nothing else. */
export async function runProbeProcess(registries: Registries): Promise<void> {
  const answer = await probe(registries);
  await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()));
  process.exit("measured" in answer ? 0 : 1);
}

async function probe(registries: Registries): Promise<ProbeAnswer> {
  try {
    const request = parseDocument(probeRequestSchema, await firstLine(), "The probe's request");
    const { spec, adapter, mostTokens } = request;
    const measured = await probeCell(
      spec,
      named(registries.tasks, spec.cell.task, "task"),
      named(registries.methods, spec.cell.method, "method"),
      { openDevice: registries.openDevice, adapter, mostTokens, nowMs: () => performance.now() },
    );
    return { measured };
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
