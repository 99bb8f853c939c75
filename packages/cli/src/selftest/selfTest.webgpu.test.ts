import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runtimeCommand } from "@peftbench/harness";
import type { SelfTestReport } from "@peftbench/runtime/selftest";
import { hasPassed } from "@peftbench/runtime/selftest";
import { expect, it } from "vitest";

const projectFolder = fileURLToPath(new URL("../../../../", import.meta.url));
const entry = fileURLToPath(new URL("./selfTestProcess.ts", import.meta.url));

it("checks ops against float64 and training against the CPU in a process that ends by itself", async () => {
  const { program, parameters } = runtimeCommand("node", projectFolder);
  const { stdout } = await promisify(execFile)(program, [...parameters, entry, "software", "add,softmax"], {
    cwd: projectFolder,
  });
  const report = JSON.parse(stdout) as SelfTestReport;
  expect(report.ops).toMatchObject({ ops: 2, failures: [] });
  expect(report.ops.passed).toBeGreaterThan(20);
  expect(report.training.losses.at(-1)).toBeLessThan(report.training.losses[0] as number);
  expect(hasPassed(report)).toBe(true);
  const wrong = { op: "add", check: "one", problem: "off" };
  expect(hasPassed({ ...report, ops: { ...report.ops, failures: [wrong] } })).toBe(false);
});
