import { z } from "zod";
import { runEventSchema } from "../result/events.ts";
import { resultSchema } from "../result/schema.ts";

/**
 * What the process of a cell tells the grid: one JSON document a line on its standard output. Lines that do not
 * start with the prefix come from some library and go to the error log.
 */
const messageSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("event"), event: runEventSchema }),
  /** The run's end; the result is on the disk already. */
  z.strictObject({ kind: z.literal("result"), result: resultSchema }),
  /** Another process had finished the cell by the time this one got the lock. */
  z.strictObject({ kind: z.literal("alreadyFinished"), result: resultSchema }),
  /** Another living process is at work in the folder. */
  z.strictObject({ kind: z.literal("busy"), message: z.string() }),
]);

export type CellMessage = z.infer<typeof messageSchema>;

const PREFIX = "@peftbench ";

export function encodeMessage(message: CellMessage): string {
  return `${PREFIX}${JSON.stringify(message)}\n`;
}

/** The message of one line (without its line end), or null where it is none. */
export function decodeMessage(line: string): CellMessage | null {
  if (!line.startsWith(PREFIX)) return null;
  try {
    return messageSchema.parse(JSON.parse(line.slice(PREFIX.length)));
  } catch {
    return null;
  }
}
