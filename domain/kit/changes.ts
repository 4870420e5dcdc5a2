/** What has changed within a value of plain JSON, so that a decision need not write a whole list because one item of it has changed. */

/** Says how a later object or list is made from an earlier one. Of a list the keys of `set`, `in` and `drop` are places in the earlier one. */
export interface Change {
  /** Members with a new value. */
  set?: Record<string, unknown>;
  /** Members that have changed within. */
  in?: Record<string, Change>;
  /** Members that are gone. */
  drop?: string[];
  /** The new items of a list, with their places in the later list, in order. */
  add?: [place: number, item: unknown][];
}

type Members = Record<string, unknown>;

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const memberOf = (value: Members, name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);

/** Says whether two values are the same JSON. The order of members does not count, and neither do members that are undefined. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.every((item, place) => isSameJson(item, other[place]));
  if (!isMembers(one) || !isMembers(other)) return false;
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((name) => isSameJson(memberOf(one, name), memberOf(other, name)));
}

/**
 * Returns how `after` is made from `before`; undefined when it has to be written whole, because the two have too little in common or because that is
 * shorter. `isAtom` names objects that are never looked into.
 */
export function findChange(before: unknown, after: unknown, isAtom: (value: unknown) => boolean): Change | undefined {
  if (isAtom(before) || isAtom(after)) return undefined;
  const change =
    Array.isArray(before) && Array.isArray(after)
      ? changeOfList(before, after, isAtom)
      : isMembers(before) && isMembers(after)
        ? changeOfMembers(before, after, isAtom)
        : undefined;
  return change && JSON.stringify(change).length < JSON.stringify(after).length ? change : undefined;
}

function changeOfMembers(before: Members, after: Members, isAtom: (value: unknown) => boolean): Change {
  const names = Object.keys(after).filter((name) => after[name] !== undefined);
  const pairs = names.map((name): Pair => [name, memberOf(before, name), after[name]]);
  const drop = Object.keys(before).filter((name) => before[name] !== undefined && memberOf(after, name) === undefined);
  return { ...changeOfPairs(pairs, isAtom), ...(drop.length > 0 ? { drop } : {}) };
}

/** Items with ids are the same item under the same id, wherever they stand; other items are compared place by place. */
function changeOfList(before: readonly unknown[], after: readonly unknown[], isAtom: (value: unknown) => boolean): Change | undefined {
  const idsBefore = idsOf(before);
  const idsAfter = idsOf(after);
  const places = before.map((_, place) => place);
  // By place in the earlier list: the place in the later one, or -1.
  const laterPlaces =
    idsBefore && idsAfter ? idsBefore.map((id) => idsAfter.indexOf(id)) : places.map((place) => (place < after.length ? place : -1));
  const kept = laterPlaces.filter((place) => place >= 0);
  if (kept.some((place, index) => index > 0 && place < (kept[index - 1] as number))) return undefined;
  const pairs = places.flatMap((place): Pair[] => {
    const later = laterPlaces[place] as number;
    return later < 0 ? [] : [[String(place), before[place], after[later]]];
  });
  const drop = places.filter((place) => laterPlaces[place] === -1).map(String);
  const add = after.flatMap((item, place): [number, unknown][] => (kept.includes(place) ? [] : [[place, item]]));
  return {
    ...changeOfPairs(pairs, isAtom),
    ...(drop.length > 0 ? { drop } : {}),
    ...(add.length > 0 ? { add } : {}),
  };
}

/** Returns the ids of the items; undefined when one of them has none, or two have the same. */
function idsOf(items: readonly unknown[]): string[] | undefined {
  const ids = items.flatMap((item) => (isMembers(item) && typeof item.id === 'string' ? [item.id] : []));
  return ids.length === items.length && new Set(ids).size === ids.length ? ids : undefined;
}

type Pair = readonly [name: string, before: unknown, after: unknown];

function changeOfPairs(pairs: readonly Pair[], isAtom: (value: unknown) => boolean): Pick<Change, 'set' | 'in'> {
  const set: Members = {};
  const within: Record<string, Change> = {};
  for (const [name, before, after] of pairs) {
    if (isSameJson(before, after)) continue;
    const change = findChange(before, after, isAtom);
    if (change) within[name] = change;
    else set[name] = after;
  }
  return { ...(Object.keys(set).length > 0 ? { set } : {}), ...(Object.keys(within).length > 0 ? { in: within } : {}) };
}

/** Makes the later value from the earlier one. Throws when the change was found on another value than this. */
export function applyChange(before: unknown, change: Change): unknown {
  const { set = {}, in: within = {}, drop = [], add = [] } = change;
  const changed = (name: string, value: unknown): unknown => {
    const inner = Object.hasOwn(within, name) ? within[name] : undefined;
    return Object.hasOwn(set, name) ? set[name] : inner ? applyChange(value, inner) : value;
  };
  if (Array.isArray(before)) {
    const places = [...Object.keys(set), ...Object.keys(within), ...drop].map(Number);
    if (places.some((place) => !(place < before.length))) throw new OtherValue();
    const items = before.map((item, place) => changed(String(place), item)).filter((_, place) => !drop.includes(String(place)));
    for (const [place, item] of add) {
      if (place > items.length) throw new OtherValue();
      items.splice(place, 0, item);
    }
    return items;
  }
  if (!isMembers(before) || add.length > 0) throw new OtherValue();
  const names = [...new Set([...Object.keys(before), ...Object.keys(set), ...Object.keys(within)])];
  return Object.fromEntries(names.filter((name) => !drop.includes(name)).map((name) => [name, changed(name, memberOf(before, name))]));
}

class OtherValue extends Error {
  constructor() {
    super('A change does not fit the value that it is applied to.');
  }
}
