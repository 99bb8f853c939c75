import type { Shape } from "../../graph/spec.ts";
import type { OpCase } from "./case.ts";
import { i32, normal, opCase, u32 } from "./case.ts";

const RESHAPES: readonly (readonly [Shape, Shape])[] = [
  [[], [1]],
  [[1], []],
  [[1, 1, 1], []],
  [[7], [7, 1]],
  [
    [6, 4],
    [2, 3, 2, 2],
  ],
  [
    [2, 3, 5],
    [5, 6],
  ],
  [[3, 257], [771]],
];

const TRANSPOSES: readonly (readonly [Shape, readonly number[]])[] = [
  [[7], [0]],
  [
    [1, 5],
    [1, 0],
  ],
  [
    [17, 19],
    [1, 0],
  ],
  [
    [3, 257],
    [1, 0],
  ],
  [
    [2, 3, 5],
    [2, 0, 1],
  ],
  [
    [2, 3, 5],
    [1, 2, 0],
  ],
  [
    [2, 5, 3, 4],
    [0, 2, 1, 3],
  ],
  [
    [2, 5, 3, 4],
    [3, 1, 0, 2],
  ],
  [
    [2, 7, 3, 8],
    [0, 2, 1, 3],
  ],
  [
    [3, 5, 2, 136],
    [0, 2, 1, 3],
  ],
  [
    [36, 72],
    [1, 0],
  ],
  [
    [2, 3, 12, 8],
    [0, 1, 3, 2],
  ],
  [
    [2, 3, 33, 34],
    [0, 1, 3, 2],
  ],
  [
    [2, 8, 3, 4],
    [2, 3, 0, 1],
  ],
  [
    [4, 3, 8],
    [2, 1, 0],
  ],
  [
    [2, 4, 3, 5, 4],
    [4, 0, 2, 3, 1],
  ],
];

/** Shape, axis, start, length. */
const SLICES: readonly (readonly [Shape, number, number, number])[] = [
  [[1], 0, 0, 1],
  [[7], 0, 6, 1],
  [[300], 0, 13, 257],
  [[3, 5], 0, 1, 2],
  [[3, 5], 1, 0, 5],
  [[3, 5], 1, 2, 3],
  [[2, 7, 5], 1, 3, 2],
  [[2, 3, 2, 5], 3, 4, 1],
];

/** Shape, axis, zeros before, zeros after. */
const PADS: readonly (readonly [Shape, number, number, number])[] = [
  [[1], 0, 0, 0],
  [[7], 0, 3, 0],
  [[3, 5], 0, 0, 2],
  [[3, 5], 1, 1, 4],
  [[2, 7, 5], 1, 2, 1],
  [[257], 0, 20, 23],
];

const CONCATS: readonly (readonly [readonly Shape[], number])[] = [
  [[[1]], 0],
  [[[1], [4], [2]], 0],
  [[[257], [300]], 0],
  [
    [
      [3, 5],
      [2, 5],
    ],
    0,
  ],
  [
    [
      [3, 5],
      [3, 1],
      [3, 7],
    ],
    1,
  ],
  [
    [
      [2, 3, 5],
      [2, 4, 5],
    ],
    1,
  ],
];

const BROADCASTS: readonly (readonly [Shape, Shape])[] = [
  [[], [1]],
  [[], [3, 5]],
  [[1], [257]],
  [[5], [3, 5]],
  [
    [3, 1],
    [3, 7],
  ],
  [
    [1, 5, 1],
    [2, 5, 3],
  ],
  [
    [3, 1],
    [2, 3, 4],
  ],
  [
    [2, 3],
    [2, 3],
  ],
];

const integers = Array.from({ length: 12 }, (_, index) => index - 5);
const unsigned = integers.map((value) => value >>> 0);

export const layoutCases: readonly OpCase[] = [
  // What f16 storage does to it is `passes/halfWeights.webgpu.test.ts`: not every executor has f16.
  ...[[], [7], [3, 4], [17, 19]].map((shape) => opCase("toFloat32", "of f32", [normal(shape)])),
  ...RESHAPES.map(([from, to]) => opCase("reshape", `to [${to}]`, [normal(from)], { shape: to })),
  ...TRANSPOSES.map(([shape, permutation]) =>
    opCase("transpose", `by [${permutation}]`, [normal(shape)], { permutation }),
  ),
  ...SLICES.map(([shape, axis, start, length]) =>
    opCase("slice", `axis ${axis} from ${start}, ${length}`, [normal(shape)], { axis, start, length }),
  ),
  ...PADS.map(([shape, axis, before, after]) =>
    opCase("padZeros", `axis ${axis} by ${before} and ${after}`, [normal(shape)], { axis, before, after }),
  ),
  ...CONCATS.map(([shapes, axis]) =>
    opCase(
      "concat",
      `axis ${axis}`,
      shapes.map((shape) => normal(shape)),
      { axis },
    ),
  ),
  ...BROADCASTS.map(([from, to]) => opCase("broadcastTo", `to [${to}]`, [normal(from)], { shape: to })),
  ...[i32([3, 4], integers), u32([3, 4], unsigned)].flatMap((recipe, index) => {
    const kind = index === 0 ? "i32" : "u32";
    return [
      opCase("reshape", `${kind}`, [recipe], { shape: [2, 6] }),
      opCase("transpose", `${kind}`, [recipe], { permutation: [1, 0] }),
      opCase("slice", `${kind}`, [recipe], { axis: 1, start: 1, length: 2 }),
    ];
  }),
];
