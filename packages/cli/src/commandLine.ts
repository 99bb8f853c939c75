import { stripVTControlCharacters } from "node:util";
import { defineCommand, renderUsage } from "citty";
import type { Command, CommandContext, CommandExample } from "./command.ts";
import { commonOptions, parseOptions } from "./options/parse.ts";
import { suggestion, UsageError } from "./options/usageError.ts";

/** Where the command line writes. */
export interface CommandLineOutput {
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
}

/**
 * Runs one command line.
 * @param words what follows the program's name
 * @returns the exit status: 0 done, 1 failed, 2 a wrong call
 */
export async function runCommandLine(
  words: readonly string[],
  commands: readonly Command[],
  output: CommandLineOutput,
  context: CommandContext,
): Promise<0 | 1 | 2> {
  const [name, ...parameters] = words;
  const json = parameters.includes("--json");
  const print = (text: string): void =>
    output.write(`${output.isTerminal ? text : stripVTControlCharacters(text)}\n`);
  try {
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      print(await overview(commands));
      return name === undefined ? 2 : 0;
    }
    const command = commands.find((candidate) => candidate.name === name);
    if (command === undefined) {
      const names = commands.map((candidate) => candidate.name);
      throw new UsageError(
        `There is no command ${JSON.stringify(name)}.${suggestion(name, names)} Allowed: ${names.join(", ")}.`,
      );
    }
    const options = parseOptions(parameters, { ...command.options, ...commonOptions }, command.name);
    if (options.flag("help")) {
      print(await usageOf(command));
      return 0;
    }
    const result = await command.run(options, context);
    print(options.flag("json") ? JSON.stringify(result.document, null, 2) : result.text);
    return result.exitCode;
  } catch (error) {
    const exitCode = error instanceof UsageError ? 2 : 1;
    context.say(describeError(error, exitCode));
    if (json) print(JSON.stringify({ error: { type: nameOf(error), message: messageOf(error) } }, null, 2));
    return exitCode;
  }
}

async function overview(commands: readonly Command[]): Promise<string> {
  const usage = await renderUsage(
    defineCommand({
      meta: {
        name: "pnpm bench",
        description: "Compares parameter-efficient fine-tuning methods: quality, parameters, memory, time",
      },
      subCommands: Object.fromEntries(commands.map((command) => [command.name, cittyCommand(command)])),
    }),
  );
  return `${usage.trimEnd()}\n\n${formatExamples(commands.flatMap(({ example }) => (typeof example === "string" ? [] : example)))}`;
}

async function usageOf(command: Command): Promise<string> {
  const usage = await renderUsage(cittyCommand(command), defineCommand({ meta: { name: "pnpm bench" } }));
  const { example } = command;
  return `${usage.trimEnd()}\n\n${typeof example === "string" ? `EXAMPLE\n\n  ${example}` : formatExamples(example)}`;
}

function formatExamples(examples: readonly CommandExample[]): string {
  return ["EXAMPLES", ...examples.map(({ line, does }) => `  ${line}\n    ${does}`)].join("\n\n");
}

function cittyCommand(command: Command) {
  return defineCommand({
    meta: { name: command.name, description: command.description },
    args: { ...command.options, ...commonOptions },
  });
}

/** A person who called wrongly needs the sentence; one who met a defect needs the place, too. */
function describeError(error: unknown, exitCode: 1 | 2): string {
  const remedy = error instanceof Error && "remedy" in error ? error.remedy : null;
  const message = messageOf(error);
  const whole = typeof remedy === "string" && !message.includes(remedy) ? `${message} ${remedy}` : message;
  if (exitCode === 2 || typeof remedy === "string" || !(error instanceof Error)) return `error: ${whole}`;
  return `error: ${error.stack ?? whole}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}
