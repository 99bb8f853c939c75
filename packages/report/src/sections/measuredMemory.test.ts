import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "../report.ts";
import { attribute, descendants, elementsOf, textOf } from "../testing/parsePage.ts";
import { syntheticGrid, syntheticLora } from "../testing/syntheticResults.ts";

const measured: NonNullable<RunResult["measuredMemory"]> = {
  source: "probe",
  adapter: "a software adapter",
  stage: "lora",
  steps: 3,
  batchRows: 8,
  length: 64,
  reserved: { measuredBytes: 5_000_100, plannedBytes: 5_000_000 },
  live: {
    measuredBytes: 4_000_000,
    plannedBytes: 4_000_000,
    measuredByRole: { baseWeight: 3_000_000, scratch: 1_000_000 },
    plannedByRole: { baseWeight: 3_000_000, scratch: 1_000_000 },
  },
  overhead: { scratchBytes: 1_000_000, uniformBytes: 0, readbackBytes: 0 },
  phases: [],
  lossDifference: { steps: 3, largestRelative: 1.5e-7 },
};

const render = (results: readonly RunResult[]): Promise<string> =>
  renderReport({ results, lossCurves: [], generatedAt: "2026-01-02T03:04:05.000Z", title: "Measured" });

describe("measured memory on the page", () => {
  const results = syntheticGrid([syntheticLora], [0, 1]);

  it("stands beside the planned bytes, role by role, with every difference", async () => {
    const page = await render(results.map((result) => ({ ...result, measuredMemory: measured })));
    const tables = elementsOf(page).filter((element) => attribute(element, "data-measured") === "lora");
    expect(tables).toHaveLength(1);
    const rows = tables
      .flatMap((table) => descendants(table).filter(({ tagName }) => tagName === "tr"))
      .map((row) => textOf(row));
    expect(rows.find((row) => row.includes("live peak"))).toBe("live peak4.004.000");
    expect(rows.find((row) => row.includes("reserved"))).toContain("+100 bytes");
    expect(rows.some((row) => row.includes("scratch"))).toBe(true);
    expect(page).toContain("a probe of 3 steps");
    expect(page).toContain("8 rows of 64 tokens");
    expect(page).toContain("1.5e-7");
  });

  it("is not mentioned where nothing was measured", async () => {
    expect(await render(results)).not.toContain("measured-memory");
  });
});
