import type { MemoryPlan } from "../../plan/memoryPlan.ts";
import type { SharedArena } from "./arena.ts";
import type { LoweredDispatch, LoweredGraph } from "./lowerGraph.ts";

/** A NaN: whatever reads it and uses it makes NaN. */
const POISON = 0x7fc00000;
const THREADS = 64;

/**
 * The dispatches of a graph with, after each node, one that overwrites every tensor whose lifetime ends there, padding
 * included. A plan that gives bytes away too early, or a kernel that reads what it should not, then makes NaN.
 */
export function withPoison(plan: MemoryPlan, { dispatches }: LoweredGraph): readonly LoweredDispatch[] {
  const end = plan.liveBytesOverTime.length - 1;
  const freedAt = (node: number): readonly LoweredDispatch[] =>
    plan.tensors.flatMap(({ id, name, bytes, paddedBytes, place, lifetime }) =>
      // What lives to the end is copied out after the last node.
      place.kind === "arena" && bytes > 0 && lifetime.last === node && node < end
        ? [poisonRange(node, name, id, place.offset, paddedBytes)]
        : [],
    );
  return dispatches.flatMap((dispatch, index) => {
    const isLastOfNode = dispatches[index + 1]?.node !== dispatch.node;
    if (!isLastOfNode) return [dispatch];
    // Views have no dispatch of their own: what they free is freed by the node before them, or the next one.
    const nextNode = dispatches[index + 1]?.node ?? end + 1;
    const freed = Array.from({ length: nextNode - dispatch.node }, (_, step) => dispatch.node + step);
    return [dispatch, ...freed.flatMap(freedAt)];
  });
}

function poisonRange(
  node: number,
  name: string,
  owner: number,
  offset: number,
  bytes: number,
): LoweredDispatch {
  const words = bytes / 4;
  const groups = Math.min(65_535, Math.ceil(words / THREADS));
  return {
    node,
    label: `poison ${name}`,
    wgsl: `// poison: overwrites freed memory; each thread strides over the range.
struct Uniforms { count: u32 }
@group(0) @binding(0) var<storage, read_write> freed: array<u32>;
@group(0) @binding(1) var<uniform> u: Uniforms;

@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) grid: vec3u) {
  for (var i = thread.x; i < u.count; i += grid.x * ${THREADS}u) { freed[i] = ${POISON}u; }
}
`,
    bindings: [{ location: { kind: "arena", owner, offset, bytes }, isWritable: true }],
    uniforms: Uint32Array.of(words, 0, 0, 0),
    workgroups: [groups, 1, 1],
  };
}

/** Overwrites the whole arena and scratch memory before a run writes its inputs. */
export function poisonArena(device: GPUDevice, { buffers, scratch }: SharedArena): void {
  for (const buffer of scratch === null ? buffers : [...buffers, scratch]) {
    device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(POISON));
  }
}
