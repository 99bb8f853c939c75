import type { RunResult } from "@peftbench/harness";
import { resultSchema } from "@peftbench/harness";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ReportInput } from "./report.ts";
import { renderReport } from "./report.ts";
import { expectedFigures } from "./testing/expectedFigures.ts";
import { attribute, descendants, elementsOf, hasClass, resultsOf, textOf } from "./testing/parsePage.ts";
import {
  syntheticFailure,
  syntheticFull,
  syntheticGrid,
  syntheticLora,
  syntheticLossCurve,
  syntheticProbe,
  syntheticResult,
} from "./testing/syntheticResults.ts";

const shrinking = { ...syntheticLora, method: "shrinking", trainable: 2_727_936, trainableFinal: 73_728 };
const grid = syntheticGrid([syntheticLora, syntheticFull], [0, 1, 2]);

function render(input: Partial<ReportInput> & Pick<ReportInput, "results">): Promise<string> {
  return renderReport({
    lossCurves: input.results.map(syntheticLossCurve),
    generatedAt: "2026-01-02T03:04:05.000Z",
    title: "A synthetic report",
    ...input,
  });
}

// Vega reports what it cannot draw on the console and goes on.
beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation((...words) => {
    throw new Error(`console.warn: ${words.join(" ")}`);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("synthetic results", () => {
  it("fit the schema, so that what holds for them holds for real ones", () => {
    const failure = syntheticFailure({ method: syntheticLora, seed: 7 }, "oom", "too large");
    for (const result of [...grid, failure]) expect(() => resultSchema.parse(result)).not.toThrow();
  });
});

describe("the results table", () => {
  it("has the figures that plain loops make of the results, for every method and task", async () => {
    const failing = { method: syntheticFull, seed: 3, task: "rte" };
    const results = [
      ...grid,
      ...syntheticGrid([syntheticLora, syntheticFull, shrinking], [0, 1, 2, 3], {
        task: "cola",
        metric: "matthews",
      }),
      ...syntheticGrid([syntheticLora], [0, 1], { task: "rte", metric: "accuracy" }),
      syntheticFailure(failing, "oom", "12 GB do not fit"),
    ];
    const found = resultsOf(await render({ results }));
    const keys = new Set(results.map(({ cell }) => `${cell.model}/${cell.task}/${cell.method}`));
    expect(new Set(found.keys())).toEqual(keys);
    for (const key of keys) {
      const group = results.filter(({ cell }) => `${cell.model}/${cell.task}/${cell.method}` === key);
      const expected = expectedFigures(group);
      const row = found.get(key);
      expect([...(row?.keys() ?? [])].sort(), key).toEqual([...expected.keys()].sort());
      for (const [kind, value] of expected) {
        expect(Math.abs((row?.get(kind) ?? Number.NaN) - value), `${key} ${kind}`).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(value)),
        );
      }
    }
  });

  it("shows a method of which every seed failed, with the reason, and leaves it out of no table", async () => {
    const failures = [0, 1, 2].map((seed) =>
      syntheticFailure({ method: syntheticFull, seed }, "oom", "needs 12 GB of 8 GB"),
    );
    const page = await render({ results: [...syntheticGrid([syntheticLora], [0, 1, 2]), ...failures] });
    const rowIn = (table: string): string => {
      const found = elementsOf(page).find((each) => each.tagName === "table" && hasClass(each, table));
      const rows = descendants(found ?? fail());
      return textOf(rows.find((each) => attribute(each, "data-method") === "full") ?? fail());
    };
    expect(rowIn("results")).toMatch(/out of memory in 3 seeds \(0, 1 and 2\): needs 12 GB of 8 GB/);
    expect(rowIn("overview")).toMatch(/^fulloom/);
    expect(verdictOf(page)).toMatch(/^Only lora came to a score on sst2/);
  });

  it("says of which seeds the mean is where some failed", async () => {
    const broken = syntheticFailure({ method: syntheticLora, seed: 1 }, "diverged", "loss was NaN");
    const results = [...grid.filter(({ cell }) => cell.method !== "lora" || cell.seed !== 1), broken];
    const page = await render({ results });
    expect(resultsOf(page).get("minilm/sst2/lora")?.get("n")).toBe(2);
    expect(textOf(elementsOf(page)[0] ?? fail())).toContain("diverged in 1 of 3 seeds (1): loss was NaN");
    expect(page).toContain("1 of 6 runs did not finish");
  });

  it("gives no interval and no deviation for one seed, rather than a zero", async () => {
    const found = resultsOf(await render({ results: syntheticGrid([syntheticLora, syntheticFull], [0]) }));
    expect([...(found.get("minilm/sst2/lora")?.keys() ?? [])]).not.toContain("deviation");
    expect([...(found.get("minilm/sst2/lora")?.keys() ?? [])]).not.toContain("low");
  });

  it("shows the baseline beside the methods", async () => {
    const row = elementsOf(await render({ results: grid })).find(
      (each) => attribute(each, "data-baseline") === "majority-class",
    );
    expect(row && textOf(row)).toContain("50.9");
  });
});

