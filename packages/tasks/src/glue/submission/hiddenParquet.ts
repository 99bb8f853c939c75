import { parquetReadObjects } from "hyparquet";
import { DatasetError } from "../../errors.ts";
import type { ParquetLayout } from "../../task.ts";
import type { TestExample } from "./readTestSplits.ts";

/** The hub's column of places in GLUE's own file. */
const INDEX = "idx";

/**
 * Reads the rows of a hidden split as the hub has it; its labels, which are -1, are left alone.
 * @param file its path, for messages
 * @throws {DatasetError} `bad-parquet` or `missing-column`
 */
export async function readHiddenParquet(
  bytes: Uint8Array,
  file: string,
  { text, pair }: ParquetLayout["columns"],
): Promise<readonly TestExample[]> {
  const columns = pair === undefined ? [INDEX, text] : [INDEX, text, pair];
  const rows = await read(bytes, file, columns);
  return rows.map((row, index) => {
    const value = (column: string): string => {
      const found = row[column];
      if (typeof found === "string") return found;
      if (typeof found === "bigint" || typeof found === "number") return String(found);
      throw new DatasetError({
        code: "missing-column",
        file,
        row: index,
        found: `${found === undefined ? "nothing" : JSON.stringify(found)} in the column ${JSON.stringify(column)}`,
        expected: `the columns ${columns.join(", ")}`,
        remedy: "Get the file again, for example by `--data hf --submission`.",
      });
    };
    const example = { index: value(INDEX), text: value(text) };
    return pair === undefined ? example : { ...example, pair: value(pair) };
  });
}

async function read(
  bytes: Uint8Array,
  file: string,
  columns: readonly string[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  try {
    // Copied, as a small file's bytes lie in a buffer that Node shares among several.
    return await parquetReadObjects({ file: new Uint8Array(bytes).buffer, columns: [...columns] });
  } catch (error) {
    throw new DatasetError({
      code: "bad-parquet",
      file,
      found: `${bytes.length} bytes that cannot be read (${error instanceof Error ? error.message : String(error)})`,
      expected: `a whole parquet file with the columns ${columns.join(", ")}`,
      remedy: "Get the file again, for example by `--data hf --submission`.",
    });
  }
}
