/**
 * What was told of one record before it was known that another record is the same person's: the pathways of all records hear of it as soon as the merger
 * takes effect, because what the directory says holds for all of them from then on.
 */
import { sql } from 'kysely';
import { oweDeliveries } from '../kit/fact-deliveries.ts';
import type { Trx } from '../kit/transaction.ts';
import { findLatestMove } from './resident-records.ts';

/** The homes of the records, to be compared with those after the merger. */
export const listHomes = (trx: Trx, recordIds: readonly string[]) =>
  trx
    .selectFrom('patient')
    .select(['id', 'home_institution_id as home'])
    .where('id', '=', sql<string>`any(${[...recordIds]}::text[])`)
    .orderBy('id')
    .execute();

/** Whoever has heard of it already is not told again. Called after the records say the same; `homesBefore` are those that they said before. Resolves with the fact of a death. */
export async function tellWhatWasKnown(
  trx: Trx,
  recordIds: readonly string[],
  homesBefore: readonly { id: string; home: string }[],
): Promise<string | undefined> {
  const deaths = await trx
    .selectFrom('fact')
    .select('id')
    .where('type', '=', 'patient-died')
    .where('status', '=', 'recorded')
    .where('patient_id', '=', sql<string>`any(${[...recordIds]}::text[])`)
    .execute();
  for (const { id } of deaths) await oweDeliveries(trx, { factId: id, type: 'patient-died', recordIds });
  const homes = await listHomes(trx, recordIds);
  const hasMoved = homes.some(({ id, home }) => homesBefore.some((before) => before.id === id && before.home !== home));
  const moveId = hasMoved ? await findLatestMove(trx, recordIds) : undefined;
  if (moveId !== undefined) await oweDeliveries(trx, { factId: moveId, type: 'patient-moved', recordIds });
  return deaths[0]?.id;
}
