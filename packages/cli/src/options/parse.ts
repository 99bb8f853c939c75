import { parseArgs } from "node:util";
import type { ArgsDef } from "citty";
import { suggestion, UsageError } from "./usageError.ts";

/** The options that were given, by their names. */
export interface GivenOptions {
  /** The value of an option that takes one; undefined where it was not given. */
  text(name: string): string | undefined;
  /** Whether an option without a value was given. */
  flag(name: string): boolean;
  readonly positionals: readonly string[];
}

/** Options that every command has. */
export const commonOptions = {
  json: {
    type: "boolean",
    description: "One JSON document on standard output; everything else goes to standard error",
  },
  help: { type: "boolean", alias: "h", description: "This text" },
} as const satisfies ArgsDef;

/**
 * Reads a command's options strictly, where citty would let unknown ones pass.
 * @throws {UsageError} for an unknown option, one without its value, one given twice, a stray word
 */
export function parseOptions(
  parameters: readonly string[],
  definitions: ArgsDef,
  command: string,
): GivenOptions {
  const named = Object.entries(definitions).filter(([, definition]) => definition.type !== "positional");
  const known = new Map(named);
  const { tokens } = parseArgs({
    args: [...parameters],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      named.map(([name, definition]) => [
        name,
        {
          type: definition.type === "boolean" ? ("boolean" as const) : ("string" as const),
          ...("alias" in definition && typeof definition.alias === "string"
            ? { short: definition.alias }
            : {}),
        },
      ]),
    ),
  });
  const help = `Run \`pnpm bench ${command} --help\` for all options.`;
  const values = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const definition = known.get(name);
    if (definition === undefined) {
      const names = [...known.keys()].map((option) => `--${option}`);
      throw new UsageError(
        `There is no option ${rawName} of ${command}.${suggestion(`--${name}`, names)} Allowed: ${names.join(", ")}. ${help}`,
      );
    }
    if (values.has(name)) throw new UsageError(`${rawName} was given twice; give it once. ${help}`);
    if (definition.type === "boolean") {
      if (value !== undefined) {
        throw new UsageError(
          `${rawName} takes no value, found ${JSON.stringify(value)}. Leave the value out.`,
        );
      }
      values.set(name, true);
    } else {
      // A following option is a forgotten value; a value that starts with a dash can be given as --name=-value.
      const forgotten = value === undefined || value === "" || (!token.inlineValue && value.startsWith("-"));
      if (forgotten) {
        const found = value === undefined || value === "" ? "none" : JSON.stringify(value);
        throw new UsageError(
          `${rawName} needs a value, found ${found}. ${definition.description ?? ""}. ${help}`,
        );
      }
      values.set(name, value);
    }
  }
  const most = Object.values(definitions).filter((definition) => definition.type === "positional").length;
  const stray = positionals[most];
  if (stray !== undefined) {
    throw new UsageError(
      `Found the stray word ${JSON.stringify(stray)}. Values belong to options: --tasks sst2,cola. ${help}`,
    );
  }
  return {
    text: (name) => {
      const value = values.get(name);
      return value === true ? undefined : value;
    },
    flag: (name) => values.get(name) === true,
    positionals,
  };
}
