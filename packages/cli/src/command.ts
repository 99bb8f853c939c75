import type { ArgsDef } from "citty";
import type { GivenOptions } from "./options/parse.ts";

/** What a command may use of the world. */
export interface CommandContext {
  /** The project's folder: suites, sources, results. */
  readonly projectFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** One line for a person, on standard error: what is being done, never the result. */
  readonly say: (line: string) => void;
  readonly errorOutput: {
    readonly isTerminal: boolean;
    readonly columns: number;
    readonly write: (text: string) => void;
  };
}

/** A command's result, in both the forms it may be asked for in. */
export interface CommandResult {
  /** 0: done. 1: something that was tried has failed. */
  readonly exitCode: 0 | 1;
  /** What `--json` prints; has to be JSON. */
  readonly document: unknown;
  /** What is printed otherwise. */
  readonly text: string;
}

/** A command line, and what it does. */
export interface CommandExample {
  readonly line: string;
  readonly does: string;
}

/** One command of `pnpm bench`. Throws {@link UsageError} for a wrong call. */
export interface Command {
  readonly name: string;
  readonly description: string;
  /** A whole command line that works; or several, what to start with first. */
  readonly example: string | readonly CommandExample[];
  /** Its own options; `--json` and `--help` come on top. */
  readonly options: ArgsDef;
  readonly run: (options: GivenOptions, context: CommandContext) => Promise<CommandResult>;
}
