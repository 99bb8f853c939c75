import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { RuntimeName } from "../environment.ts";
import { currentRuntime } from "../environment.ts";

/** A program and its first arguments, up to the entry file. */
export interface RuntimeCommand {
  readonly program: string;
  readonly parameters: readonly string[];
}

/** A runtime that was asked for is not there. */
export class RuntimeMissingError extends Error {
  override readonly name = "RuntimeMissingError";
  readonly remedy: string;

  constructor(name: RuntimeName) {
    super(`There is no ${name} to run the cells with.`);
    this.remedy = `Run \`pnpm install\`, or choose another --runtime.`;
  }
}

const runtimeParameters: Readonly<Record<RuntimeName, readonly string[]>> = {
  deno: ["run", "--allow-all", "--quiet"],
  node: ["--import", "tsx"],
  bun: [],
};

/**
 * How to start a TypeScript file under a runtime. Programs are called directly, never through a shim of a package
 * manager: a signal would end the shim and leave the program behind.
 * @param projectFolder where the packages of the runtimes are installed
 * @throws {RuntimeMissingError}
 */
export function runtimeCommand(name: RuntimeName, projectFolder: string): RuntimeCommand {
  const parameters = runtimeParameters[name];
  if (currentRuntime().name === name) return { program: process.execPath, parameters };
  const program = findRuntime(name, projectFolder);
  if (program === null) throw new RuntimeMissingError(name);
  return { program, parameters };
}

/** The runtime's program: of the npm package for Deno and Bun, by its name on the path for Node; null if missing. */
export function findRuntime(name: RuntimeName, projectFolder: string): string | null {
  if (currentRuntime().name === name) return process.execPath;
  if (name === "node") return "node";
  try {
    const manifest = createRequire(join(projectFolder, "package.json")).resolve(`${name}/package.json`);
    const files = name === "deno" ? ["deno", "deno.exe"] : ["bin/bun.exe", "bin/bun"];
    return files.map((file) => join(dirname(manifest), file)).find((file) => existsSync(file)) ?? null;
  } catch {
    return null;
  }
}
