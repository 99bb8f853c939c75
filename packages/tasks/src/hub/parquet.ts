import { parquetMetadata, parquetReadObjects } from "hyparquet";
import type { DatasetErrorCode } from "../errors.ts";
import { DatasetError } from "../errors.ts";
import type { LabelledText, TaskDefinition, TaskFiles } from "../task.ts";

type Task = TaskDefinition<TaskFiles>;
type Row = Readonly<Record<string, unknown>>;

const GET_IT_AGAIN = "Get the file again, for example by `--data hf`.";

/**
 * Reads the rows of a parquet file as the hub has them for a task: texts as they stand, class numbers that count as the
 * task's labels do, scores as 32-bit floats.
 * @param file its path, for messages
 * @throws {DatasetError} `bad-parquet`, `missing-column`, `unknown-label`, `empty-text` or `empty-split`
 */
export async function readParquet(
  task: Task,
  bytes: Uint8Array,
  file: string,
): Promise<readonly LabelledText[]> {
  const { text, pair, label } = task.source.parquet.columns;
  const columns = pair === undefined ? [text, label] : [text, pair, label];
  const rows = await readRows(bytes, file, columns);
  if (rows.length === 0) {
    throw broken("empty-split", file, { found: "no rows", expected: "at least one" });
  }
  return rows.map((row, index) => {
    const textOf = (column: string): string => {
      const value = row[column];
      if (typeof value === "string") return value;
      throw broken("empty-text", file, {
        found: `${describe(value)} in the column ${JSON.stringify(column)} of row ${index}, counted from 0`,
        expected: "text",
      });
    };
    const value = { text: textOf(text), label: labelOf(task, row[label], file, index) };
    return pair === undefined ? value : { text: value.text, pair: textOf(pair), label: value.label };
  });
}

async function readRows(
  bytes: Uint8Array,
  file: string,
  columns: readonly string[],
): Promise<readonly Row[]> {
  // Copied, as a small file's bytes lie in a buffer that Node shares among several.
  const buffer = new Uint8Array(bytes).buffer;
  const attempt = async <Value>(read: () => Value | Promise<Value>): Promise<Value> => {
    try {
      return await read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw broken("bad-parquet", file, {
        found: `${bytes.length} bytes that cannot be read (${reason})`,
        expected: "a whole parquet file, compressed by snappy or not at all",
      });
    }
  };
  const metadata = await attempt(() => parquetMetadata(buffer));
  const names = metadata.schema.slice(1).map(({ name }) => name);
  const missing = columns.find((column) => !names.includes(column));
  if (missing !== undefined) {
    throw broken("missing-column", file, {
      found: `the columns ${names.map((name) => JSON.stringify(name)).join(", ")}`,
      expected: `a column named ${JSON.stringify(missing)}`,
    });
  }
  return attempt(() => parquetReadObjects({ file: buffer, metadata, columns: [...columns] }));
}

function labelOf(task: Task, value: unknown, file: string, index: number): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  const [min, max] =
    task.kind === "regression" ? [task.range.min, task.range.max] : [0, task.labels.length - 1];
  const isGood =
    typeof number === "number" &&
    number >= min &&
    number <= max &&
    (task.kind === "regression" || Number.isInteger(number));
  // A float of 32 bits stands for the shortest decimal that gives it: 3.8, and not 3.799999952316284.
  if (isGood) return task.kind === "regression" ? Number(number.toPrecision(7)) : number;
  throw broken("unknown-label", file, {
    found: `the label ${describe(value)} in row ${index}, counted from 0`,
    expected: `a ${task.kind === "regression" ? "number" : "class number"} from ${min} to ${max}`,
  });
}

function describe(value: unknown): string {
  return typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));
}

function broken(
  code: DatasetErrorCode,
  file: string,
  { found, expected }: { readonly found: string; readonly expected: string },
): DatasetError {
  return new DatasetError({ code, file, found, expected, remedy: GET_IT_AGAIN });
}
