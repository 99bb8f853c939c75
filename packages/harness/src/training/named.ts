/** The item of a registry. @throws Error that lists what there is */
export function named<Item extends { readonly id: string }>(
  items: readonly Item[],
  id: string,
  what: string,
): Item {
  const found = items.find((item) => item.id === id);
  if (found !== undefined) return found;
  throw new Error(`There is no ${what} ${id}; there are ${items.map((item) => item.id).join(", ")}.`);
}
