import { execFile } from "node:child_process";
import { arch, cpus, platform, release } from "node:os";
import { promisify } from "node:util";
import type { ExecutorKind, ResultEnvironment } from "./result/schema.ts";

export type RuntimeName = ResultEnvironment["runtime"]["name"];

/** The JavaScript runtime that executes this. */
export function currentRuntime(): ResultEnvironment["runtime"] {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return { name: "deno", version: deno };
  if (bun !== undefined) return { name: "bun", version: bun };
  return { name: "node", version: node };
}

/** What this process runs on, for the `environment` of a result. */
export function describeEnvironment(known: {
  readonly sources: SourceState | null;
  readonly executor: ExecutorKind;
  readonly executorVersion: string;
  readonly adapter: string | null;
  readonly threads: number;
  readonly now: Date;
}): ResultEnvironment {
  return {
    peftbenchCommit: known.sources?.commit ?? null,
    worktreeDirty: known.sources?.dirty ?? null,
    runtime: currentRuntime(),
    executor: known.executor,
    executorVersion: known.executorVersion,
    os: `${platform()} ${release()} ${arch()}`,
    cpuModel: cpus()[0]?.model.trim() || "unknown",
    threads: known.threads,
    adapter: known.adapter,
    createdAt: known.now.toISOString(),
  };
}

/** The commit that the sources are at, and whether files were changed since. */
export interface SourceState {
  readonly commit: string;
  readonly dirty: boolean;
}

/** Null where the folder is no git working tree, or there is no git. */
export async function readSourceState(folder: string): Promise<SourceState | null> {
  const git = async (...parameters: string[]): Promise<string> =>
    (await promisify(execFile)("git", parameters, { cwd: folder })).stdout.trim();
  try {
    const commit = await git("rev-parse", "HEAD");
    return { commit, dirty: (await git("status", "--porcelain")) !== "" };
  } catch {
    return null;
  }
}
