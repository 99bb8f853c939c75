import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CellSpec } from "../grid/cellSpec.ts";
import { canonicalJson } from "../identity.ts";
import { modelSettingsChecksum } from "../modelFiles.ts";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import { measuredMemorySchema } from "../result/measuredMemory.ts";
import { FormatError, parseDocument } from "../result/parse.ts";
import { writeFileAtomic } from "../store/atomicFile.ts";

/** Raised by hand when a probe measures or compares something else than before. */
const PROBE_VERSION = 1;

/**
 * What a probe depends on: everything of the cell but its seed, the adapter with its driver, and the sources. Equal
 * keys give equal figures, so cells that differ in their seed alone share a probe.
 */
export async function probeKey(
  spec: CellSpec,
  adapterIdentity: string,
  mostTokens: number | null,
): Promise<string> {
  const { model, method, task, config } = spec.cell;
  const { weightsChecksum, dataChecksum, sources } = spec;
  const commit = sources === null ? null : sources.commit;
  const settings = await modelSettingsChecksum(spec.modelFolder);
  const known = {
    PROBE_VERSION,
    settings,
    model,
    method,
    task,
    config,
    weightsChecksum,
    dataChecksum,
    commit,
  };
  return createHash("sha256")
    .update(canonicalJson({ ...known, adapterIdentity, mostTokens }))
    .digest("hex");
}

/** A probe's figures from an earlier call; null where there are none that can be read. */
export async function loadProbe(folder: string, key: string): Promise<MeasuredMemory | null> {
  const file = join(folder, `${key}.json`);
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return parseDocument(measuredMemorySchema, text, file);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

export async function saveProbe(folder: string, key: string, measured: MeasuredMemory): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, `${key}.json`), `${JSON.stringify(measured, null, 2)}\n`);
}
