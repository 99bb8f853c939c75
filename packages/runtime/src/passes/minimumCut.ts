import { GraphError } from "../errors.ts";

export interface FlowEdge {
  readonly from: number;
  readonly to: number;
  /** What may flow; infinite for an edge that no cut may take. */
  readonly capacity: number;
}

export interface MinimumCut {
  /** Sum of the capacities of the edges cut, which is also the largest flow. */
  readonly capacity: number;
  /** For each node whether it lies on the sink's side of the cut. Of all minimum cuts the one nearest the sink. */
  readonly onSinkSide: readonly boolean[];
}

/**
 * A minimum cut between `source` and `sink` of a directed graph over nodes 0..nodeCount-1, by shortest augmenting paths
 * (Edmonds and Karp 1972).
 *
 * @throws GraphError if a path of infinite edges joins source and sink.
 */
export function minimumCut(
  nodeCount: number,
  edges: readonly FlowEdge[],
  source: number,
  sink: number,
): MinimumCut {
  // Arc 2i is edge i, arc 2i+1 its reverse, so that `arc ^ 1` is the opposite of any arc.
  const heads = edges.flatMap(({ from, to }) => [to, from]);
  const residual = edges.flatMap(({ capacity }) => [capacity, 0]);
  const arcsFrom: number[][] = Array.from({ length: nodeCount }, () => []);
  edges.forEach(({ from, to }, index) => {
    arcsFrom[from]?.push(2 * index);
    arcsFrom[to]?.push(2 * index + 1);
  });

  let flow = 0;
  for (;;) {
    const path = shortestPath(arcsFrom, heads, residual, source, sink);
    if (path === null) break;
    const amount = path.reduce((least, arc) => Math.min(least, residual[arc] as number), Infinity);
    if (amount === Infinity) throw new GraphError("No cut can part the source from the sink.");
    for (const arc of path) {
      residual[arc] = (residual[arc] as number) - amount;
      residual[arc ^ 1] = (residual[arc ^ 1] as number) + amount;
    }
    flow += amount;
  }

  const onSinkSide = new Array<boolean>(nodeCount).fill(false);
  onSinkSide[sink] = true;
  for (const pending = [sink]; pending.length > 0; ) {
    for (const arc of arcsFrom[pending.pop() as number] ?? []) {
      const before = heads[arc] as number;
      if ((residual[arc ^ 1] as number) > 0 && onSinkSide[before] === false) {
        onSinkSide[before] = true;
        pending.push(before);
      }
    }
  }
  return { capacity: flow, onSinkSide };
}

/** Arcs of a shortest path that can carry more, from the sink back to the source; null if there is none. */
function shortestPath(
  arcsFrom: readonly (readonly number[])[],
  heads: readonly number[],
  residual: readonly number[],
  source: number,
  sink: number,
): readonly number[] | null {
  const arrivedBy = new Array<number | null>(arcsFrom.length).fill(null);
  const queue = [source];
  for (const node of queue) {
    if (node === sink) break;
    for (const arc of arcsFrom[node] ?? []) {
      const next = heads[arc] as number;
      if ((residual[arc] as number) > 0 && next !== source && arrivedBy[next] === null) {
        arrivedBy[next] = arc;
        queue.push(next);
      }
    }
  }
  const path: number[] = [];
  for (let node = sink; node !== source; ) {
    const arc = arrivedBy[node] ?? null;
    if (arc === null) return null;
    path.push(arc);
    node = heads[arc ^ 1] as number;
  }
  return path;
}
