import { alignUp } from "./deviceProfile.ts";

/** First and last node, in execution order and both included, during which bytes must stay untouched. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

export interface ArenaItem {
  /** Padded: a multiple of the alignment. */
  readonly paddedBytes: number;
  readonly lifetime: Lifetime;
}

export interface ArenaLayout {
  /** Offset of each item, in the order given. */
  readonly offsets: readonly number[];
  readonly arenaBytes: number;
}

/** How often the items that end highest are moved to the front of the order and all are placed again. */
const REPAIR_ROUNDS = 8;

/** The same for the orders by crowdedness, which need more rounds and are tried where others come out this much too large. */
const PATIENT_ROUNDS = 60;
const TOO_LARGE = 1.005;

/** Pairs of items that the rounds of one order may look at: what keeps planning of 7B models to seconds. */
const MOST_PAIRS = 1e8;

export function overlaps(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/**
 * Offsets for items whose lifetimes are known in advance (offline dynamic storage allocation, NP-hard): best fit in
 * several orders (by size, by duration, by their product, by start), each repaired some rounds, the best of all kept.
 * Where that leaves gaps, what is alive when most is alive goes first: it has no room to spare. Stops at the lower bound,
 * the largest sum of items alive at one moment, which no layout can beat.
 *
 * `chunkBytes` (a multiple of the alignment) is the largest buffer of the device: no item that fits into one chunk
 * lies across a border between chunks, so an arena above that size is a row of buffers.
 */
export function placeInArena(items: readonly ArenaItem[], chunkBytes: number): ArenaLayout {
  const bound = arenaLowerBound(items);
  const affordable = Math.floor(MOST_PAIRS / items.length ** 2);
  const indices = items.map((_, index) => index);
  const duration = (item: ArenaItem): number => item.lifetime.last - item.lifetime.first + 1;
  const largestFirst =
    (key: (item: ArenaItem) => number) =>
    (a: number, b: number): number => {
      const [left, right] = [items[a] as ArenaItem, items[b] as ArenaItem];
      return key(right) - key(left) || right.paddedBytes - left.paddedBytes || a - b;
    };
  const keys = [
    (item: ArenaItem) => item.paddedBytes,
    duration,
    (item: ArenaItem) => item.paddedBytes * duration(item),
    (item: ArenaItem) => -item.lifetime.first,
  ];

  let best: ArenaLayout = { offsets: [], arenaBytes: Number.POSITIVE_INFINITY };
  const tryOrder = (first: readonly number[], rounds: number, enough: number): void => {
    let order = first;
    for (let round = 0; round <= rounds && best.arenaBytes > enough; round++) {
      const { offsets, arenaBytes } = placeInOrder(items, order, chunkBytes);
      if (arenaBytes < best.arenaBytes) best = { offsets, arenaBytes };
      const isHighest = (index: number): boolean =>
        (offsets[index] as number) + (items[index] as ArenaItem).paddedBytes === arenaBytes;
      const next = [...order.filter(isHighest), ...order.filter((index) => !isHighest(index))];
      // What ends highest is placed first already: another round would be the same one.
      if (next.every((index, place) => index === order[place])) return;
      order = next;
    }
  };
  for (const key of keys)
    tryOrder(indices.toSorted(largestFirst(key)), Math.min(REPAIR_ROUNDS, affordable), bound);
  if (best.arenaBytes <= TOO_LARGE * bound) return best;
  const crowd = crowdedness(items);
  for (const key of [(item: ArenaItem) => item.paddedBytes, duration]) {
    const order = indices.toSorted(
      (a, b) => (crowd[b] as number) - (crowd[a] as number) || largestFirst(key)(a, b),
    );
    tryOrder(order, Math.min(PATIENT_ROUNDS, affordable), TOO_LARGE * bound);
  }
  return best;
}

/** Of each item the largest sum of bytes that are alive at any moment of its lifetime. */
function crowdedness(items: readonly ArenaItem[]): Float64Array {
  const live = liveBytes(items);
  return Float64Array.from(items, ({ lifetime: { first, last } }) => {
    let most = 0;
    for (let moment = first; moment <= last; moment++) most = Math.max(most, live[moment] as number);
    return most;
  });
}

/** The largest sum of padded bytes alive at one moment. */
export function arenaLowerBound(items: readonly ArenaItem[]): number {
  return liveBytes(items).reduce((most, bytes) => Math.max(most, bytes), 0);
}

/** Padded bytes alive at each moment. */
function liveBytes(items: readonly ArenaItem[]): Float64Array {
  const end = items.reduce((last, { lifetime }) => Math.max(last, lifetime.last), -1);
  const change = new Float64Array(end + 2);
  for (const { paddedBytes, lifetime } of items) {
    change[lifetime.first] = (change[lifetime.first] as number) + paddedBytes;
    change[lifetime.last + 1] = (change[lifetime.last + 1] as number) - paddedBytes;
  }
  let live = 0;
  return change.map((step) => {
    live += step;
    return live;
  });
}

/** Places items one after another, each into the smallest gap that it fits, or above all that is in its way. */
function placeInOrder(
  items: readonly ArenaItem[],
  order: readonly number[],
  chunkBytes: number,
): ArenaLayout {
  const offsets = new Array<number>(items.length).fill(0);
  // Columns of what is placed, by start: this loop is where planning spends its time.
  const [starts, ends] = [new Float64Array(order.length), new Float64Array(order.length)];
  const [firsts, lasts] = [new Int32Array(order.length), new Int32Array(order.length)];
  let placed = 0;
  let arenaBytes = 0;
  for (const index of order) {
    const { paddedBytes, lifetime } = items[index] as ArenaItem;
    if (paddedBytes === 0) continue;
    const { first, last } = lifetime;
    let bestStart: number | null = null;
    let bestGap = Number.POSITIVE_INFINITY;
    let free = 0;
    for (let other = 0; other < placed; other++) {
      if (first > (lasts[other] as number) || (firsts[other] as number) > last) continue;
      const room = (starts[other] as number) - free;
      if (room >= paddedBytes) {
        const start = withinChunk(free, paddedBytes, chunkBytes);
        const gap = (starts[other] as number) - start;
        if (gap >= paddedBytes && gap < bestGap) [bestStart, bestGap] = [start, gap];
      }
      free = Math.max(free, ends[other] as number);
    }
    const start = bestStart ?? withinChunk(free, paddedBytes, chunkBytes);
    const end = start + paddedBytes;
    offsets[index] = start;
    arenaBytes = Math.max(arenaBytes, end);
    const place = firstAtOrAfter(starts, placed, start);
    for (const column of [starts, ends, firsts, lasts]) column.copyWithin(place + 1, place, placed);
    starts[place] = start;
    ends[place] = end;
    firsts[place] = first;
    lasts[place] = last;
    placed++;
  }
  return { offsets, arenaBytes };
}

/** The lowest start from `offset` on at which an item does not cross a border between chunks. */
function withinChunk(offset: number, bytes: number, chunkBytes: number): number {
  const room = chunkBytes - (offset % chunkBytes);
  return bytes <= room || bytes > chunkBytes ? offset : alignUp(offset, chunkBytes);
}

function firstAtOrAfter(starts: Float64Array, count: number, start: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
