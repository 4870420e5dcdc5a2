/** Does a task for each item, so many at a time, in the order of the items. Rejects with the first failure. */
export async function doAtOnce<Item>(
  items: readonly Item[],
  workers: number,
  task: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  // All workers take from the same iterator, so that each item is taken once.
  const left = items.entries();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const [index, item] of left) await task(item, index);
    }),
  );
}
