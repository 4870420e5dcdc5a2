/** A count as somebody tells it, read against the slip: 422 where it names what is unknown or cannot be. */

import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { LineCount, MissingItem } from '../../domain/exchange-slip/count.ts';
import type { Trx } from '../kit/transaction.ts';
import { refuseField } from '../sterile-supply/act.ts';
import { inOrder, selectAskedPacks, selectAskedThings } from '../sterile-supply/find-things.ts';
import { type AskedSet, type DeclaredSet, selectAskedSets } from './declared-sets.ts';
import type { SlipLineRecord, SlipRecord } from './slips.ts';

export interface GivenCount {
  lines: readonly {
    lineId: string;
    received: number;
    damaged?: number | undefined;
    incomplete?: readonly { setInstanceId?: string | undefined; missingItems: readonly MissingItem[] }[] | undefined;
    setInstanceIds?: readonly string[] | undefined;
  }[];
  /** Sets that no line declares. A recount that names none leaves those of the last count as they are. */
  extras?: readonly { setTypeId: string; quantity: number; setInstanceIds?: readonly string[] | undefined }[] | undefined;
  /** Packs that came back unopened. */
  packIds?: readonly string[] | undefined;
  reason?: string | undefined;
}

export interface ReadCount {
  lines: { line: SlipLineRecord; count: LineCount; isNew: boolean }[];
  /** A recount of some lines only. */
  isPartial: boolean;
  named: { setInstanceIds: string[]; packIds: string[]; setTypeIds: string[] };
}

const words = {
  unknown: { zh: '没有此编号', en: 'names nothing that there is' },
  noLine: { zh: '不是该换物单的回收行', en: 'is no collect line of the slip' },
  twice: { zh: '重复', en: 'stands in the list twice' },
  uncounted: { zh: '每一回收行都须清点', en: 'every collect line has to be counted' },
  otherType: { zh: '不属于该器械包类型', en: 'is of another set type' },
  tooMany: { zh: '多于实收数量', en: 'are more than were received' },
  noItem: { zh: '不在清单上', en: 'is not on the count sheet' },
};

/** Throws ActRefused 422. One statement. */
export async function readCount(trx: Trx, slip: SlipRecord, given: GivenCount): Promise<ReadCount> {
  const extras = given.extras ?? [];
  const asked = [...given.lines.flatMap(setsOfLine), ...extras.flatMap(({ setInstanceIds = [] }) => setInstanceIds)];
  const askedPacks = given.packIds ?? [];
  const { sets, types, packs } = await findNamed(trx, asked, { setTypeIds: extras.map(({ setTypeId }) => setTypeId), packIds: askedPacks });
  const packIds = inOrder(
    askedPacks,
    (one) => packs.get(one),
    'packIds',
    (id) => id,
  );
  const reading = new Reading(sets);
  const lines = given.lines.map((line, index) => reading.readLine(slip, line, index));
  const found = readExtras(slip, given.extras, types, reading);
  const counted = new Set([...lines, ...found].map(({ line }) => line.id));
  const missing = slip.lines.filter(
    ({ id, direction, declared, received }) => direction === 'collect' && declared > 0 && received === null && !counted.has(id),
  );
  if (missing.length > 0) throw refuseField('lines', words.uncounted);
  const uncountedNow = slip.lines.some(({ id, direction }) => direction === 'collect' && !counted.has(id));
  return {
    lines: [...lines, ...found],
    isPartial: uncountedNow,
    named: { setInstanceIds: [...sets.values()].map(({ id }) => id), packIds, setTypeIds: [...types.values()] },
  };
}

/** Everything that a count names, by what was asked, without what is unknown. One statement. */
async function findNamed(
  trx: Trx,
  setInstanceIds: readonly string[],
  { setTypeIds, packIds }: { setTypeIds: readonly string[]; packIds: readonly string[] },
): Promise<{ sets: Map<string, DeclaredSet>; types: Map<string, string>; packs: Map<string, string> }> {
  const { rows } = await sql<{ sets: AskedSet[]; types: { asked: string; id: string }[]; packs: { asked: string; id: string }[] }>`
    select coalesce((select jsonb_agg(to_jsonb(found)) from (${selectAskedSets(setInstanceIds)}) as found), '[]') as sets,
      coalesce((select jsonb_agg(to_jsonb(found)) from (${selectAskedThings('set_type', setTypeIds)}) as found), '[]') as types,
      coalesce((select jsonb_agg(to_jsonb(found)) from (${selectAskedPacks(packIds)}) as found), '[]') as packs`.execute(trx);
  const { sets = [], types = [], packs = [] } = rows[0] ?? {};
  return {
    sets: new Map(sets.map(({ asked, ...set }) => [asked, set])),
    types: new Map(types.map(({ asked, id }) => [asked, id])),
    packs: new Map(packs.map(({ asked, id }) => [asked, id])),
  };
}

const setsOfLine = ({ setInstanceIds = [], incomplete = [] }: GivenCount['lines'][number]): string[] => [
  ...setInstanceIds,
  ...incomplete.flatMap(({ setInstanceId }) => setInstanceId ?? []),
];

/** Keeps what was named already: a set is counted once. */
class Reading {
  readonly #sets: ReadonlyMap<string, DeclaredSet>;
  readonly #received = new Set<string>();
  readonly #lines = new Set<string>();

  constructor(sets: ReadonlyMap<string, DeclaredSet>) {
    this.#sets = sets;
  }

