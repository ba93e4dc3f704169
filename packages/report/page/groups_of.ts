/** Splits a list into those of equal name, in the order of their first. */
export function groupsOf<Item>(items: readonly Item[], name: (item: Item) => string): Item[][] {
  return [...Map.groupBy(items, name).values()];
}
