import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import type { RunEvent } from "../result/events.ts";

/** Appends events to `events.jsonl`. */
export interface EventLog {
  append(event: RunEvent): void;
  close(): void;
}

/**
 * Opens the log to go on with it; a last line that a killed writer cut off is removed first. Every event goes to the
 * system at once, so that it outlives this process (though not a power cut).
 */
export function openEventLog(path: string): EventLog {
  const file = openSync(path, "a+");
  const written = readFileSync(path);
  ftruncateSync(file, written.lastIndexOf(0x0a) + 1);
  return {
    append(event) {
      writeSync(file, `${JSON.stringify(event)}\n`);
    },
    close() {
      closeSync(file);
    },
  };
}