  readLine(slip: SlipRecord, given: GivenCount['lines'][number], index: number): ReadCount['lines'][number] {
    const at = `lines.${index}`;
    const { lineId, received, damaged = 0, incomplete = [], setInstanceIds = [] } = given;
    const line = slip.lines.find(({ id, direction }) => id === lineId && direction === 'collect');
    if (!line) throw refuseField(`${at}.lineId`, words.noLine);
    if (this.#lines.has(lineId)) throw refuseField(`${at}.lineId`, words.twice);
    this.#lines.add(lineId);
    if (damaged + incomplete.length > received) throw refuseField(`${at}.received`, words.tooMany);
    const receivedIds = this.readSets(setInstanceIds, line.setTypeId, `${at}.setInstanceIds`, received);
    const incompleteSets = incomplete.map(({ setInstanceId, missingItems }, n) => {
      if (setInstanceId === undefined) return { setInstanceId: null, missingItems };
      return { setInstanceId: this.#findSet(setInstanceId, line.setTypeId, `${at}.incomplete.${n}.setInstanceId`), missingItems };
    });
    const namedTwice = incompleteSets.findIndex(
      ({ setInstanceId }, n) => setInstanceId !== null && incompleteSets.findIndex((one) => one.setInstanceId === setInstanceId) < n,
    );
    if (namedTwice >= 0) throw refuseField(`${at}.incomplete.${namedTwice}.setInstanceId`, words.twice);
    const ids = withIncomplete(receivedIds, incompleteSets);
    if (ids.length > received) throw refuseField(`${at}.setInstanceIds`, words.tooMany);
    for (const id of ids) this.#received.add(id);
    return { line, count: { received, damaged, incomplete: incompleteSets, setInstanceIds: ids }, isNew: false };
  }

  readSets(asked: readonly string[], setTypeId: string, path: string, received: number): string[] {
    if (asked.length > received) throw refuseField(path, words.tooMany);
    return asked.map((one, n) => {
      const id = this.#findSet(one, setTypeId, `${path}.${n}`);
      if (this.#received.has(id)) throw refuseField(`${path}.${n}`, words.twice);
      this.#received.add(id);
      return id;
    });
  }

  #findSet(asked: string, setTypeId: string, path: string): string {
    const set = this.#sets.get(asked);
    if (!set) throw refuseField(path, words.unknown);
    if (set.setTypeId !== setTypeId) throw refuseField(path, words.otherType);
    return set.id;
  }
}

/** A set that lacks something has come, whether the list of sets names it or not. */
function withIncomplete(receivedIds: readonly string[], incomplete: readonly { setInstanceId: string | null }[]): string[] {
  const further = incomplete.flatMap(({ setInstanceId }) =>
    setInstanceId !== null && !receivedIds.includes(setInstanceId) ? [setInstanceId] : [],
  );
  return [...receivedIds, ...further];
}

/** What no line declares is a line that declares none, so that a difference has one shape. */
function readExtras(
  slip: SlipRecord,
  extras: GivenCount['extras'],
  types: ReadonlyMap<string, string>,
  reading: Reading,
): ReadCount['lines'] {
  if (extras === undefined) return [];
  const earlier = slip.lines.filter(({ direction, declared }) => direction === 'collect' && declared === 0);
  const named = new Set<string>();
  const found = extras.map(({ setTypeId: askedType, quantity, setInstanceIds = [] }, index) => {
    const at = `extras.${index}`;
    const setTypeId = types.get(askedType);
    if (setTypeId === undefined) throw refuseField(`${at}.setTypeId`, words.unknown);
    if (named.has(setTypeId)) throw refuseField(`${at}.setTypeId`, words.twice);
    named.add(setTypeId);
    const ids = reading.readSets(setInstanceIds, setTypeId, `${at}.setInstanceIds`, quantity);
    const line = earlier.find((one) => one.setTypeId === setTypeId);
    return {
      line: line ?? newExtraLine(setTypeId),
      count: { received: quantity, damaged: 0, incomplete: [], setInstanceIds: ids },
      isNew: line === undefined,
    };
  });
  const gone = earlier.filter(({ setTypeId }) => !named.has(setTypeId));
  return [
    ...found,
    ...gone.map((line) => ({ line, count: { received: 0, damaged: 0, incomplete: [], setInstanceIds: [] }, isNew: false })),
  ];
}

const newExtraLine = (setTypeId: string): SlipLineRecord => ({
  id: uuid(),
  direction: 'collect',
  setTypeId,
  declared: 0,
  setInstanceIds: [],
  receivedSetInstanceIds: [],
  special: null,
  courierCount: null,
  received: null,
  incomplete: null,
  damaged: null,
  missing: null,
  extra: null,
  suspect: null,
  allocated: 0,
  delivered: null,
  outcome: null,
  shortReason: null,
  discrepancyIds: [],
});

/** Throws ActRefused 422 for an item that is on no count sheet of its set type. */
export function checkItems(given: GivenCount, slip: SlipRecord, itemCodes: Record<string, string[]>): void {
  given.lines.forEach(({ lineId, incomplete = [] }, index) => {
    const known = itemCodes[slip.lines.find(({ id }) => id === lineId)?.setTypeId ?? ''] ?? [];
    incomplete.forEach(({ missingItems }, n) => {
      missingItems.forEach(({ itemCode }, m) => {
        if (!known.includes(itemCode)) throw refuseField(`lines.${index}.incomplete.${n}.missingItems.${m}.itemCode`, words.noItem);
      });
    });
  });
}
