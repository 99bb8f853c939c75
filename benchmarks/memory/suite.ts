/**
 * LaMDA's two claims over LoRA (arXiv 2406.12832), what memory goes by, and published peaks beside ours, all planned from
 * configurations: no weights, no device. Writes claims.json, claims.md and claims.html into a folder.
 *
 *   tsx benchmarks/memory/suite.ts --out FOLDER [--published figures.json] [--models bert-base,gpt2]
 *
 * Figures go into claims.json model by model, and a model that is there under the same commit is not planned again.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "@peftbench/harness";
import { savePolicies } from "@peftbench/runtime";
import { hostProvenance } from "../hostProvenance.ts";
import type { CurvePoint } from "./claims/curves.ts";
import { curvesOf } from "./claims/curves.ts";
import type { ClaimFacts } from "./claims/facts.ts";
import { sentences } from "./claims/facts.ts";
import { claimsPage } from "./claims/page.ts";
import { claimModels } from "./claims/points.ts";
import { comparePublished } from "./claims/published.ts";
import type { ModelCounts, RatioPoint } from "./claims/ratios.ts";
import { compareOn } from "./claims/ratios.ts";
import type { ClaimTable } from "./claims/tables.ts";
import { countsTable, dominantTable, publishedTable, ratioTable, whyTable } from "./claims/tables.ts";
import { markdownTable } from "./tables.ts";

const { values } = parseArgs({
  options: { out: { type: "string" }, published: { type: "string" }, models: { type: "string" } },
});
if (values.out === undefined) {
  console.error("usage: suite.ts --out FOLDER [--published figures.json] [--models bert-base,gpt2]");
  process.exit(2);
}
const out = values.out;
const wanted = values.models?.split(",");
const unknown = wanted?.find((name) => !claimModels.some((model) => model.name === name));
if (unknown !== undefined) {
  console.error(`--models: found ${unknown}; there are ${claimModels.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

/** Of one model, as claims.json keeps it. */
interface ModelFacts {
  readonly name: string;
  readonly points: readonly RatioPoint[];
  readonly counts: ModelCounts;
  readonly curves: readonly CurvePoint[];
}

/** Curves are drawn of an encoder and of a decoder. */
const CURVES = ["bert-base", "llama-3.2-1b"];

const host = await hostProvenance();
await mkdir(out, { recursive: true });
const file = join(out, "claims.json");
const known = await keptFacts();
const facts: ModelFacts[] = [];
for (const model of claimModels) {
  const kept = known.find(({ name }) => name === model.name);
  // What an earlier call planned stays, whatever this one asks for.
  if (kept === undefined && wanted?.includes(model.name) === false) continue;
  const made = kept ?? {
    name: model.name,
    ...(await compareOn(model)),
    curves: CURVES.includes(model.name) ? await curvesOf(model) : [],
  };
  facts.push(made);
  console.log(`${model.name}: ${kept === undefined ? "planned" : "planned before"}`);
  await writeFileAtomic(file, `${JSON.stringify({ ...host, models: facts })}\n`);
}
const all: ClaimFacts = {
  points: facts.flatMap(({ points }) => points),
  counts: facts.map(({ counts }) => counts),
  curves: facts.flatMap(({ curves }) => curves),
  published: values.published === undefined ? null : await comparePublished(values.published),
  provenance: `${host.runtime}, commit ${host.commit}${host.dirty === true ? " and changes" : ""}, ${host.date}`,
};
await writeFileAtomic(file, `${JSON.stringify({ ...host, models: facts, published: all.published })}\n`);
await writeFileAtomic(join(out, "claims.md"), markdown(all));
await writeFileAtomic(join(out, "claims.html"), await claimsPage(all));
console.log(sentences(all));

/** What an earlier, perhaps broken-off, call planned with the same sources. */
async function keptFacts(): Promise<readonly ModelFacts[]> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null || host.dirty !== false) return [];
  const kept = JSON.parse(text) as { readonly commit: string; readonly models: readonly ModelFacts[] };
  return kept.commit === host.commit ? kept.models : [];
}

function markdown({ points, counts, curves, published, ...rest }: ClaimFacts): string {
  const section = (title: string, { header, rows }: ClaimTable): string =>
    `## ${title}\n\n${markdownTable(header, rows)}\n`;
  return [
    `${sentences({ points, counts, curves, published, ...rest })}\n\n${rest.provenance}.\n`,
    ...savePolicies.map((policy) =>
      section(
        `LoRA's live peak over LaMDA's under ${policy} (over its last stage)`,
        ratioTable(points, policy),
      ),
    ),
    section("By how much LoRA's peak is higher, by role, MB", whyTable(points)),
    section("Trained parameters", countsTable(counts)),
    section("What the peak goes by", dominantTable(curves)),
    ...(published === null ? [] : [section("Beside published peaks", publishedTable(published))]),
  ].join("\n");
}
