import { readFile } from "node:fs/promises";
import { parsePublished } from "@peftbench/report";
import type { BytesByRole } from "@peftbench/runtime";
import type { Point } from "./points.ts";
import { highestStage, planPoint, readShape } from "./points.ts";

/** A published peak of the PEFT library's own benchmark, beside ours. */
export interface PublishedPeak {
  /** As published: `lora/llama-3.2-3B-rank32`. */
  readonly name: string;
  readonly publishedBytes: number;
  /** Ours for the same method, batch and length, every number in f32, attention fused, everything kept. */
  readonly plannedBytes: number;
  readonly byRole: BytesByRole;
}

export interface PublishedPeaks {
  readonly source: string;
  readonly note: string;
  readonly peaks: readonly PublishedPeak[];
}

const TABLE = "peft.metamathqa";
/** Of that benchmark. */
const BATCH = { rows: 4, length: 768 };

const settings: Readonly<Record<string, Pick<Point, "method" | "config">>> = {
  "lora/llama-3.2-3B-rank32": { method: "lora", config: { rank: 32, targetModules: ["query", "value"] } },
  "lora/llama-3.2-3B-rank64": { method: "lora", config: { rank: 64, targetModules: ["query", "value"] } },
  "lora/llama-3.2-3B-rank32-lorafa": {
    method: "lora-fa",
    config: { rank: 32, targetModules: ["query", "value"] },
  },
  "lora/llama-3.2-3B-rank10-target-mlp": {
    method: "lora",
    config: { rank: 10, targetModules: ["intermediate.dense", "output.dense"] },
  },
  "full-finetuning/llama-3.2-3B-lr_0.00001": { method: "full", config: {} },
};

/** @param file figures with their sources, as the JSON that `bench report --published` takes */
export async function comparePublished(file: string): Promise<PublishedPeaks> {
  const { tables, rows } = parsePublished(await readFile(file, "utf8"), file);
  const model = await readShape({ name: "llama-3.2-3b", head: { kind: "languageModel" } });
  const peaks = Object.entries(settings).flatMap(([name, setting]): PublishedPeak[] => {
    const row = rows.find(
      (each) => each.table === TABLE && each.method === name && each.metric === "peak_gpu_bytes",
    );
    if (row === undefined || row.unverified) {
      console.error(`Left out: ${file} has no verified ${name} of ${TABLE}.`);
      return [];
    }
    const planned = planPoint(model, { ...setting, batch: BATCH, savePolicy: "eager", attention: "fused" });
    const { peakLiveBytes, byRole } = highestStage(planned);
    return [{ name, publishedBytes: row.value, plannedBytes: peakLiveBytes, byRole }];
  });
  const table = tables[TABLE];
  return { source: table?.source ?? TABLE, note: table?.note ?? "", peaks };
}
