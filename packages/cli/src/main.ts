import { resolve } from "node:path";
import { runCommandLine } from "./commandLine.ts";
import { commands } from "./commands/index.ts";

const { stdout, stderr } = process;

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  commands,
  { isTerminal: stdout.isTTY === true, write: (text) => stdout.write(text) },
  {
    projectFolder: resolve(import.meta.dirname, "../../.."),
    environment: process.env,
    say: (line) => stderr.write(`${line}\n`),
    errorOutput: {
      isTerminal: stderr.isTTY === true,
      columns: stderr.columns ?? 80,
      write: (text) => stderr.write(text),
    },
  },
);
