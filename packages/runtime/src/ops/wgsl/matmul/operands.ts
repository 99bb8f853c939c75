import type { MatmulProblem } from "./problem.ts";

/** The components of a vec4, by index. */
export const COMPONENTS = ["x", "y", "z", "w"] as const;
export const STEPS = [0, 1, 2, 3] as const;

/** WGSL that brings one operand into registers for four steps of the inner index `k`. */
export interface OperandLoads {
  /** Before the loop. */
  readonly before: string;
  /** In the loop, for `k` to `k + 3`. */
  readonly inside: string;
}

export interface OperandLayout {
  readonly problem: MatmulProblem;
  /** Contiguous four elements are read at once; else one by one, with every index kept in range. */
  readonly isVector: boolean;
}

/** Whether four neighbours in memory of each operand can be read as one vec4. */
export function vectorLayouts(
  problem: MatmulProblem,
  vectorize: boolean,
): { readonly a: boolean; readonly b: boolean } {
  const { rows, inner, columns, transposeA, transposeB } = problem;
  return {
    a: vectorize && (transposeA ? rows : inner) % 4 === 0,
    b: vectorize && (transposeB ? inner : columns) % 4 === 0,
  };
}

/** `value` where step `t` is inside the inner axis, else 0; without a check where four steps always fit. */
export function guarded(
  problem: MatmulProblem,
  t: number,
  zero: string,
  value: (k: string) => string,
): string {
  if (problem.inner % 4 === 0) return value(t === 0 ? "k" : `(k + ${t}u)`);
  return `select(${zero}, ${value(`min(k + ${t}u, u.inner - 1u)`)}, k + ${t}u < u.inner)`;
}

/**
 * Four rows of a from `row0` on. Where a is read as it lies, the text makes `a0`..`a3`, one row each with four steps;
 * transposed, it makes `aStep0`..`aStep3`, one step each with four rows.
 */
export function loadRows({ problem, isVector }: OperandLayout): OperandLoads {
  if (problem.transposeA) {
    const inside = STEPS.map((t) => {
      const value = isVector
        ? guarded(problem, t, "vec4f(0.0)", (k) => `a[(batch * u.inner + ${k}) * (u.rows / 4u) + row0 / 4u]`)
        : `vec4f(${STEPS.map((r) =>
            guarded(
              problem,
              t,
              "0.0",
              (k) => `a[(batch * u.inner + ${k}) * u.rows + min(row0 + ${r}u, u.rows - 1u)]`,
            ),
          ).join(", ")})`;
      return `    let aStep${t} = ${value};`;
    });
    return { before: "", inside: inside.join("\n") };
  }
  const unit = isVector ? "(u.inner / 4u)" : "u.inner";
  const before = STEPS.map(
    (r) => `  let aRow${r} = (batch * u.rows + min(row0 + ${r}u, u.rows - 1u)) * ${unit};`,
  );
  const inside = STEPS.map((r) => {
    const value = isVector
      ? `a[aRow${r} + k / 4u]`
      : `vec4f(${STEPS.map((t) => guarded(problem, t, "0.0", (k) => `a[aRow${r} + ${k}]`)).join(", ")})`;
    return `    let a${r} = ${value};`;
  });
  return { before: before.join("\n"), inside: inside.join("\n") };
}

/** Element of row `r` at step `t`, after `loadRows`. */
export function rowElement(problem: MatmulProblem, r: number, t: number): string {
  return problem.transposeA ? `aStep${t}.${COMPONENTS[r]}` : `a${r}.${COMPONENTS[t]}`;
}

/**
 * `4 vectors` columns of b from `column0` on. Where b is read as it lies, the text makes `bStep<t>_<vector>`, four
 * columns each; transposed, it makes `b<column>`, four steps each.
 */
export function loadColumns({ problem, isVector }: OperandLayout, vectors: number): OperandLoads {
  if (problem.transposeB) {
    const columns = Array.from({ length: 4 * vectors }, (_, column) => column);
    const unit = isVector ? "(u.inner / 4u)" : "u.inner";
    const before = columns.map(
      (column) =>
        `  let bRow${column} = (batch * u.columns + min(column0 + ${column}u, u.columns - 1u)) * ${unit};`,
    );
    const inside = columns.map((column) => {
      const value = isVector
        ? `b[bRow${column} + k / 4u]`
        : `vec4f(${STEPS.map((t) => guarded(problem, t, "0.0", (k) => `b[bRow${column} + ${k}]`)).join(", ")})`;
      return `    let b${column} = ${value};`;
    });
    return { before: before.join("\n"), inside: inside.join("\n") };
  }
  const places = Array.from({ length: vectors }, (_, vector) => vector);
  const before = isVector
    ? places.map((v) => `  let bPlace${v} = min(column0 / 4u + ${v}u, u.columns / 4u - 1u);`)
    : places.flatMap((v) =>
        STEPS.map((c) => `  let bPlace${4 * v + c} = min(column0 + ${4 * v + c}u, u.columns - 1u);`),
      );
  const inside = STEPS.flatMap((t) =>
    places.map((v) => {
      const value = isVector
        ? guarded(
            problem,
            t,
            "vec4f(0.0)",
            (k) => `b[(batch * u.inner + ${k}) * (u.columns / 4u) + bPlace${v}]`,
          )
        : `vec4f(${STEPS.map((c) =>
            guarded(problem, t, "0.0", (k) => `b[(batch * u.inner + ${k}) * u.columns + bPlace${4 * v + c}]`),
          ).join(", ")})`;
      return `    let bStep${t}_${v} = ${value};`;
    }),
  );
  return { before: before.join("\n"), inside: inside.join("\n") };
}

/** Four columns at step `t`, after `loadColumns`. */
export function columnVector(problem: MatmulProblem, vector: number, t: number): string {
  if (!problem.transposeB) return `bStep${t}_${vector}`;
  return `vec4f(${STEPS.map((c) => `b${4 * vector + c}.${COMPONENTS[t]}`).join(", ")})`;
}
