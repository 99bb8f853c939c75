/**
 * Everything that CI checks, one step after the other. A step that fails does not keep the others from running.
 * The last line is "N passed, N failed": every test of Vitest counts, and each other step counts as one check.
 *
 * Each step is a script of the root package.json, so `pnpm <step>` runs it alone.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Counts } from "./testCounts.ts";
import { addCounts, countOf, countVitest, formatCounts, noCounts } from "./testCounts.ts";

const rootFolder = resolve(import.meta.dirname, "..");

const stepNames = [
  "typecheck",
  "lint",
  "check:layers",
  "knip",
  "smoke:deno",
  "smoke:bun",
  "smoke:node",
  "test:unit",
  "test:webgpu",
] as const;

async function readScripts(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(rootFolder, "package.json"), "utf8");
  return (JSON.parse(text) as { scripts: Record<string, string> }).scripts;
}

/** Runs a command line with the workspace's programs on the path; true if it ended with status 0. */
function succeeds(commandLine: string): Promise<boolean> {
  const programs = join(rootFolder, "node_modules/.bin");
  const separator = process.platform === "win32" ? ";" : ":";
  const child = spawn(commandLine, {
    cwd: rootFolder,
    shell: true,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PATH: `${programs}${separator}${process.env.PATH ?? ""}` },
  });
  return new Promise((done) => {
    child.on("error", () => done(false));
    child.on("close", (status) => done(status === 0));
  });
}

async function runVitest(commandLine: string): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "peftbench-test-"));
  const reportPath = join(folder, "vitest.json");
  const succeeded = await succeeds(
    `${commandLine} --reporter=default --reporter=json --outputFile.json="${reportPath}"`,
  );
  const reportText = await readFile(reportPath, "utf8").catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
  return countVitest(reportText, succeeded);
}

const scripts = await readScripts();
const summary: string[] = [];
let total = noCounts;
for (const name of stepNames) {
  const commandLine = scripts[name];
  if (commandLine === undefined)
    throw new Error(`package.json has no script "${name}", which is a step of the tests`);
  console.log(`\n=== ${name}: ${commandLine}`);
  const startMs = performance.now();
  const counts = name.startsWith("test:")
    ? await runVitest(commandLine)
    : countOf(await succeeds(commandLine));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  summary.push(`${counts.failed > 0 ? "FAILED" : "ok    "} ${name} (${formatCounts(counts)}; ${seconds} s)`);
  total = addCounts(total, counts);
}
console.log(`\n=== summary\n${summary.join("\n")}\n\n${formatCounts(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;
