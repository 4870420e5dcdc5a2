/** A person has one open crisis reading: when two records become one, the older goes on with the values of both, because its deadline is the earlier one. */
import { sql } from 'kysely';
import type { CrisisValue } from '../../domain/crisis-reading/events.ts';
import type { RecordsMerged } from '../directory/resident-records.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import { publishCrisisValues } from './raise.ts';

export async function joinCrisisReadings(trx: Trx, { factId, recordIds, occurredAt, homeInstitutionId }: RecordsMerged): Promise<void> {
  const { rows: open } = await sql<{ id: string }>`
    select id from crisis_reading where patient_id = any(${[...recordIds]}::text[]) and status = 'open'
    order by opened_at, id for no key update`.execute(trx);
  const [keeper, ...others] = open;
  if (!keeper || others.length === 0) return;
  const ids = sql`any(${others.map(({ id }) => id)}::uuid[])`;
  await sql`update crisis_reading set status = 'joined', closed_at = ${occurredAt} where id = ${ids}`.execute(trx);
  await sql`update reading_episode set crisis_reading_id = ${keeper.id} where crisis_reading_id = ${ids} and closed_at is null`.execute(
    trx,
  );
  const { rows: joining } = await sql<{ detail: CrisisValue }>`
    with moved as (
      update crisis_value set crisis_reading_id = ${keeper.id} where crisis_reading_id = ${ids} and withdrawn_at is null returning id, detail
    )
    select detail from moved order by id`.execute(trx);
  await publishFactsToEachPathway(
    trx,
    others.map(({ id: pathwayId }) => ({
      type: 'join-crisis-reading',
      pathwayId,
      messageId: `join-crisis-reading:${factId}:${pathwayId}`,
      institutionId: homeInstitutionId,
      occurredAt,
      input: { intoPathwayId: keeper.id },
    })),
  );
  await publishCrisisValues(
    trx,
    joining.map(({ detail: value }) => ({ crisisReadingId: keeper.id, homeInstitutionId, value })),
    occurredAt,
  );
}
