import { TaskArgumentError } from "../errors.ts";
import type { RandomSource } from "../random.ts";

/** Random choices out of one sequence. */
export interface Draw {
  /** A whole number from 0 to count - 1. */
  integer(count: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  pick<Item>(list: readonly Item[]): Item;
  /** Different items of a list, in random order. */
  sample<Item>(list: readonly Item[], count: number): readonly Item[];
}

/** @throws {TaskArgumentError} from `pick` and `sample` where the list is too short */
export function drawFrom(random: RandomSource): Draw {
  const integer = (count: number): number => Math.floor(random() * count);
  const take = <Item>(list: readonly Item[], index: number): Item => {
    if (index < list.length) return list[index] as Item;
    throw new TaskArgumentError(`Nothing is left to choose from a list of ${list.length}.`);
  };
  return {
    integer,
    chance: (probability) => random() < probability,
    pick: (list) => take(list, integer(list.length)),
    sample: (list, count) => {
      const rest = [...list];
      return Array.from({ length: count }, () => {
        const index = integer(rest.length);
        const item = take(rest, index);
        rest.splice(index, 1);
        return item;
      });
    },
  };
}
