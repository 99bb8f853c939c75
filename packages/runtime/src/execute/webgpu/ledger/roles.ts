import type { MemoryRole } from "../../../graph/graph.ts";

/**
 * What a buffer is for. `arena` holds tensors of several roles, one after the other; only the plan knows which.
 */
export type BufferRole = MemoryRole | "arena";

/** The label that tells a ledger the role of a buffer: `savedActivation:encoder.layer.0.hidden`. */
export function bufferLabel(role: BufferRole, name: string): string {
  return `${role}:${name}`;
}

/** Host-visible, uniform and query buffers: they carry data to and from the device, whatever their label says. */
const stagingUsage = 0x1 | 0x2 | 0x40 | 0x200;

/** The role that a buffer counts under: by its usage, else by the word before the colon of its label. */
export function roleOf(label: string, usage: GPUBufferUsageFlags): string {
  if ((usage & stagingUsage) !== 0) return "staging";
  const colon = label.indexOf(":");
  return colon <= 0 ? "unlabelled" : label.slice(0, colon);
}
