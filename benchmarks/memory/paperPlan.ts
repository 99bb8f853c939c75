/**
 * The setting of LaMDA's paper on DeBERTa-v3-base, planned: what each method trains in each of its stages, and what memory
 * a step takes under each save policy. No weights, no device. Writes `paperPlan.json`, and its tables as `paperPlan.md`.
 *
 *   tsx benchmarks/memory/paperPlan.ts --out FOLDER
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSuite, writeFileAtomic } from "@peftbench/harness";
import { savePolicies } from "@peftbench/runtime";
import { hostProvenance } from "../hostProvenance.ts";
import type { PlannedMethod } from "./paperCases.ts";
import {
  PAPER_BATCH,
  PAPER_LENGTHS,
  PAPER_METHODS,
  paperModel,
  planPaperMethod,
  TOTAL_STEPS,
} from "./paperCases.ts";
import { CLAIMED, countsTable, lengthsTable, peaksTable, stagesTable } from "./paperTables.ts";

const { values } = parseArgs({ options: { out: { type: "string" } } });
const { out } = values;
if (out === undefined) {
  console.error("usage: paperPlan.ts --out FOLDER");
  process.exit(2);
}

// At the start: what the sources are when it ends was never loaded.
const { commit, dirty, runtime, date } = await hostProvenance();
const suite = await loadSuite(fileURLToPath(new URL("../glue/suite.json", import.meta.url)));
const model = await paperModel();
const planned = PAPER_METHODS.map((id) => planPaperMethod(model, id, suite, PAPER_BATCH));
const byLength = PAPER_LENGTHS.map((length) => ({
  length,
  methods: ["lora", "lamda", "lamda-plus-plus"].map((id) =>
    length === PAPER_BATCH.length
      ? (planned.find(({ method }) => method === id) as PlannedMethod)
      : planPaperMethod(model, id, suite, { ...PAPER_BATCH, length }),
  ),
}));

const report = {
  commit,
  dirty,
  runtime,
  date,
  model: "models/configs/deberta-v3-base.json",
  batch: PAPER_BATCH,
  totalSteps: TOTAL_STEPS,
  claimed: CLAIMED,
  methods: planned,
  otherLengths: byLength.filter(({ length }) => length !== PAPER_BATCH.length),
};
const section = (title: string, table: string): string => `## ${title}\n\n${table}\n`;
const markdown = [
  `DeBERTa-v3-base, ${PAPER_BATCH.rows} x ${PAPER_BATCH.length} tokens, two labels, f32; MB are 10^6 bytes. ${runtime}, commit ${commit}${dirty === true ? " and changes" : ""}, ${date}.\n`,
  section("Trained parameters, the head apart", countsTable(planned)),
  section("Live peak of the stage that needs most", peaksTable(planned)),
  section(
    "LoRA's live peak over that of LaMDA and LaMDA++, by length: of the stage that needs most, and of the last",
    lengthsTable(byLength),
  ),
  ...savePolicies.map((policy) => section(`Every stage under ${policy}, MB`, stagesTable(planned, policy))),
];
await mkdir(out, { recursive: true });
await writeFileAtomic(join(out, "paperPlan.json"), `${JSON.stringify(report, null, 2)}\n`);
await writeFileAtomic(join(out, "paperPlan.md"), markdown.join("\n"));
