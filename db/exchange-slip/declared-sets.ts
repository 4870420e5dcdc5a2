/** The sets and set types that a slip or a count names, by id or printed code. */

import { sql } from 'kysely';
import type { NewSlipLine } from '../../domain/exchange-slip/lines.ts';
import type { SpecialPathogen } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import { refuseField } from '../sterile-supply/act.ts';
import { findThings } from '../sterile-supply/find-things.ts';

/** A line as somebody writes it. */
export interface GivenLine {
  direction: NewSlipLine['direction'];
  setTypeId: string;
  quantity: number;
  setInstanceIds?: readonly string[] | undefined;
  special?: SpecialPathogen | undefined;
}

export interface DeclaredSet {
  id: string;
  setTypeId: string;
  ownerInstitutionId: string | null;
}

/** Sets by what was asked, their ids or printed codes, without what is unknown. One statement; none without any. */
async function findSets(db: Database, idsOrCodes: readonly string[]): Promise<Map<string, DeclaredSet>> {
  if (idsOrCodes.length === 0) return new Map();
  const { rows } = await sql<AskedSet>`${selectAskedSets(idsOrCodes)}`.execute(db);
  return new Map(rows.map(({ asked, ...set }) => [asked, set]));
}

export type AskedSet = DeclaredSet & { asked: string };

/** The same as part of another statement. */
export const selectAskedSets = (idsOrCodes: readonly string[]) => sql`
  select distinct on (asked) asked, set_instance.id, set_type_id as "setTypeId",
    case when ownership = 'centre-owned' then owner_institution_id end as "ownerInstitutionId"
  from unnest(${[...new Set(idsOrCodes)]}::text[]) as asked join set_instance on set_instance.id = asked or set_instance.code = asked
  order by asked, set_instance.id <> asked`;

export interface ReadLines {
  lines: NewSlipLine[];
  /** Those of the sets that belong to a centre. */
  ownSetInstanceIds: string[];
}

const words = {
  unknown: { zh: '没有此编号', en: 'names nothing that there is' },
  twice: { zh: '重复', en: 'stands in the list twice' },
  otherType: { zh: '不属于该器械包类型', en: 'is of another set type' },
  tooMany: { zh: '多于数量', en: 'are more than the quantity' },
  collectOnly: { zh: '仅用于回收行', en: 'is for collect lines only' },
};

/** Throws `invalid-request` at the first place that names something unknown or does not fit. Two statements at most. */
export async function readLines(db: Database, given: readonly GivenLine[], path = 'lines'): Promise<ReadLines> {
  const types = await findThings(
    db,
    'set_type',
    given.map(({ setTypeId }) => setTypeId),
  );
  const sets = await findSets(
    db,
    given.flatMap(({ setInstanceIds = [] }) => setInstanceIds),
  );
  const named = new Set<string>();
  const lines = given.map((line, index): NewSlipLine => {
    const at = `${path}.${index}`;
    const { direction, quantity, setInstanceIds = [], special } = line;
    const setTypeId = types.get(line.setTypeId);
    if (setTypeId === undefined) throw refuseField(`${at}.setTypeId`, words.unknown);
    if (direction === 'deliver' && setInstanceIds.length > 0) throw refuseField(`${at}.setInstanceIds`, words.collectOnly);
    if (direction === 'deliver' && special !== undefined) throw refuseField(`${at}.special`, words.collectOnly);
    if (setInstanceIds.length > quantity) throw refuseField(`${at}.setInstanceIds`, words.tooMany);
    const resolved = setInstanceIds.map((asked, n) => {
      const set = sets.get(asked);
      if (!set) throw refuseField(`${at}.setInstanceIds.${n}`, words.unknown);
      if (named.has(set.id)) throw refuseField(`${at}.setInstanceIds.${n}`, words.twice);
      if (set.setTypeId !== setTypeId) throw refuseField(`${at}.setInstanceIds.${n}`, words.otherType);
      named.add(set.id);
      return set.id;
    });
    return { direction, setTypeId, quantity, setInstanceIds: resolved, special: special ?? null };
  });
  const ownSetInstanceIds = [...sets.values()].flatMap(({ id, ownerInstitutionId }) => (ownerInstitutionId === null ? [] : [id]));
  return { lines, ownSetInstanceIds };
}
