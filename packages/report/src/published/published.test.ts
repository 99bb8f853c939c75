import { FormatError } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "../report.ts";
import { attribute, descendants, elementsOf, hasClass, textOf } from "../testing/parsePage.ts";
import { syntheticFull, syntheticGrid, syntheticLora } from "../testing/syntheticResults.ts";
import { isMethod, isTask } from "./match.ts";
import { parsePublished } from "./schema.ts";

const row = {
  table: "imagined",
  method: "LoRA-r8",
  model: "Imaginary-base",
  task: "SST-2",
  metric: "accuracy",
  value: 12.34,
  params: 300_000,
  params_label: "0.3M",
};
const figures = {
  tables: {
    imagined: {
      title: "Imagined Table 1",
      source: "Paper of <nobody>",
      source_kind: "invented",
      note: "made up",
    },
  },
  missing: [{ method: "Full / Other", tables: ["Lost Table 2"], reason: "never printed" }],
  rows: [
    row,
    { ...row, method: "FullFT", value: 23.45 },
    { ...row, method: "Wanderer", value: 34.56 },
    { ...row, task: "Juggling", value: 45.67 },
    { ...row, value: 56.78, unverified: true },
  ],
};

describe("names in papers", () => {
  it("are of a task of ours where only spelling, split or metric differ", () => {
    for (const [name, id] of [
      ["SST-2", "sst2"],
      ["STS-B", "stsb"],
      ["MNLI-mm", "mnli"],
      ["QQP-F1", "qqp"],
    ] as const)
      expect(isTask(name, id), name).toBe(true);
    expect(isTask("SST-5", "sst2")).toBe(false);
    expect(isTask("Avg", "cola")).toBe(false);
  });

  it("are of a method of ours where only size, place or footnote differ", () => {
    for (const [name, id] of [
      ["LoRA-r8", "lora"],
      ["LoRA-dagger", "lora"],
      ["Pruned-0.32M", "pruned"],
      ["Pruned (a library)", "pruned"],
      ["FullFT", "full"],
      ["Thing++", "thing-plus-plus"],
      ["LinearProbe", "linear-probe"],
    ] as const)
      expect(isMethod(name, id), name).toBe(true);
    for (const other of ["LoRA-FA", "LoRA+Other@0.3", "AdaLoRA", "Tied-LoRA-qv"])
      expect(isMethod(other, "lora"), other).toBe(false);
  });
});

describe("a file of published figures", () => {
  it("is refused with its name and the first wrong field", () => {
    const refusal = (document: unknown): FormatError => {
      try {
        parsePublished(typeof document === "string" ? document : JSON.stringify(document), "figures.json");
      } catch (error) {
        if (error instanceof FormatError) return error;
        throw error;
      }
      throw new Error("expected a refusal");
    };
    expect(refusal("{").message).toMatch(/^figures\.json: is not JSON/);
    expect(refusal({ ...figures, rows: [row, { ...row, value: "high" }] })).toMatchObject({
      file: "figures.json",
      field: "rows.1.value",
    });
    expect(refusal({ ...figures, rows: [{ ...row, table: "elsewhere" }] })).toMatchObject({
      field: "rows.0.table",
      message: expect.stringContaining("elsewhere"),
    });
    expect(refusal([]).message).toMatch(/^figures\.json: /);
  });
});

describe("published figures on the page", () => {
  const results = syntheticGrid([syntheticLora, syntheticFull], [0, 1, 2]);
  const render = (): Promise<string> =>
    renderReport({
      results,
      lossCurves: [],
      generatedAt: "2026-01-02T03:04:05.000Z",
      published: parsePublished(JSON.stringify(figures), "figures.json"),
    });

  it("are those of its tasks and methods, with model, parameters and source, and what is missing", async () => {
    const elements = elementsOf(await render());
    const tables = elements.filter((each) => hasClass(each, "published"));
    expect(tables.map((table) => attribute(table, "data-task"))).toEqual(["sst2"]);
    const rows = descendants(tables[0] as (typeof elements)[number])
      .filter(({ tagName }) => tagName === "tr")
      .slice(1)
      .map(textOf);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/FullFT.*Imaginary-base.*23\.45.*0\.3M.*Imagined Table 1.*Paper of <nobody>/);
    expect(rows[1]).toMatch(/LoRA-r8.*12\.34/);
    const section = textOf(
      elements.find(
        (each) => attribute(each, "aria-labelledby") === "published",
      ) as (typeof elements)[number],
    );
    expect(section).toMatch(/Full \/ Other: missing here are the published tables of Lost Table 2/);
    expect(section).toMatch(/differ from those of this page/);
    expect(section).not.toMatch(/34\.56|45\.67|56\.78/);
  });

  it("stand nowhere else: without them every other part of the page is the same", async () => {
    const without = await renderReport({ results, lossCurves: [], generatedAt: "2026-01-02T03:04:05.000Z" });
    const page = await render();
    const start = page.indexOf('<section aria-labelledby="published">');
    const end = page.indexOf("</section>\n", start) + "</section>\n".length;
    expect(page.slice(0, start) + page.slice(end)).toBe(without);
  });
});
