import type { ValueId } from "../../graph/graph.ts";
import type { Box } from "../../ops/windows.ts";
import { wholeBox } from "../../ops/windows.ts";
import { readBox } from "./assemble.ts";
import { boxKey } from "./boxes.ts";
import type { GraphEmitter, Provenance } from "./emitter.ts";
import type { SplitValue } from "./splitValue.ts";

/**
 * Boxes of values, each put together once a phase. Not once for all: what forward put together and backward reads again
 * would be kept beside the windows that it was made of.
 */
export class ReadCache {
  readonly #emitter: GraphEmitter;
  readonly #known = new Map<SplitValue, Map<string, ValueId>>();

  constructor(emitter: GraphEmitter) {
    this.#emitter = emitter;
  }

  read(value: SplitValue, box: Box, about: Provenance): ValueId {
    const boxes = this.#known.get(value) ?? new Map<string, ValueId>();
    this.#known.set(value, boxes);
    const key = `${about.phase} ${boxKey(box)}`;
    const known = boxes.get(key) ?? readBox(this.#emitter, value, box, about);
    boxes.set(key, known);
    return known;
  }

  readWhole(value: SplitValue, about: Provenance): ValueId {
    return this.read(value, wholeBox(value.shape), about);
  }
}
