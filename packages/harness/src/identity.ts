import { createHash } from "node:crypto";
import type { ExecutorKind, RunCell } from "./result/schema.ts";
import { decisiveTraining } from "./selectionConfig.ts";

/** Raised by hand whenever the same cell would come out with other numbers: finished runs are then run again. */
export const RESULT_VERSION = 1;

/** Everything that decides the outcome of a run, and nothing else: no path, no clock, no commit. */
export interface RunIdentity {
  readonly resultVersion: number;
  /** sha256 of the base model's weights. */
  readonly weightsChecksum: string;
  /** sha256 of its configuration and its tokenizer. */
  readonly modelSettingsChecksum: string;
  /** sha256 of the task's files; what they are cut down to stands in the config. */
  readonly dataChecksum: string;
  readonly executor: ExecutorKind;
  /** Its model's name and its suite only say what to call the run, so they are not hashed. */
  readonly cell: RunCell;
}

/** The run's id: sha256, in hexadecimal, of the identity as canonical JSON. */
export function runId(identity: RunIdentity): string {
  const { method, task, seed, config } = identity.cell;
  const { cell: _, ...sources } = identity;
  const decided = { ...config, training: decisiveTraining(config.training) };
  const decisive = { ...sources, method, task, seed, config: decided };
  return createHash("sha256").update(canonicalJson(decisive)).digest("hex");
}

/**
 * JSON with sorted keys and without white space: equal values give equal text, whatever the order of their keys.
 * @throws {TypeError} for what JSON would drop or bend: undefined, functions, numbers that are not finite
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`Found ${value}; JSON has finite numbers only.`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  throw new TypeError(`Found a value of type ${typeof value}; expected what JSON can hold.`);
}
