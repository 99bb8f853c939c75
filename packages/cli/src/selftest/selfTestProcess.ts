/** The process of a self-test: its argument is the kind of adapter; writes the report as JSON to standard output. */
import process from "node:process";
import { openWebgpuDevice } from "@peftbench/runtime";
import { runSelfTest } from "@peftbench/runtime/selftest";

const [kind, opsText] = process.argv.slice(2);
const opened = await openWebgpuDevice({ adapter: kind === "hardware" ? "hardware" : "software" });
const report = await runSelfTest(opened, {
  nowMs: () => performance.now(),
  // For a quick look: `adapter op,op` checks these alone and times nothing.
  ...(opsText === undefined ? {} : { ops: opsText.split(",") }),
  benchmark: opsText === undefined,
  say: (line) => process.stderr.write(`${line}\n`),
});
await opened.dispose();
process.stdout.write(`${JSON.stringify(report)}\n`);
