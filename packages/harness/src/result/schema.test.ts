import { describe, expect, test } from "vitest";
import { stepsOf } from "./events.ts";
import { exampleResult } from "./example.ts";
import { FormatError, parseEvents, parsePredictions, parseResult } from "./parse.ts";
import type { RunResult } from "./schema.ts";

const parse = (change: (result: Record<string, unknown>) => void): RunResult => {
  const copy = structuredClone(exampleResult) as unknown as Record<string, unknown>;
  change(copy);
  return parseResult(JSON.stringify(copy), "result.json");
};

const failure = (act: () => unknown): FormatError => {
  try {
    act();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("expected a FormatError");
};

describe("result.json", () => {
  test("comes back as it was written", () => {
    expect(parse(() => {})).toEqual(exampleResult);
  });

  test("names the file and the field that is wrong", () => {
    const error = failure(() =>
      parse((result) => Object.assign(result.memory as object, { peakLiveBytes: -1 })),
    );
    expect(error.file).toBe("result.json");
    expect(error.field).toBe("memory.peakLiveBytes");
    expect(failure(() => parse((result) => delete result.data)).field).toBe("data");
    expect(failure(() => parseResult('{"id":', "r.json")).message).toMatch(/^r\.json: not JSON/);
  });

  test("refuses fields it does not know, in any depth", () => {
    expect(failure(() => parse((result) => Object.assign(result, { extra: 1 }))).message).toContain("extra");
    const deep = failure(() => parse((result) => Object.assign(result.time as object, { seconds: 1 })));
    expect(deep.field).toBe("time");
    expect(deep.message).toContain("seconds");
  });

  test("takes data that does not say what it is for published: older results are of nothing else", () => {
    const parsed = parse((result) => Reflect.deleteProperty(result.data as object, "origin"));
    expect(parsed.data?.origin).toBe("published");
  });

  test("refuses another schema version", () => {
    expect(failure(() => parse((result) => Object.assign(result, { schemaVersion: 2 }))).field).toBe(
      "schemaVersion",
    );
  });

  test("holds a finished run to having every part, and one primary metric", () => {
    for (const field of ["parameters", "memory", "time", "lossSummary", "data", "weights"]) {
      expect(failure(() => parse((result) => Object.assign(result, { [field]: null }))).field).toBe(field);
    }
    expect(failure(() => parse((result) => Object.assign(result, { metrics: [] }))).field).toBe("metrics");
  });

  test("lets a run that broke off have nulls, but not without an error", () => {
    const broken = { status: "failed", metrics: [], parameters: null, memory: null, time: null, data: null };
    expect(failure(() => parse((result) => Object.assign(result, broken))).field).toBe("error");
    const error = { type: "Error", message: "it broke", remedy: null };
    expect(parse((result) => Object.assign(result, broken, { error })).status).toBe("failed");
  });

  test("wants a reason exactly where a metric has no value", () => {
    const metric = exampleResult.metrics[0];
    const withMetric = (change: object) => () =>
      parse((result) => Object.assign(result, { metrics: [{ ...metric, ...change }] }));
    expect(failure(withMetric({ value: null })).field).toBe("metrics[0].reason");
    expect(failure(withMetric({ reason: "why" })).field).toBe("metrics[0].reason");
    expect(withMetric({ value: null, reason: "prediction 3 is NaN" })().metrics[0]?.value).toBeNull();
  });
});

describe("events.jsonl and predictions.jsonl", () => {
  const step = (number: number, loss: number | null) =>
    JSON.stringify({
      type: "step",
      at: "2026-01-01T00:00:00.000Z",
      step: number,
      epoch: 0,
      loss,
      learningRate: 1e-4,
      gradientNorm: 1,
      tokens: 100,
      stepMs: 5,
      bucketLength: 32,
    });

  test("leave out a last line that was cut off, and say so", () => {
    const whole = parseEvents(`${step(1, 1)}\n${step(2, null)}\n`, "events.jsonl");
    expect(whole.cutOff).toBe(false);
    expect(whole.items).toHaveLength(2);
    const cut = parseEvents(`${step(1, 1)}\n${step(2, 1).slice(0, 20)}`, "events.jsonl");
    expect(cut.cutOff).toBe(true);
    expect(cut.items).toHaveLength(1);
  });

  test("name the line that is wrong", () => {
    const error = failure(() => parseEvents(`${step(1, 1)}\n${step(0, 1)}\n`, "events.jsonl"));
    expect(error.line).toBe(2);
    expect(error.field).toBe("step");
    expect(error.message).toMatch(/^events\.jsonl:2: step: /);
    const prediction = { exampleId: "dev:0", label: 1, prediction: 1, scores: [0.5, "x"] };
    expect(failure(() => parsePredictions(`${JSON.stringify(prediction)}\n`, "p")).field).toBe("scores[1]");
  });

  test("give each step once after a resume, the repeated one as repeated", () => {
    const { items } = parseEvents(`${[step(1, 3), step(2, 2), step(2, 2.5), step(3, 1)].join("\n")}\n`, "e");
    expect(stepsOf(items).map((event) => event.loss)).toEqual([3, 2.5, 1]);
  });
});
