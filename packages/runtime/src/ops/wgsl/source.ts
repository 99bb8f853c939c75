/** Threads of the workgroups of kernels that give each thread one element. */
export const ELEMENT_THREADS = 64;

/** A `main` that runs `body` once for each `index` below `u.count`, on a grid made by `gridOf`. */
export function mainPerElement(body: string): string {
  return `
@compute @workgroup_size(${ELEMENT_THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) grid: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let index = (workgroup.y * grid.x + workgroup.x) * ${ELEMENT_THREADS}u + thread;
  if (index >= u.count) { return; }
${body}
}
`;
}

/** A `main` whose workgroups of `threads` threads each run `body` for one `row` below `u.rows`. */
export function mainPerRow(threads: number, body: string): string {
  return `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) grid: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.y * grid.x + workgroup.x;
  if (row >= u.rows) { return; }
${body}
}
`;
}

/**
 * `name(value, thread)`: combines one value of each thread of the workgroup, in an order that depends on nothing, and
 * gives all threads the result. `combine` is an expression of `left` and `right`.
 */
export function workgroupReduction(name: string, type: string, threads: number, combine: string): string {
  return `
var<workgroup> ${name}Shared: array<${type}, ${threads}>;
fn ${name}(value: ${type}, thread: u32) -> ${type} {
  ${name}Shared[thread] = value;
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      let left = ${name}Shared[thread];
      let right = ${name}Shared[thread + half];
      ${name}Shared[thread] = ${combine};
    }
  }
  workgroupBarrier();
  let result = ${name}Shared[0];
  workgroupBarrier();
  return result;
}
`;
}

/** Threads that share one row of `width` elements: enough to keep them busy, few enough that barriers stay cheap. */
export function rowThreads(width: number): number {
  if (width <= 64) return 16;
  return width <= 512 ? 64 : 128;
}

/** The lowest f32: WGSL promises no infinities, so it stands for minus infinity. */
export const LOWEST = "-3.4028234e38";
