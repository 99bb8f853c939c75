import type { Graph, MemoryRole, Phase, ValueId } from "../graph/graph.ts";
import { graphNode } from "../graph/graph.ts";
import type { TensorSpec } from "../graph/spec.ts";
import { byteSize } from "../graph/spec.ts";
import type { ArenaItem, Lifetime } from "./arena.ts";
import { arenaLowerBound, placeInArena } from "./arena.ts";
import type { DeviceProfile } from "./deviceProfile.ts";
import { alignUp } from "./deviceProfile.ts";
import { liveBytesOverTime } from "./liveBytes.ts";
import type { Storage } from "./storages.ts";
import { findStorages } from "./storages.ts";

/** Where the bytes of a value are. */
export type Place =
  /** At an offset of the arena, which is a row of buffers of `arenaChunkBytes` where one buffer is too small. */
  | { readonly kind: "arena"; readonly offset: number }
  /** In a buffer of its own that outlives the run: parameters and constants. */
  | { readonly kind: "persistent" }
  /** In the bytes of another value, never itself `shared`: a view, or a parameter's next value written over it. */
  | { readonly kind: "shared"; readonly with: ValueId };

export interface PlannedTensor extends TensorSpec {
  readonly id: ValueId;
  readonly name: string;
  readonly role: MemoryRole;
  /** What the tensor adds to memory: 0 where it shares the bytes of another. */
  readonly bytes: number;
  readonly paddedBytes: number;
  /** Of the bytes, over all values that share them. */
  readonly lifetime: Lifetime;
  readonly place: Place;
}

export type BytesByRole = Readonly<Record<MemoryRole, number>>;

/** The node during which most bytes are alive. */
export interface PeakMoment {
  readonly node: number;
  readonly op: string;
  readonly scope: string;
  readonly phase: Phase;
}

/** What one program, or several that share their parameters and arena, take. Bytes throughout. */
export interface MemoryTotals {
  readonly profile: DeviceProfile;
  /** Largest sum of unpadded bytes alive at one node, parameters included. */
  readonly peakLiveBytes: number;
  /** What is taken from the device: the arena and the persistent buffers, padded. */
  readonly peakReservedBytes: number;
  /** Null for a program without nodes. */
  readonly peakAt: PeakMoment | null;
  /** Sums to `peakLiveBytes`. */
  readonly byRoleAtPeak: BytesByRole;
  /** Unpadded bytes that live across runs: parameters, and constants as `workspace`. */
  readonly persistentBytesByRole: BytesByRole;
  readonly arenaBytes: number;
  /** Size of the buffers that make up the arena. */
  readonly arenaChunkBytes: number;
}

export interface MemoryPlan extends MemoryTotals {
  /** By value id. */
  readonly tensors: readonly PlannedTensor[];
  /** Unpadded bytes alive during each node. */
  readonly liveBytesOverTime: readonly number[];
  /** No arena can be smaller: the largest sum of padded arena bytes alive at one node. */
  readonly arenaLowerBoundBytes: number;
  /** Padded bytes of what lives across runs. */
  readonly persistentReservedBytes: number;
}

/** Roles in the order in which reports list them. */
export const memoryRoles: readonly MemoryRole[] = [
  "baseWeight",
  "adapterWeight",
  "head",
  "optimizerState",
  "gradient",
  "keyValueCache",
  "savedActivation",
  "workspace",
  "staging",
];

/**
 * The memory of one run of a graph, exactly and before anything runs: no device and no weights are needed.
 * `findStorages` tells who owns which bytes and how long; `placeInArena` where they are.
 */
export function planMemory(graph: Graph, profile: DeviceProfile): MemoryPlan {
  const { storages, ownerOf } = findStorages(graph);
  const padded = (bytes: number): number => alignUp(bytes, profile.offsetAlignment);
  const inArena = storages.filter((storage) => !storage.persistent);
  const items = inArena.map(({ bytes, lifetime }): ArenaItem => ({ paddedBytes: padded(bytes), lifetime }));
  const arenaChunkBytes = profile.maxBufferBytes - (profile.maxBufferBytes % profile.offsetAlignment);
  const { offsets, arenaBytes } = placeInArena(items, arenaChunkBytes);
  const offsetOf = new Map(inArena.map(({ owner }, index) => [owner, offsets[index] as number]));
  const byOwner = new Map(storages.map((storage) => [storage.owner, storage]));

  const tensors = graph.values.map((value): PlannedTensor => {
    const owner = ownerOf[value.id] as ValueId;
    const { role, lifetime } = byOwner.get(owner) as Storage;
    const offset = offsetOf.get(owner);
    const bytes = owner === value.id ? byteSize(value) : 0;
    const place: Place =
      owner !== value.id
        ? { kind: "shared", with: owner }
        : offset === undefined
          ? { kind: "persistent" }
          : { kind: "arena", offset };
    const { id, name, shape, dtype } = value;
    return { id, name, shape, dtype, role, bytes, paddedBytes: padded(bytes), lifetime, place };
  });

  const persistent = tensors.filter(({ place }) => place.kind === "persistent");
  const persistentReservedBytes = persistent.reduce((total, { paddedBytes }) => total + paddedBytes, 0);
  const live = liveBytesOverTime(tensors, graph.nodes.length);
  const peakLiveBytes = live.reduce((peak, bytes) => Math.max(peak, bytes), 0);
  const peakNode = live.indexOf(peakLiveBytes);
  const atPeak = peakNode < 0 ? tensors : tensors.filter((tensor) => isLiveAt(tensor, peakNode));
  return {
    profile,
    tensors,
    liveBytesOverTime: live,
    peakLiveBytes: peakNode < 0 ? sumBytes(tensors) : peakLiveBytes,
    peakReservedBytes: arenaBytes + persistentReservedBytes,
    peakAt: peakNode < 0 ? null : momentOf(graph, peakNode),
    byRoleAtPeak: sumByRole(atPeak),
    persistentBytesByRole: sumByRole(persistent),
    persistentReservedBytes,
    arenaBytes,
    arenaChunkBytes,
    arenaLowerBoundBytes: arenaLowerBound(items),
  };
}

/** The tensors that own most bytes at the peak, largest first. */
export function largestLiveAtPeak(plan: MemoryPlan, count: number): readonly PlannedTensor[] {
  const node = plan.peakAt?.node ?? null;
  return plan.tensors
    .filter((tensor) => tensor.bytes > 0 && (node === null || isLiveAt(tensor, node)))
    .toSorted((a, b) => b.bytes - a.bytes || a.id - b.id)
    .slice(0, count);
}

/** Unpadded bytes of tensors by role, of all tensors or of any part of them. */
export function sumByRole(tensors: readonly PlannedTensor[]): BytesByRole {
  const sums = Object.fromEntries(memoryRoles.map((role) => [role, 0])) as Record<MemoryRole, number>;
  for (const { role, bytes } of tensors) sums[role] += bytes;
  return sums;
}

function sumBytes(tensors: readonly PlannedTensor[]): number {
  return tensors.reduce((total, { bytes }) => total + bytes, 0);
}

function isLiveAt({ lifetime }: PlannedTensor, node: number): boolean {
  return lifetime.first <= node && node <= lifetime.last;
}

function momentOf(graph: Graph, id: number): PeakMoment {
  const { op, scope, phase } = graphNode(graph, id);
  return { node: id, op, scope, phase };
}
