/**
 * Functions that WGSL lacks or leaves inaccurate, over an alias `T` that is f32 or vec4<f32>. WGSL promises neither NaN
 * nor infinity, so none of them computes either on the way to a finite result.
 */
const FUNCTIONS: Readonly<Record<string, string>> = {
  // Rational minimax approximation on [-3.83, 3.83], outside of which f32 erf is 1 (as in Eigen and XLA); < 4 ulp.
  erfOf: `
fn erfOf(value: T) -> T {
  let x = clamp(value, T(-3.832506856900711), T(3.832506856900711));
  let s = x * x;
  var p = T(-2.72614225801306e-10);
  p = fma(p, s, T(2.77068142495902e-08));
  p = fma(p, s, T(-2.10102402082508e-06));
  p = fma(p, s, T(-5.69250639462346e-05));
  p = fma(p, s, T(-7.34990630326855e-04));
  p = fma(p, s, T(-2.95459980854025e-03));
  p = fma(p, s, T(-1.60960333262415e-02));
  var q = T(-1.45660718464996e-05);
  q = fma(q, s, T(-2.13374055278905e-04));
  q = fma(q, s, T(-1.68282697438203e-03));
  q = fma(q, s, T(-7.37332916720468e-03));
  q = fma(q, s, T(-1.42647390514189e-02));
  return x * p / q;
}
`,
  // WGSL's own tanh may overflow on the way. Near 0, where the quotient cancels, the Taylor series.
  tanhOf: `
fn tanhOf(x: T) -> T {
  let size = min(abs(x), T(20.0));
  let quotient = T(1.0) - T(2.0) / (exp(size * 2.0) + T(1.0));
  let s = size * size;
  var series = T(62.0 / 2835.0);
  series = fma(series, s, T(-17.0 / 315.0));
  series = fma(series, s, T(2.0 / 15.0));
  series = fma(series, s, T(-1.0 / 3.0));
  series = fma(series * s, size, size);
  return sign(x) * select(quotient, series, size < T(0.3));
}
`,
  // exp of a number that is not positive, so nothing overflows.
  sigmoidOf: `
fn sigmoidOf(x: T) -> T {
  let power = exp(-min(abs(x), T(87.0)));
  return select(power, T(1.0), x >= T(0.0)) / (T(1.0) + power);
}
`,
  // Phi(x) + x phi(x), the derivative of gelu.
  geluSlope: `
fn geluSlope(x: T) -> T {
  let density = exp(max(x * x * -0.5, T(-87.0))) * 0.3989422804014327;
  return 0.5 * (1.0 + erfOf(x * 0.7071067811865476)) + x * density;
}
`,
  // Derivative of the tanh approximation of gelu.
  geluTanhSlope: `
fn geluTanhSlope(x: T) -> T {
  let t = tanhOf(x * (1.0 + 0.044715 * x * x) * 0.7978845608028654);
  let bend = 1.0 + 3.0 * 0.044715 * x * x;
  return 0.5 * (1.0 + t) + x * (1.0 - t * t) * bend * (0.5 * 0.7978845608028654);
}
`,
  siluSlope: `
fn siluSlope(x: T) -> T {
  let s = sigmoidOf(x);
  return s + x * s * (1.0 - s);
}
`,
};

/** The source of those functions that `wgsl` calls, directly or through one another. */
export function functionsCalledBy(wgsl: string): string {
  const direct = Object.entries(FUNCTIONS).filter(([name]) => wgsl.includes(`${name}(`));
  const called = new Set<string>();
  const visit = (name: string, source: string): void => {
    if (called.has(name)) return;
    called.add(name);
    for (const [other, text] of Object.entries(FUNCTIONS))
      if (source.includes(`${other}(`)) visit(other, text);
  };
  for (const [name, source] of direct) visit(name, source);
  return [...called].map((name) => FUNCTIONS[name]).join("");
}
