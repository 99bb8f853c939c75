/**
 * The setting of LaMDA's paper on DeBERTa-v3-base, planned: what each method trains in each of its stages, and what memory
 * a step takes under each save policy. No weights, no device. Writes `paperPlan.json`, and its tables as `paperPlan.md`.
 *
 *   tsx benchmarks/memory/paperPlan.ts --out FOLDER [--rows 32] [--length 128]
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSuite, writeFileAtomic } from "@peftbench/harness";
import { savePolicies } from "@peftbench/runtime";
import { hostProvenance } from "../hostProvenance.ts";
import { PAPER_BATCH, PAPER_METHODS, paperModel, planPaperMethod, TOTAL_STEPS } from "./paperCases.ts";
import { CLAIMED, countsTable, peaksTable, stagesTable } from "./paperTables.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    rows: { type: "string", default: String(PAPER_BATCH.rows) },
    length: { type: "string", default: String(PAPER_BATCH.length) },
  },
});
const { out } = values;
const batch = { rows: Number(values.rows), length: Number(values.length) };
if (out === undefined || !Object.values(batch).every((size) => Number.isInteger(size) && size > 0)) {
  console.error("usage: paperPlan.ts --out FOLDER [--rows 32] [--length 128]");
  process.exit(2);
}

// At the start: what the sources are when it ends was never loaded.
const { commit, dirty, runtime, date } = await hostProvenance();
const suite = await loadSuite(fileURLToPath(new URL("../glue/suite.json", import.meta.url)));
const model = await paperModel();
const planned = PAPER_METHODS.map((id) => planPaperMethod(model, id, suite, batch));

const report = {
  commit,
  dirty,
  runtime,
  date,
  model: "models/configs/deberta-v3-base.json",
  batch,
  totalSteps: TOTAL_STEPS,
  claimed: CLAIMED,
  methods: planned,
};
const section = (title: string, table: string): string => `## ${title}\n\n${table}\n`;
const markdown = [
  `DeBERTa-v3-base, ${batch.rows} x ${batch.length} tokens, two labels, f32; MB are 10^6 bytes. ${runtime}, commit ${commit}${dirty === true ? " and changes" : ""}, ${date}.\n`,
  section("Trained parameters, the head apart", countsTable(planned)),
  section("Live peak of the stage that needs most", peaksTable(planned)),
  ...savePolicies.map((policy) => section(`Every stage under ${policy}, MB`, stagesTable(planned, policy))),
];
await mkdir(out, { recursive: true });
await writeFileAtomic(join(out, "paperPlan.json"), `${JSON.stringify(report, null, 2)}\n`);
await writeFileAtomic(join(out, "paperPlan.md"), markdown.join("\n"));
