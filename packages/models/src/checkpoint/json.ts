import { CheckpointError } from "./errors.ts";

/**
 * Parses a JSON object of a checkpoint.
 * @throws {CheckpointError} `bad-json`
 */
export function parseJsonObject(text: string, file: string, what: string): Readonly<Record<string, unknown>> {
  const bad = (found: string): CheckpointError =>
    new CheckpointError({
      code: "bad-json",
      file,
      found,
      expected: `a JSON object (${what})`,
      remedy: "The file is damaged or cut off; download it again.",
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`text that is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`);
  }
  return value as Record<string, unknown>;
}

/**
 * The first key that an object anywhere in the text gives twice, or null. `JSON.parse` would silently keep the last.
 * @param text JSON that `JSON.parse` accepts
 */
export function findDuplicateKey(text: string): string | null {
  /** For each object or array that is open, the keys seen so far; null for an array. */
  const open: (Set<string> | null)[] = [];
  // In valid JSON a string that a colon follows is a key.
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, token.length - colon.length)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}
