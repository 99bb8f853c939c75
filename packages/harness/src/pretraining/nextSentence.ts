import type { ProgramInputs, Random } from "@peftbench/runtime";
import type { SpecialIds, TokenRows } from "./rows.ts";

/** Inputs of the graphs beside the encoder's and masking's. */
export const NEXT_SENTENCE_INPUTS = {
  /** i32 [rows]: 0 where the second segment goes on from the first, 1 where it is from elsewhere. */
  labels: "nextSentence",
  /** f32 [rows]: 1 / (pairs of the batch), 0 for rows of one segment. */
  pairWeight: "pairWeight",
} as const;

/** Rows apart between a pair and where its strange second segment comes from. */
export interface StrangerDistance {
  readonly least: number;
  readonly most: number;
}

export interface PairedBatch {
  /** The rows of the batch, some with the second segment of another. */
  readonly rows: TokenRows;
  readonly inputs: ProgramInputs;
}

/**
 * Takes the rows `indices` and gives half of the pairs among them, by chance, the second segment of another row, cut at
 * the row's length (next-sentence prediction, Devlin et al. 2019). Where BERT takes any document, the other row here is
 * one at `distance`, mostly of the same corpus, as corpora are told apart by their style alone.
 */
export function pairRows(
  rows: TokenRows,
  indices: ArrayLike<number>,
  random: Random,
  special: SpecialIds,
  distance: StrangerDistance,
): PairedBatch {
  const { length } = rows;
  const count = indices.length;
  const ids = new Int32Array(count * length).fill(special.pad);
  const typeIds = new Int32Array(count * length);
  const lengths = new Int32Array(count);
  const labels = new Int32Array(count);
  const pairWeight = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const index = indices[row] as number;
    const own = segmentsOf(rows, index);
    let second = own.second;
    if (second.length > 0) {
      pairWeight[row] = 1;
      if (random.uniform() < 0.5) {
        labels[row] = 1;
        second = segmentsOf(rows, strangerOf(rows, index, random, distance)).second;
      }
    }
    const cut = Math.min(second.length, length - own.first.length);
    ids.set(own.first, row * length);
    ids.set(second.subarray(0, cut), row * length + own.first.length);
    lengths[row] = own.first.length + cut;
    if (cut > 0) ids[row * length + (lengths[row] as number) - 1] = special.end;
    typeIds.fill(1, row * length + own.first.length, row * length + (lengths[row] as number));
  }
  const pairs = pairWeight.reduce((sum, weight) => sum + weight, 0);
  return {
    rows: { count, length, ids, typeIds, lengths },
    inputs: {
      [NEXT_SENTENCE_INPUTS.labels]: labels,
      [NEXT_SENTENCE_INPUTS.pairWeight]: pairWeight.map((weight) => (pairs === 0 ? 0 : weight / pairs)),
    },
  };
}

/** `[CLS] a [SEP]` and `b [SEP]`; the second is empty in a row of one segment. */
function segmentsOf(
  rows: TokenRows,
  index: number,
): { readonly first: Int32Array; readonly second: Int32Array } {
  const from = index * rows.length;
  const real = from + (rows.lengths[index] as number);
  const border = rows.typeIds.subarray(from, real).indexOf(1);
  const end = border === -1 ? real : from + border;
  return { first: rows.ids.subarray(from, end), second: rows.ids.subarray(end, real) };
}

/** A pair about as far away as `distance` says, on either side. */
function strangerOf(
  rows: TokenRows,
  index: number,
  random: Random,
  { least, most }: StrangerDistance,
): number {
  const away = Math.min(least + random.integer(most - least + 1), rows.count - 1);
  const forward = random.uniform() < 0.5;
  const first = (index + (forward ? away : rows.count - away)) % rows.count;
  for (let step = 0; step < rows.count; step++) {
    const candidate = (first + step) % rows.count;
    if (candidate !== index && segmentsOf(rows, candidate).second.length > 0) return candidate;
  }
  return index;
}
