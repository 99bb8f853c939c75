import type { Chart, MethodMark } from "../reportParts.ts";
import { formatFixed, frame, mutedInk } from "../reportParts.ts";
import type { ModuleSpectrum, Spectrum } from "./spectraFacts.ts";

/** Singular values of one kind of module, a line a layer, beside those of a random matrix of the same shape. */
export function spectraChart(
  kind: string,
  modules: readonly ModuleSpectrum[],
  random: Spectrum,
  marks: ReadonlyMap<string, MethodMark>,
  top: number,
): Chart {
  const points = (values: readonly number[]) => values.map((value, index) => ({ place: index + 1, value }));
  const lines = modules.flatMap(({ layer, values }) =>
    points(values).map((point) => ({ ...point, layer: layerTitle(layer) })),
  );
  const names = modules.map(({ layer }) => layerTitle(layer));
  const drawn = names.map((name) => marks.get(name));
  const encoding = {
    x: {
      field: "place",
      type: "quantitative" as const,
      // What tells spectra apart is among the leading few.
      scale: { type: "log" as const, nice: false, domain: [1, random.values.length] },
      axis: {
        title: "place of σ, the largest first",
        values: [...powersOfTwo(random.values.length)],
        format: "d",
        grid: false,
      },
    },
    y: {
      field: "value",
      type: "quantitative" as const,
      // The same for all kinds, so that drawings compare.
      scale: { domain: [0, top], nice: false },
      axis: { title: "σ / rms of all σ", tickCount: 6, minExtent: 34 },
    },
  };
  const leading = modules.map(
    ({ layer, values }) => `${layerTitle(layer)} begins at ${formatFixed(values[0] ?? 0, 1)}`,
  );
  return {
    description: `Singular values of ${kind} relative to their root mean square: ${leading.join("; ")}; a random matrix of the same shape begins at ${formatFixed(random.values[0] ?? 0, 1)}. The table gives figures of each.`,
    spec: {
      ...frame,
      height: 210,
      layer: [
        {
          data: { values: lines },
          mark: { type: "line", strokeWidth: 1.8 },
          encoding: {
            ...encoding,
            color: {
              field: "layer",
              type: "nominal",
              scale: { domain: names, range: drawn.map((mark) => mark?.color ?? mutedInk) },
              legend: null,
            },
            strokeDash: {
              field: "layer",
              type: "nominal",
              scale: { domain: names, range: drawn.map((mark) => [...(mark?.dash ?? [1, 0])]) },
              legend: null,
            },
          },
        },
        {
          data: { values: points(random.values) },
          mark: { type: "line", strokeWidth: 3, opacity: 0.6, color: mutedInk },
          encoding,
        },
      ],
    },
  };
}

function powersOfTwo(limit: number): readonly number[] {
  return Array.from({ length: Math.floor(Math.log2(limit)) + 1 }, (_, exponent) => 2 ** exponent);
}

/** Counted from 0, as in the names of modules. */
export function layerTitle(layer: number): string {
  return `layer ${layer}`;
}
