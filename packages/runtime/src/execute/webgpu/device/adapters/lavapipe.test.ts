import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findLavapipe } from "./lavapipe.ts";

it("finds lavapipe under the names that distributions give its file, and nothing else", async () => {
  const empty = await mkdtemp(join(tmpdir(), "peftbench-icd-"));
  const folder = await mkdtemp(join(tmpdir(), "peftbench-icd-"));
  await writeFile(join(folder, "intel_icd.x86_64.json"), "{}");
  expect(await findLavapipe([empty, join(empty, "missing"), folder], undefined)).toBeNull();
  const icdPath = join(folder, "lvp_icd.x86_64.json");
  await writeFile(icdPath, "{}");
  expect(await findLavapipe([empty, folder], undefined)).toBe(icdPath);
  await rm(empty, { recursive: true });
  await rm(folder, { recursive: true });
});
