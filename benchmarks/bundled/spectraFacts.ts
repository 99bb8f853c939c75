import { loadPretrained } from "@peftbench/models";
import { placeModules } from "../reportParts.ts";
import type { SpectrumSummary } from "./spectrum.ts";
import { randomSpectrum, relativeToRms, singularValuesOf, summarizeSpectrum } from "./spectrum.ts";

/** A spectrum and what it comes to. */
export interface Spectrum {
  /** [rows, columns] */
  readonly shape: readonly [number, number];
  /** Falling, relative to their root mean square. */
  readonly values: readonly number[];
  readonly summary: SpectrumSummary;
}

/** The weight of one linear module of the encoder's layers. */
export interface ModuleSpectrum extends Spectrum {
  readonly module: string;
  /** What modules of this kind are called in every layer: `query`. */
  readonly kind: string;
  readonly layer: number;
}

export interface SpectraFacts {
  /** sha256 of the weight files. */
  readonly checksum: string;
  readonly modules: readonly ModuleSpectrum[];
  /** Matrices of independent normal numbers, one of each shape that occurs. */
  readonly random: readonly Spectrum[];
}

/** Spectra of every linear module in the layers of a model: what a method can attach to. Pooler and head are left out. */
export async function spectraFacts(folder: string, ranks: readonly number[]): Promise<SpectraFacts> {
  const head = { kind: "classification", labelCount: 2 } as const;
  const { architecture, config, values, checksum } = await loadPretrained(folder, head, { seed: 0 });
  const linears = architecture.linearModules(config, head).filter((module) => !module.head);
  const modules = placeModules(linears.map(({ name }) => name)).flatMap(({ module, kind, layer }) => {
    const weight = values.get(`${module}.weight`);
    if (layer === null || weight === undefined) return [];
    const [rows = 0, columns = 0] = weight.shape;
    const singularValues = singularValuesOf(module, weight.data as Float32Array, weight.shape);
    return [{ module, kind, layer, ...spectrumOf(singularValues, [rows, columns], ranks) }];
  });
  const shapes = new Map(modules.map(({ shape }) => [shape.join(), shape]));
  const random = [...shapes.values()].map((shape) => spectrumOf(randomSpectrum(...shape), shape, ranks));
  return { checksum, modules, random };
}

/** The random matrix of a module's shape. */
export function randomOf({ random }: SpectraFacts, shape: Spectrum["shape"]): Spectrum {
  const found = random.find((each) => each.shape.join() === shape.join());
  if (found === undefined) throw new RangeError(`There is no random matrix of shape [${shape}].`);
  return found;
}

/** The modules of each kind, layer by layer, in the order of a layer's pass. */
export function byKind(modules: readonly ModuleSpectrum[]): ReadonlyMap<string, readonly ModuleSpectrum[]> {
  const kinds = new Map<string, ModuleSpectrum[]>();
  for (const module of modules) kinds.set(module.kind, [...(kinds.get(module.kind) ?? []), module]);
  return kinds;
}

function spectrumOf(
  singularValues: Float64Array,
  shape: Spectrum["shape"],
  ranks: readonly number[],
): Spectrum {
  return {
    shape,
    // Five digits are finer than any screen, and keep the file small.
    values: [...relativeToRms(singularValues)].map((value) => Number(value.toPrecision(5))),
    summary: summarizeSpectrum(singularValues, shape, ranks),
  };
}
