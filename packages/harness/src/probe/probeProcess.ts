import { parseDocument } from "../result/parse.ts";
import type { Registries } from "../training/executeCell.ts";
import { prepareAny } from "../training/executeCell.ts";
import { named } from "../training/named.ts";
import { probeCell } from "../training/probe.ts";
import { answerRequest } from "./answeringProcess.ts";
import { probeRequestSchema } from "./probeRequest.ts";

/** The process of a probe: a few steps of a cell, measured. */
export function runProbeProcess(registries: Registries): Promise<void> {
  return answerRequest(async (text) => {
    const { spec, adapter, mostTokens } = parseDocument(probeRequestSchema, text, "The probe's request");
    const prepared = await prepareAny(
      registries,
      spec,
      named(registries.methods, spec.cell.method, "method"),
    );
    const { openDevice } = registries;
    return probeCell(spec, prepared, { openDevice, adapter, mostTokens, nowMs: () => performance.now() });
  });
}
