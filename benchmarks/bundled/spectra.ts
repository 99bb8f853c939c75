/**
 * How far from flat the spectra of a model's weights are: every linear module of its layers beside a random matrix of
 * the same shape. Writes spectra.json, spectra.md and spectra.html into OUT.
 *
 *   tsx benchmarks/bundled/spectra.ts MODEL_FOLDER OUT [--ranks 8,32]
 *
 * The ranks are those that energy is summed up to; 8 and 32 are those of LoRA and LaMDA in the suites.
 */
import { mkdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "@peftbench/harness";
import { hostProvenance } from "../hostProvenance.ts";
import { spectraFacts } from "./spectraFacts.ts";
import { sentence, spectraMarkdown, spectraPage } from "./spectraPage.ts";

const { values, positionals } = parseArgs({
  options: { ranks: { type: "string", default: "8,32" } },
  allowPositionals: true,
});
const [folder, out] = positionals;
const ranks = values.ranks.split(",").map(Number);
if (folder === undefined || out === undefined || !ranks.every((rank) => Number.isInteger(rank) && rank > 0)) {
  console.error("usage: spectra.ts MODEL_FOLDER OUT [--ranks 8,32]");
  process.exitCode = 2;
} else {
  const model = basename(resolve(folder));
  const provenance = await hostProvenance();
  const facts = await spectraFacts(folder, ranks);
  await mkdir(out, { recursive: true });
  const document = { ...provenance, model, ...facts };
  await writeFileAtomic(join(out, "spectra.json"), `${JSON.stringify(document)}\n`);
  await writeFileAtomic(join(out, "spectra.md"), spectraMarkdown(model, facts));
  await writeFileAtomic(join(out, "spectra.html"), await spectraPage(model, facts));
  console.log(`${sentence(facts)}\nWritten: ${join(out, "spectra.{json,md,html}")}`);
}
