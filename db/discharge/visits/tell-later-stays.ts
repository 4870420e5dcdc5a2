/** Each episode is told of the stay of the same person that comes next after its own, when that changes. */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { LaterStay } from '../../../domain/discharge/standing.ts';
import { publishFactsToEachPathway } from '../../kit/outgoing.ts';
import type { Trx } from '../../kit/transaction.ts';
import { beginningOf, type Stay } from './stays.ts';

/** `episodeIds`: of each stay by its id, those that begin in this transaction among them. */
export async function tellLaterStays(trx: Trx, stays: readonly Stay[], episodeIds: ReadonlyMap<string, string>): Promise<void> {
  const standing = stays
    .filter(({ folded }) => folded.standing !== null && folded.standing.status !== 'cancelled')
    .toSorted((one, other) => beginningOf(one) - beginningOf(other));
  const changed = stays.flatMap((stay) => {
    const later = laterOf(stay, standing, episodeIds);
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

/** Of a stay that was cancelled there is none. Two that began at one instant stand in the order in which they became known. */
function laterOf(stay: Stay, standing: readonly Stay[], episodeIds: ReadonlyMap<string, string>): LaterStay | null {
  const at = standing.indexOf(stay);
  const next = at < 0 ? undefined : standing[at + 1];
  const episodeId = next && episodeIds.get(next.id);
  const found = next?.folded.standing;
  if (!next || !found || found.status === 'cancelled' || episodeId === undefined) return null;
  return {
    episodeId,
    hospitalId: next.hospitalId,
    admittedAt: beginningOf(next),
    planned: found.admissionType === 'elective',
    status: found.status,
  };
}
