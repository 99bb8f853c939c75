import type { ColumnSource } from "hyparquet-writer";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { TaskDefinition, TaskFiles } from "../task.ts";

/** Rows of a small file of a task; a pair's second sentences are the first ones with a question mark where absent. */
export interface ParquetRows {
  readonly text: readonly (string | null)[];
  readonly pair?: readonly string[];
  readonly label: readonly number[];
}

/** A file as the hub has it, for tests: texts, class numbers (or scores), and row numbers beside. */
export function parquetFile(
  { kind, source }: TaskDefinition<TaskFiles>,
  { text, pair = text.map((one) => `${one}?`), label }: ParquetRows,
): Uint8Array {
  const { columns } = source.parquet;
  return columnsFile([
    { name: columns.text, data: [...text], type: "STRING", nullable: true },
    ...(columns.pair === undefined
      ? []
      : [{ name: columns.pair, data: [...pair], type: "STRING" as const, nullable: true }]),
    kind === "regression"
      ? { name: columns.label, data: [...label], type: "FLOAT" }
      : { name: columns.label, data: label.map(BigInt), type: "INT64" },
    { name: "idx", data: label.map((_, index) => index), type: "INT32" },
  ]);
}

export function columnsFile(columns: readonly ColumnSource[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData: [...columns] }));
}
