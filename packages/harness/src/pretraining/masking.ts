import { ENCODER_INPUTS } from "@peftbench/models";
import type { ProgramInputs, Random } from "@peftbench/runtime";
import type { SpecialIds, TokenRows } from "./rows.ts";

/** Inputs of the graphs beside the encoder's own. */
export const MASKING_INPUTS = {
  /** f32 [rows, places, length]: a one at each place that is to be predicted, in its row. */
  selection: "selection",
  /** i32 [rows * places]: the tokens that stood there. */
  labels: "labels",
  /** f32 [rows * places]: 1 / (places of the batch), 0 where a short row has fewer places. */
  placeWeight: "placeWeight",
} as const;

export interface MaskingOptions {
  readonly maskedShare: number;
  readonly vocabularySize: number;
  readonly special: SpecialIds;
  /**
   * `training`: of the chosen tokens 80 % become `[MASK]`, 10 % a random token, 10 % stay (Devlin et al. 2019).
   * `always`: all become `[MASK]`.
   */
  readonly replace: "training" | "always";
}

export interface MaskedBatch {
  readonly inputs: ProgramInputs;
  /** Tokens without padding. */
  readonly tokens: number;
  /** Chosen tokens: the row's number in the batch and the place in it, in the order of the labels that count. */
  readonly chosen: readonly { readonly row: number; readonly place: number }[];
}

/** Most tokens of a row that are predicted: the shape of a graph depends on it. */
export function placesPerRow(length: number, maskedShare: number): number {
  return Math.max(1, Math.round((length - 2) * maskedShare));
}

/** Chooses tokens to predict in each of the rows `indices` and hides them; what is chosen depends on `random` alone. */
export function maskRows(
  rows: TokenRows,
  indices: ArrayLike<number>,
  random: Random,
  options: MaskingOptions,
): MaskedBatch {
  const { length } = rows;
  const { special, maskedShare, vocabularySize, replace } = options;
  const places = placesPerRow(length, maskedShare);
  const count = indices.length;
  const inputIds = new Int32Array(count * length);
  const typeIds = new Int32Array(count * length);
  const attentionMask = new Float32Array(count * length);
  const selection = new Float32Array(count * places * length);
  const labels = new Int32Array(count * places);
  const placeWeight = new Float32Array(count * places);
  const chosen: { row: number; place: number }[] = [];
  let tokens = 0;
  for (let row = 0; row < count; row++) {
    const from = (indices[row] as number) * length;
    const real = rows.lengths[indices[row] as number] as number;
    tokens += real;
    inputIds.set(rows.ids.subarray(from, from + length), row * length);
    typeIds.set(rows.typeIds.subarray(from, from + length), row * length);
    attentionMask.fill(1, row * length, row * length + real);
    const candidates = candidatePlaces(rows.ids.subarray(from, from + real), special);
    const wanted = Math.min(
      places,
      Math.max(1, Math.round(candidates.length * maskedShare)),
      candidates.length,
    );
    for (let index = 0; index < wanted; index++) {
      const other = index + random.integer(candidates.length - index);
      const place = candidates[other] as number;
      candidates[other] = candidates[index] as number;
      const target = row * places + index;
      labels[target] = inputIds[row * length + place] as number;
      placeWeight[target] = 1;
      selection[target * length + place] = 1;
      chosen.push({ row, place });
      const luck = replace === "always" ? 0 : random.uniform();
      if (luck < 0.8) inputIds[row * length + place] = special.mask;
      else if (luck < 0.9) {
        inputIds[row * length + place] =
          special.firstOrdinary + random.integer(vocabularySize - special.firstOrdinary);
      }
    }
  }
  for (let index = 0; index < placeWeight.length; index++) {
    placeWeight[index] = (placeWeight[index] as number) / chosen.length;
  }
  return {
    inputs: {
      [ENCODER_INPUTS.inputIds]: inputIds,
      [ENCODER_INPUTS.typeIds]: typeIds,
      [ENCODER_INPUTS.attentionMask]: attentionMask,
      [MASKING_INPUTS.selection]: selection,
      [MASKING_INPUTS.labels]: labels,
      [MASKING_INPUTS.placeWeight]: placeWeight,
    },
    tokens,
    chosen,
  };
}

function candidatePlaces(ids: Int32Array, { firstOrdinary }: SpecialIds): number[] {
  const places: number[] = [];
  for (let place = 0; place < ids.length; place++) {
    if ((ids[place] as number) >= firstOrdinary) places.push(place);
  }
  return places;
}
