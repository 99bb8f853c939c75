/** Where a module stands in its model, told from its name alone. */
export interface ModulePlace {
  readonly module: string;
  /** What modules of this kind are called in every layer, as short as tells kinds apart: `attention output`. */
  readonly kind: string;
  /** The name with `*` for the layer's number: `encoder.layer.*.attention.output.dense`. */
  readonly pattern: string;
  /** Null for a module outside the numbered layers. */
  readonly layer: number | null;
}

interface Parts {
  readonly module: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly layer: number | null;
}

/**
 * Kind and layer of each module, in the given order. No architecture is known here: the layer is the first number
 * among a name's parts, the kind is what is left of the name, without what all names share.
 */
export function placeModules(modules: readonly string[]): readonly ModulePlace[] {
  const parts = modules.map(partsOf);
  const endings = shortNames(parts.map(({ after }) => after));
  const stacks = distinguishingParts(parts.flatMap(({ before, layer }) => (layer === null ? [] : [before])));
  const places = parts.map(({ module, before, after, layer }) => ({
    module,
    kind: [
      ...(layer === null ? [] : (stacks.get(join(before)) ?? [])),
      ...(endings.get(join(after)) ?? after),
    ].join(" "),
    pattern: layer === null ? module : join([...before, "*", ...after]),
    layer,
  }));
  // Two kinds of one short name would share cells: both are then called by their whole names.
  const patterns = new Map<string, Set<string>>();
  for (const { kind, pattern } of places) {
    patterns.set(kind, (patterns.get(kind) ?? new Set()).add(pattern));
  }
  return places.map((place) =>
    (patterns.get(place.kind)?.size ?? 0) > 1 ? { ...place, kind: place.pattern } : place,
  );
}

function partsOf(module: string): Parts {
  const names = module.split(".");
  const index = names.findIndex((name) => /^\d+$/.test(name));
  if (index < 0 || index === names.length - 1) return { module, before: [], after: names, layer: null };
  return {
    module,
    before: names.slice(0, index),
    after: names.slice(index + 1),
    layer: Number(names[index]),
  };
}

/** The shortest ending of each path that no other path has, after a last part that says nothing is dropped. */
function shortNames(paths: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  const distinct = distinctPaths(paths);
  const telling = distinct.map((path) => [path, withoutIdleEnd(path, distinct)] as const);
  return new Map(
    telling.map(([path, kept]) => {
      const others = telling.filter(([other]) => other !== path).map(([, each]) => each);
      for (let count = 1; count < kept.length; count++) {
        const ending = kept.slice(-count);
        if (!others.some((other) => join(other.slice(-count)) === join(ending))) return [join(path), ending];
      }
      return [join(path), kept];
    }),
  );
}

/** `attention.output` of `attention.output.dense`, where other kinds end in `dense` too and none stands beside it. */
function withoutIdleEnd(path: readonly string[], all: readonly (readonly string[])[]): readonly string[] {
  const parent = path.slice(0, -1);
  if (parent.length === 0) return path;
  const others = all.filter((other) => other !== path);
  const isShared = others.some((other) => other.at(-1) === path.at(-1));
  const hasSibling = others.some((other) => join(other.slice(0, parent.length)) === join(parent));
  return isShared && !hasSibling ? parent : path;
}

/** Of paths that differ, what is left of each without the parts that all begin or end with: `encoder`, `decoder`. */
function distinguishingParts(paths: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  const distinct = distinctPaths(paths);
  const shortest = distinct.length === 0 ? 0 : Math.min(...distinct.map(({ length }) => length));
  const first = distinct[0] ?? [];
  let head = 0;
  while (head < shortest && distinct.every((path) => path[head] === first[head])) head++;
  let tail = 0;
  while (tail < shortest - head && distinct.every((path) => path.at(-1 - tail) === first.at(-1 - tail)))
    tail++;
  return new Map(distinct.map((path) => [join(path), path.slice(head, path.length - tail)]));
}

function distinctPaths(paths: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(paths.map((path) => [join(path), path])).values()];
}

function join(path: readonly string[]): string {
  return path.join(".");
}
