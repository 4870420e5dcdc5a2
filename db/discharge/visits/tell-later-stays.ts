/** Each episode is told of the stay of the same person that comes next after its own, when that changes. */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { findNextStay, type KnownStay } from '../../../domain/discharge/next-stay.ts';
import { publishFactsToEachPathway } from '../../kit/outgoing.ts';
import type { Trx } from '../../kit/transaction.ts';
import { beginningOf, type Stay } from './stays.ts';

/** `episodeIds`: of each stay by its id, those that begin in this transaction among them. */
export async function tellLaterStays(trx: Trx, stays: readonly Stay[], episodeIds: ReadonlyMap<string, string>): Promise<void> {
  const known = new Map(
    stays.flatMap((stay) => {
      const found = toKnownStay(stay, episodeIds.get(stay.id));
      return found ? [[stay, found] as const] : [];
    }),
  );
  const changed = stays.flatMap((stay) => {
    const own = known.get(stay);
    const later = own ? findNextStay(own, [...known.values()]) : null;
    return isDeepStrictEqual(later, stay.later) ? [] : [{ stay, later, number: stay.laterNumber + 1 }];
  });
  if (changed.length === 0) return;
  await publishFactsToEachPathway(
    trx,
    changed.flatMap(({ stay, later, number }) => {
      const pathwayId = episodeIds.get(stay.id);
      if (pathwayId === undefined || stay.isOver) return [];
      const occurredAt = new Date(Math.min(later?.admittedAt ?? Date.now(), Date.now()));
      const named = { messageId: `later-stay:${pathwayId}:${number}`, institutionId: later?.hospitalId ?? stay.hospitalId };
      return [{ type: 'later-stay' as const, pathwayId, ...named, occurredAt, input: { stay: later } }];
    }),
  );
  const rows = changed.map(({ stay: { id }, later, number }) => ({ id, later, number }));
  await sql`
    update visit set later = nullif(row -> 'later', 'null'::jsonb), later_number = (row ->> 'number')::integer
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row where visit.id = (row ->> 'id')::uuid`.execute(trx);
}

function toKnownStay(stay: Stay, episodeId: string | undefined): KnownStay | undefined {
  const { hospitalId, folded } = stay;
  return folded.standing === null || episodeId === undefined
    ? undefined
    : { episodeId, hospitalId, standing: folded.standing, beganAt: beginningOf(stay) };
}
