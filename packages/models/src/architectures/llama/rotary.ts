import type { GraphBuilder, Tensor } from "@peftbench/runtime";

/** Rotary position embeddings (Su et al. 2021): pairs of features are turned by an angle that grows with the position. */
export interface Rotary {
  /** The base of the frequencies. */
  readonly theta: number;
  readonly scaling: RotaryScaling | null;
}

/** How frequencies are lowered, so that more positions fit than pretraining had. */
export type RotaryScaling =
  | { readonly kind: "linear"; readonly factor: number }
  /** Llama 3.1: long waves are stretched by `factor`, short ones left, those between blended. */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxPositions: number;
    };

/** Angle by which a position turns each pair of features, in radians: [headSize / 2]. */
export function frequencies({ theta, scaling }: Rotary, headSize: number): readonly number[] {
  return Array.from({ length: headSize / 2 }, (_, pair) =>
    scaled(theta ** ((-2 * pair) / headSize), scaling),
  );
}

function scaled(frequency: number, scaling: RotaryScaling | null): number {
  if (scaling === null) return frequency;
  if (scaling.kind === "linear") return frequency / scaling.factor;
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxPositions } = scaling;
  const wavesInContext = (originalMaxPositions * frequency) / (2 * Math.PI);
  if (wavesInContext < low) return frequency / factor;
  if (wavesInContext > high) return frequency;
  const kept = (wavesInContext - low) / (high - low);
  return ((1 - kept) * frequency) / factor + kept * frequency;
}

/** Turns x [rows, length, heads, headSize] by the angles of the positions 0, 1, ... of its second axis. */
export type Turn = (x: Tensor) => Tensor;

/** The first half of a head's features is paired with the second, as `transformers` has them. */
export function rotaryTurn(graph: GraphBuilder, rotary: Rotary, length: number, headSize: number): Turn {
  const table = (of: (angle: number) => number): Tensor =>
    graph.constant([length, 1, headSize], "f32", () => angleTable(rotary, length, headSize, of));
  return turnBy(table(Math.cos), table(Math.sin));
}

/** The same by positions that are known when the graph runs, i32 [rows * length], below `capacity`. */
export function rotaryTurnAt(
  graph: GraphBuilder,
  rotary: Rotary,
  { positions, capacity }: { readonly positions: Tensor<"i32">; readonly capacity: number },
  { rows, length, headSize }: { readonly rows: number; readonly length: number; readonly headSize: number },
): Turn {
  const table = (of: (angle: number) => number): Tensor =>
    graph
      .constant([capacity, headSize], "f32", () => angleTable(rotary, capacity, headSize, of))
      .rows(positions)
      .reshape([rows, length, 1, headSize]);
  return turnBy(table(Math.cos), table(Math.sin));
}

/** [positions, headSize] */
function angleTable(
  rotary: Rotary,
  positions: number,
  headSize: number,
  of: (angle: number) => number,
): Float32Array {
  const values = new Float32Array(positions * headSize);
  const perPair = frequencies(rotary, headSize);
  for (let position = 0; position < positions; position++) {
    perPair.forEach((frequency, pair) => {
      const value = of(position * frequency);
      values[position * headSize + pair] = value;
      values[position * headSize + headSize / 2 + pair] = value;
    });
  }
  return values;
}

function turnBy(cosine: Tensor, sine: Tensor): Turn {
  return (x) => {
    const half = x.size(-1) / 2;
    const turned = x
      .slice(-1, half, half)
      .neg()
      .concat([x.slice(-1, 0, half)], 3);
    return x.mul(cosine).add(turned.mul(sine));
  };
}
