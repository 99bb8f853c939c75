import type { Storage } from "./storages.ts";

/** Unpadded bytes alive during each of `nodeCount` nodes. */
export function liveBytesOverTime(
  storages: readonly Pick<Storage, "bytes" | "lifetime">[],
  nodeCount: number,
): readonly number[] {
  const change = new Array<number>(nodeCount + 1).fill(0);
  for (const { bytes, lifetime } of storages) {
    change[lifetime.first] = (change[lifetime.first] as number) + bytes;
    change[lifetime.last + 1] = (change[lifetime.last + 1] ?? 0) - bytes;
  }
  let live = 0;
  return Array.from({ length: nodeCount }, (_, node) => {
    live += change[node] as number;
    return live;
  });
}
