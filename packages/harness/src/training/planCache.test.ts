import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCache } from "@peftbench/runtime";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createPlanCache } from "./planCache.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-plans-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const COMMIT = "a".repeat(40);
const KEY = { model: "m", training: { batchSize: 8 } };

/** What a cache gives for a key, and whether it was made for that. */
function recalled(sources: Parameters<typeof createPlanCache>[1], key: unknown, value: number) {
  let made = false;
  const plans = createPlanCache(createFileCache(folder), sources);
  const found = plans.recall(key, () => {
    made = true;
    return { value };
  });
  return { value: found.value, made };
}

it("makes a plan once, also for another process of the same sources", () => {
  const clean = { commit: COMMIT, dirty: false };
  expect(recalled(clean, KEY, 1)).toEqual({ value: 1, made: true });
  expect(recalled(clean, KEY, 2)).toEqual({ value: 1, made: false });
  expect(recalled(clean, { ...KEY, training: { batchSize: 16 } }, 3)).toEqual({ value: 3, made: true });
  expect(recalled({ ...clean, commit: "b".repeat(40) }, KEY, 4)).toEqual({ value: 4, made: true });
});

it("keeps nothing where sources were changed or are not known", () => {
  for (const sources of [null, { commit: COMMIT, dirty: true }]) {
    expect(recalled(sources, KEY, 1)).toEqual({ value: 1, made: true });
    expect(recalled(sources, KEY, 2)).toEqual({ value: 2, made: true });
  }
});
