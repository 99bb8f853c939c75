import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "@peftbench/models";
import { describe, expect, it } from "vitest";
import { singularValues, truncatedSvd } from "./truncatedSvd.ts";

interface LapackSpectra {
  /** Of the file of weights. */
  readonly sha256: string;
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly [number, number];
    readonly singularValues: readonly number[];
  }[];
}

const lapack = JSON.parse(
  readFileSync(new URL("../../fixtures/spectra/minilm.json", import.meta.url), "utf8"),
) as LapackSpectra;

const minilm = process.env.PEFTBENCH_MINILM;

// Their spectra fall slowly: the 32nd value is a third of the first, as in no matrix made up for a test.
describe.skipIf(minilm === undefined)("spectra of the MiniLM folder named by PEFTBENCH_MINILM", () => {
  it("are of the weights that LAPACK was given", () => {
    const bytes = readFileSync(join(minilm as string, "model.safetensors"));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(lapack.sha256);
  });

  it.each(lapack.weights)(
    "$name has LAPACK's singular values",
    async ({ name, shape, singularValues: s }) => {
      const checkpoint = await openCheckpoint(minilm as string);
      const values = await checkpoint.readFloat32(name);
      await checkpoint.close();
      const matrix = { name, values, rows: shape[0], columns: shape[1] };
      for (const found of [singularValues(matrix), truncatedSvd(matrix, 64).singularValues]) {
        found.forEach((value, index) => {
          const expected = s[index] as number;
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-8 * expected);
        });
      }
    },
  );
});
