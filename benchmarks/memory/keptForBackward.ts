/**
 * What one layer of BERT-base keeps for backward, by op and method, as the memory plan says, beside section 15 of
 * `methods.md`. Graphs alone: no weights, no device. Writes `keptForBackward.json` and `keptForBackward.md`.
 *
 *   tsx benchmarks/memory/keptForBackward.ts --out FOLDER
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { currentRuntime, readSourceState, writeFileAtomic } from "@peftbench/harness";
import type { LayerCase, Position, Targets } from "./layerCases.ts";
import { BATCH, SIZES, TARGETS } from "./layerCases.ts";
import type { MeasuredPart } from "./measureCases.ts";
import { comparedPolicies, measureCase } from "./measureCases.ts";
import { checkTable, reasonsTable, symbolicShape, tensorTable, totalsTable } from "./tables.ts";

function caseOf(overrides: Partial<LayerCase>): LayerCase {
  return { targets: "all", dropout: 0, position: "midst", attention: "materialized", ...overrides };
}

function titleOf({ targets, dropout, position, attention }: LayerCase): string {
  const where = position === "midst" ? "" : ", lowest layer";
  return `${targets === "all" ? "six" : "q, v"}, dropout ${dropout}${attention === "fused" ? ", fused" : ""}${where}`;
}

/** One policy's parts of a case. */
function under(parts: readonly MeasuredPart[], policy: MeasuredPart["savePolicy"]): readonly MeasuredPart[] {
  return parts.filter(({ savePolicy }) => savePolicy === policy);
}

function reasonsOf(parts: readonly MeasuredPart[]): string {
  const trained = under(parts, "eager").filter(({ kept }) => kept.modules.length > 0);
  return reasonsTable(
    trained.map(({ title }) => ({
      title,
      policies: new Map(
        comparedPolicies.map((policy) => [
          policy,
          under(parts, policy).find((part) => part.title === title) as MeasuredPart,
        ]),
      ),
    })),
  );
}

const { values } = parseArgs({ options: { out: { type: "string" } } });
const { out } = values;
if (out === undefined) {
  console.error("usage: keptForBackward.ts --out FOLDER");
  process.exit(2);
}
const targets = Object.keys(TARGETS) as readonly Targets[];
const positions: readonly Position[] = ["midst", "lowest"];
const cases = [
  ...positions.flatMap((position) =>
    targets.flatMap((target) =>
      ([0, 0.1] as const).map((dropout) => caseOf({ position, targets: target, dropout })),
    ),
  ),
  caseOf({ attention: "fused" }),
  caseOf({ attention: "fused", dropout: 0.1 }),
].map((layerCase) => ({ title: titleOf(layerCase), layerCase, parts: measureCase(layerCase) }));
const partsOf = (overrides: Partial<LayerCase>): readonly MeasuredPart[] =>
  cases.find(({ title }) => title === titleOf(caseOf(overrides)))?.parts ?? [];

const sources = await readSourceState(import.meta.dirname);
const runtime = currentRuntime();
const provenance = {
  commit: sources?.commit ?? null,
  dirty: sources?.dirty ?? null,
  runtime: `${runtime.name} ${runtime.version}`,
  date: new Date().toISOString(),
};
/** One line a part, so that the file can be read and compared. */
const recorded = cases.flatMap(({ parts }) =>
  parts.map(({ kept, ...part }) =>
    JSON.stringify({
      ...part,
      totalBytes: kept.totalBytes,
      forMethodAloneBytes: kept.forMethodAloneBytes,
      // Of the lowest layer the sums are enough: its tensors are those of any other, where there are any.
      modules: part.position === "lowest" ? [] : kept.modules,
      tensors: (part.position === "lowest" ? [] : kept.tensors).map(({ readers, ...tensor }) => ({
        ...tensor,
        symbols: symbolicShape(tensor.shape),
        readers: readers.map(({ text }) => text),
      })),
    }),
  ),
);
const head = JSON.stringify({ ...provenance, sizes: SIZES, batch: BATCH });
const json = `${head.slice(0, -1)},"parts":[\n${recorded.join(",\n")}\n]}\n`;

const main = partsOf({});
const section = (title: string, table: string): string => `## ${title}\n\n${table}\n`;
const markdown = [
  `BERT-base sizes, ${BATCH.rows} x ${BATCH.length} tokens, MB (10^6 bytes). ${provenance.runtime}, commit ${provenance.commit}${provenance.dirty === true ? " and changes" : ""}, ${provenance.date}.\n`,
  section(
    "Section 15 beside the graph: all six matrices, dropout 0",
    checkTable(under(main, "eager").filter(({ method }) => method !== "frozen")),
  ),
  section(
    "The same with dropout 0.1, in the model and in front of the path",
    checkTable(under(partsOf({ dropout: 0.1 }), "eager").filter(({ method }) => method !== "frozen")),
  ),
  ...comparedPolicies.map((policy) =>
    section(
      `Kept by a layer in the midst, beyond the frozen layer: ${policy}`,
      totalsTable(
        cases
          .filter(({ layerCase }) => layerCase.position === "midst")
          .map(({ title, parts }) => ({ title, parts: under(parts, policy) })),
      ),
    ),
  ),
  section(
    "Kept by the lowest layer, below which nothing trains",
    totalsTable(
      comparedPolicies.flatMap((policy) =>
        targets.map((target) => ({
          title: `${titleOf(caseOf({ targets: target }))}, ${policy}`,
          parts: under(partsOf({ targets: target, position: "lowest" }), policy),
        })),
      ),
    ),
  ),
  section("Why a tensor is kept, weight by weight: all six matrices, dropout 0", reasonsOf(main)),
  section("The same with dropout 0.1", reasonsOf(partsOf({ dropout: 0.1 }))),
  section(
    "The same with fused attention, dropout 0",
    reasonsOf(partsOf({ attention: "fused" }).filter(({ method }) => ["full", "lora"].includes(method))),
  ),
  ...comparedPolicies.flatMap((policy) =>
    ([0, 0.1] as const).map((dropout) =>
      section(
        `Every tensor: ${policy}, all six matrices, dropout ${dropout}`,
        tensorTable(under(partsOf({ dropout }), policy)),
      ),
    ),
  ),
];
await mkdir(out, { recursive: true });
await writeFileAtomic(join(out, "keptForBackward.json"), json);
await writeFileAtomic(join(out, "keptForBackward.md"), markdown.join("\n"));
