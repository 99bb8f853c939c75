import { describe, expect, it } from "vitest";
import type { KernelDispatch } from "../../ops/kernel.ts";
import { f32, input, output, u32 } from "../../ops/kernel.ts";
import type { Location } from "./locations.ts";
import { composeShader, uniformBytes } from "./shader.ts";

const KERNEL: KernelDispatch = {
  name: "test",
  wgsl: "enable subgroups;\n// y = a + b\nfn main() { let v = vec2f(0.0); y[0] = a[0] + b[0] + v.y; }\n",
  bindings: [input(0, "a", "f32"), input(1, "b", "f32"), output(0, "y", "f32")],
  uniforms: [u32("count", 3), f32("scale", 0.5)],
  workgroups: [1, 1, 1],
};

function inArena(offset: number): Location {
  return { kind: "arena", owner: offset, offset, bytes: 4 };
}

function located(places: Readonly<Record<string, Location>>) {
  return composeShader(KERNEL, ({ name }) => places[name] as Location);
}

const PARAMETER: Location = { kind: "parameter", name: "w", bytes: 4 };

describe("the declarations of a kernel", () => {
  it("bind the arena read-write and parameters read-only, after the directives", () => {
    const shader = located({ a: PARAMETER, b: inArena(0), y: inArena(256) });
    expect(shader?.wgsl.split("\n").slice(0, 6)).toEqual([
      "enable subgroups;",
      "@group(0) @binding(0) var<storage, read> a: array<f32>;",
      "@group(0) @binding(1) var<storage, read_write> b: array<f32>;",
      "@group(0) @binding(2) var<storage, read_write> y: array<f32>;",
      "struct Uniforms { count: u32, scale: f32 }",
      "@group(0) @binding(3) var<uniform> u: Uniforms;",
    ]);
    expect(shader?.bindings.map(({ isWritable }) => isWritable)).toEqual([false, true, true]);
  });

  it("bind the same bytes once, under the first name, and leave swizzles alone", () => {
    const shader = located({ a: inArena(0), b: inArena(0), y: inArena(256) });
    expect(shader?.bindings).toHaveLength(2);
    expect(shader?.wgsl).toContain("y[0] = a[0] + a[0] + v.y;");
  });

  it("convert every read of an array that is stored as f16", () => {
    const kernel: KernelDispatch = {
      ...KERNEL,
      wgsl: "enable subgroups;\nfn main() { let v = vec2f(0.0); y[0] = a[u32(a2[1])] * b[i[2] + 1u] + v.b; }\n",
      bindings: [input(1, "b", "vec4<f32>"), input(0, "a", "f32")],
      uniforms: [],
    };
    const shader = composeShader(
      kernel,
      ({ name }) => ({ ...PARAMETER, name }),
      ({ name }) => name === "b",
    );
    expect(shader?.wgsl.split("\n")).toEqual([
      "enable f16;",
      "enable subgroups;",
      "@group(0) @binding(0) var<storage, read> b: array<vec4<f16>>;",
      "@group(0) @binding(1) var<storage, read> a: array<f32>;",
      "",
      "fn main() { let v = vec2f(0.0); y[0] = a[u32(a2[1])] * vec4<f32>(b[i[2] + 1u]) + v.b; }",
      "",
    ]);
  });

  it("bind a parameter that is updated in place once, read-write", () => {
    const shader = located({ a: PARAMETER, b: inArena(0), y: PARAMETER });
    expect(shader?.bindings.map(({ isWritable }) => isWritable)).toEqual([true, true]);
    expect(shader?.wgsl).toContain("a[0] = a[0] + b[0] + v.y;");
  });

  it("refuse the same bytes as two element types", () => {
    const kernel = { ...KERNEL, bindings: [input(0, "a", "vec4<f32>"), ...KERNEL.bindings.slice(1)] };
    expect(composeShader(kernel, () => inArena(0))).toBeNull();
  });

  it("lay out uniforms word by word, in blocks of 16 bytes", () => {
    expect(uniformBytes([])).toBeNull();
    const words = uniformBytes(KERNEL.uniforms);
    expect(words).toEqual(Uint32Array.of(3, 0x3f000000, 0, 0));
  });
});
