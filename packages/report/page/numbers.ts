/** A physical address: `0x40000000`. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** Splits a list into those of equal name, in the order of their first. */
export function groupsOf<Item>(items: readonly Item[], name: (item: Item) => string): Item[][] {
  return [...Map.groupBy(items, name).values()];
}
