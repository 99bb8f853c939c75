import { readFileSync } from "node:fs";

type Bounds = readonly [number, number];

interface Reference {
  readonly logGamma: readonly (readonly [x: number, value: number])[];
  readonly studentUpperTail: readonly (readonly [t: number, degrees: number, value: number])[];
  readonly mcnemar: readonly {
    readonly table: readonly [both: number, onlyFirst: number, onlySecond: number, neither: number];
    readonly confidence: number;
    readonly pValue: number;
    readonly interval: Bounds;
    readonly uncorrelated: Bounds | null;
  }[];
  readonly holm: { readonly pValues: readonly number[]; readonly adjusted: readonly number[] };
  readonly equivalence: readonly {
    readonly differences: readonly number[];
    readonly margin: number;
    readonly pValue: number;
    readonly interval: Bounds;
  }[];
  readonly effect: {
    readonly differences: readonly number[];
    readonly cohensD: number;
    readonly hedgesG: number;
  };
  readonly bootstrap: readonly {
    readonly metric: "matthews" | "f1" | "pearson" | "spearman";
    readonly labels: readonly number[];
    readonly first: readonly number[];
    readonly second: readonly number[];
    readonly difference: number;
    readonly interval: Bounds;
  }[];
}

/** Values of scipy, statsmodels and scikit-learn: see `make.py` beside them. */
export const reference = JSON.parse(
  readFileSync(new URL("../../fixtures/statistics/reference.json", import.meta.url), "utf8"),
) as Reference;