describe("results of several suites", () => {
  const suites = [
    { task: "spam", suite: "offline", origin: "bundled", words: 0.95 },
    { task: "era", suite: "offline", origin: "bundled", words: 0.6 },
    { task: "mini-a", suite: "glue-mini", origin: "synthetic", words: 0.55 },
    { task: "mini-b", suite: "glue-mini", origin: "synthetic", words: 0.45 },
  ] as const;
  const results = suites.flatMap(({ task, suite, origin, words }) =>
    syntheticGrid([syntheticLora, syntheticFull, syntheticProbe], [0, 1], { task, metric: "accuracy" }).map(
      (result): RunResult => ({
        ...result,
        cell: { ...result.cell, suite },
        data: result.data && { ...result.data, origin },
        baselines: [
          ...result.baselines,
          {
            name: "bag-of-words",
            metric: "accuracy",
            value: words,
            count: 872,
            split: "dev",
            reason: null,
            answer: null,
          },
        ],
      }),
    ),
  );

  it("are titled by the suites that ran, and never by GLUE where it did not", async () => {
    const titled = async (some: readonly RunResult[]): Promise<string> => {
      const page = await renderReport({
        results: some,
        lossCurves: [],
        generatedAt: "2026-01-02T03:04:05.000Z",
      });
      return textOf(elementsOf(page).find(({ tagName }) => tagName === "title") ?? fail());
    };
    expect(await titled(results)).toBe("Offline tasks (real text) and glue-mini (synthetic)");
    expect(await titled(results.filter(({ cell }) => cell.suite === "glue-mini"))).toBe(
      "glue-mini (synthetic)",
    );
    expect(await titled(grid)).toBe("GLUE");
    expect(await titled([])).not.toContain("GLUE");
  });

  it("say what their text is in every table, summary, caption and drawing that names a task", async () => {
    const elements = elementsOf(await render({ results }));
    const labels = elements.flatMap((each) => attribute(each, "aria-label") ?? []);
    const named = elements
      .filter(({ tagName }) => ["summary", "figcaption", "caption", "li", "h3", "p"].includes(tagName))
      .map(textOf);
    const cells = elements
      .filter(({ tagName }) => tagName === "table")
      .flatMap((table) =>
        hasClass(table, "runs")
          ? descendants(table)
              .filter(({ tagName }) => tagName === "tr")
              .map(textOf)
          : [],
      );
    // Beneath the name of their suite the verdict and its table give ids alone.
    const alone = elements
      .filter((each) => hasClass(each, "verdict") || hasClass(each, "overview"))
      .map(textOf);
    for (const text of alone) expect(text).toMatch(/glue-mini.*synthetic|Offline tasks.*real text, not GLUE/);
    const all = [...labels, ...named, ...cells].filter((text) => !alone.includes(text));
    expect(all.filter((text) => text.includes("mini-a")).length).toBeGreaterThan(12);
    for (const text of all.filter((each) => /mini-[ab]/.test(each))) expect(text).toContain("synthetic");
    for (const text of all.filter((each) => /\b(spam|era)\b/.test(each))) expect(text).toContain("real text");
  });

  it("are never averaged together, and stand above their baselines", async () => {
    const tables = elementsOf(await render({ results })).filter((each) => hasClass(each, "overview"));
    expect(tables.map((table) => attribute(table, "data-suite"))).toEqual(["offline", "glue-mini"]);
    for (const [index, table] of tables.entries()) {
      const rows = descendants(table)
        .filter(({ tagName }) => tagName === "tr")
        .slice(2);
      const names = rows.map((row) => attribute(row, "data-method") ?? attribute(row, "data-baseline"));
      expect([...names.slice(0, 2)].sort()).toEqual(["full", "lora"]);
      expect(names[2]).toBe("probe");
      expect([...names.slice(3)].sort()).toEqual(["bag-of-words", "majority-class"]);
      const words = rows[names.indexOf("bag-of-words")] ?? fail();
      const average = descendants(words).find((each) => hasClass(each, "average")) ?? fail();
      expect(Number(attribute(average, "value"))).toBeCloseTo([77.5, 50][index] ?? Number.NaN, 9);
    }
  });

  it("say at the head on which tasks no method beats a bag of words, and on no others", async () => {
    const found = elementsOf(await render({ results })).filter((each) => hasClass(each, "unbeaten"));
    const said = found
      .map(textOf)
      .join(" ")
      .split(/(?=No method )/);
    const ofWords = said.filter((sentence) => sentence.includes("bag of words"));
    expect(ofWords).toEqual([
      expect.stringMatching(/on spam \(real text, not GLUE\): 95\.0% against \w+'s 8\d\.\d%/),
    ]);
    expect(ofWords[0]).not.toMatch(/era|mini/);
  });

  it("are told by their suite where they broke off before they read any data, or do not say", async () => {
    const cell = { method: syntheticFull, seed: 0, task: "mini-c" };
    const failed = syntheticFailure(cell, "failed", "the model is missing");
    const broken = { ...failed, cell: { ...failed.cell, suite: "glue-mini" }, data: null };
    const captions = elementsOf(await render({ results: [broken] }))
      .filter(({ tagName }) => tagName === "caption")
      .map(textOf);
    expect(captions.slice(0, 2)).toEqual([
      expect.stringMatching(/^glue-mini synthetic/),
      expect.stringMatching(/^mini-c synthetic/),
    ]);
  });
});

describe("the page", () => {
  const attack = `</script></title><script>alert(1)</script><img src=x onerror="alert(2)">"'><svg onload=alert(3)>`;

  it("keeps text out of the data from becoming markup, wherever it stands", async () => {
    const plain = await render({ results: grid });
    const method = { ...syntheticLora, method: `lora ${attack}`, config: { [attack]: attack } };
    const base = syntheticResult({ method, seed: 0, task: attack, model: attack });
    const hostile = {
      ...base,
      warnings: [attack],
      metrics: base.metrics.map((metric) => ({ ...metric, name: attack })),
      baselines: base.baselines.map((baseline) => ({ ...baseline, name: attack, metric: attack })),
      environment: {
        ...base.environment,
        cpuModel: attack,
        os: attack,
        executorVersion: attack,
        adapter: attack,
      },
      data: base.data && { ...base.data, source: attack, revision: attack },
      weights: base.weights && { ...base.weights, source: attack },
      memory: base.memory && {
        ...base.memory,
        device: attack,
        peakAt: base.memory.peakAt && { ...base.memory.peakAt, node: attack },
      },
    };
    const failed = syntheticFailure({ method, seed: 1, task: attack, model: attack }, "failed", attack);
    const other = syntheticResult({ method: syntheticFull, seed: 0, task: attack, model: attack });
    const page = await render({ results: [hostile, failed, other], title: attack, notes: [attack] });
    const elements = elementsOf(page);
    const tagNames = new Set(elementsOf(plain).map(({ tagName }) => tagName));
    expect(elements.filter(({ tagName }) => !tagNames.has(tagName)).map(({ tagName }) => tagName)).toEqual(
      [],
    );
    expect(elements.filter(({ tagName }) => tagName === "script" || tagName === "img")).toEqual([]);
    const handlers = elements.flatMap(({ attrs }) => attrs.filter(({ name }) => name.startsWith("on")));
    expect(handlers).toEqual([]);
    expect(textOf(elements[0] ?? fail())).toContain(attack);
  });

  it("forbids scripts and the network, and allows its own style sheet alone", async () => {
    const elements = elementsOf(await render({ results: grid }));
    const policy = elements.find((each) => attribute(each, "http-equiv") === "Content-Security-Policy");
    expect(policy && attribute(policy, "content")).toMatch(
      /^default-src 'none'; img-src data:; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'$/,
    );
    expect(elements.filter((each) => attribute(each, "style") !== undefined)).toEqual([]);
    const links = elements.flatMap(({ attrs }) =>
      attrs.filter(({ name }) => /^(xlink:)?(href|src)$/.test(name)),
    );
    for (const { value } of links) expect(value).toMatch(/^(#|data:)/);
  });

  it("can be found one's way in: language, title, one h1, headings without a gap, captions, named drawings", async () => {
    const elements = elementsOf(await render({ results: grid }));
    const named = (name: string) => elements.filter(({ tagName }) => tagName === name);
    expect(attribute(named("html")[0] ?? fail(), "lang")).toBe("en");
    expect(textOf(named("title")[0] ?? fail())).toBe("A synthetic report");
    const levels = elements.flatMap(({ tagName }) => (/^h\d$/.test(tagName) ? [Number(tagName[1])] : []));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [index, level] of levels.entries())
      expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
    for (const table of named("table"))
      expect(descendants(table).some(({ tagName }) => tagName === "caption")).toBe(true);
    const drawings = elements.filter((each) => hasClass(each, "chart-drawing"));
    expect(drawings).toHaveLength(6);
    for (const drawing of drawings) {
      expect(attribute(drawing, "role")).toBe("img");
      expect(attribute(drawing, "aria-label")).toMatch(/lora/);
    }
    const ids = elements.flatMap((each) => attribute(each, "id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is the same bytes for the same input, whatever was rendered before", async () => {
    const first = await render({ results: grid });
    await render({ results: syntheticGrid([shrinking], [0]) });
    expect(await render({ results: grid })).toBe(first);
  });

  it("can be made of no results at all", async () => {
    expect(verdictOf(await render({ results: [] }))).toBe("There are no results to report.");
  });

  it("draws no loss where there are no curves, and every other chart", async () => {
    const page = await render({ results: grid, lossCurves: [] });
    const charts = elementsOf(page).flatMap((each) => attribute(each, "data-chart") ?? []);
    expect(charts).toEqual(["quality", "tradeoff", "tradeoff-memory", "memory"]);
  });

  it("tells configurations of one method apart, and drops an older run of the same cell with a word", async () => {
    const rank4 = { ...syntheticLora, config: { ...syntheticLora.config, rank: 4 } };
    const old = syntheticResult({ method: syntheticFull, seed: 0 });
    const older = { ...old, environment: { ...old.environment, createdAt: "2025-01-01T00:00:00.000Z" } };
    const page = await render({ results: [...grid, ...syntheticGrid([rank4], [0, 1, 2]), older] });
    expect([...resultsOf(page).keys()].sort()).toEqual([
      "minilm/sst2/full",
      "minilm/sst2/lora (rank 4)",
      "minilm/sst2/lora (rank 8)",
    ]);
    expect(page).toContain("1 older run of the same cell and configuration is left out");
  });
});

function verdictOf(page: string): string {
  return textOf(elementsOf(page).find((each) => hasClass(each, "verdict")) ?? fail()).trim();
}

function fail(): never {
  throw new Error("The page lacks an element that it must have.");
}
