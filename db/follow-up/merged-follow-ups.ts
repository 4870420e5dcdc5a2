/** One person, one follow-up: when two records become one, all of their follow-ups but one end, and hand over what they held. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { FollowUpJoined, Held } from '../../domain/follow-up/merge-follow-ups.ts';
import { lockResident } from '../directory/resident-records.ts';
import { listeningPathways } from '../kit/fact-deliveries.ts';
import type { Trx } from '../kit/transaction.ts';

/** Told to end: it will, and is nobody's follow-up any more. */
const isToEnd = sql`exists (
  select from fact_delivery join fact on fact.id = fact_id
  where fact_delivery.pathway_id = listening.pathway_id and type = 'join-follow-up' and settled_at is null)`;

/**
 * Keeps one that is on, the survivor's own before others, the older before the newer, and tells every other one to join it; also one that is being
 * created at this moment. Whoever calls this holds the lock of the surviving record.
 */
export async function joinFollowUps(
  trx: Trx,
  { factId, survivorId, recordIds, occurredAt }: { factId: string; survivorId: string; recordIds: readonly string[]; occurredAt: Date },
): Promise<void> {
  await sql`
    with listening as materialized (
      select listening.*, state ->> 'endedAt' is null as is_on, pathway.version > 0 as exists_already
      from (${listeningPathways('join-follow-up')}) as listening left join pathway on pathway.id = pathway_id
      where listening.patient_id = any(${[...recordIds]}::text[])
    ), keeper as (
      select pathway_id from listening where exists_already and not ${isToEnd}
      order by is_on desc, patient_id = ${survivorId} desc, pathway_id limit 1
    ), owed as materialized (
      select gen_random_uuid() as fact_id, listening.*, keeper.pathway_id as keeper_id
      from listening join keeper on keeper.pathway_id <> listening.pathway_id where not ${isToEnd}
    ), told as (
      insert into fact (id, source, message_id, type, occurred_at, sender_id, sender_institution_id, given_patient_id, details, body_hash, status,
        patient_id, input)
      select fact_id, 'carepath', concat_ws(':', 'join-follow-up', ${factId}::text, owed.pathway_id), 'join-follow-up', ${occurredAt}, 'carepath',
        merger.sender_institution_id, ${survivorId}, '{}', sha256(fact_id::text::bytea), 'recorded', ${survivorId},
        jsonb_build_object('occurredAt', ${occurredAt.getTime()}::bigint, 'intoPathwayId', keeper_id, 'survivorPatientId', ${survivorId}::text)
      from owed join fact as merger on merger.id = ${factId}
    )
    insert into fact_delivery (fact_id, pathway_id, creating_command_id) select fact_id, pathway_id, creating_command_id from owed`.execute(
    trx,
  );
}

/** In the transaction in which one ends: to the one that the person keeps by now, which another merger may have made another one. */
export async function handOver(
  trx: Trx,
  { pathwayId, patientId, intoPathwayId, held, at }: { pathwayId: string; patientId: string; intoPathwayId: string; held: Held; at: Date },
): Promise<void> {
  const { survivorId, recordIds } = await lockResident(trx, patientId);
  const { rows } = await sql<{ keeperId: string; institutionId: string }>`
    select pathway_id as "keeperId", institution_id as "institutionId"
    from (select id as pathway_id, institution_id from pathway
      where kind = 'follow-up' and status = 'open' and version > 0 and id <> ${pathwayId} and patient_id = any(${recordIds}::text[])) as listening
    where not ${isToEnd}
    order by pathway_id = ${intoPathwayId} desc, pathway_id limit 1`.execute(trx);
  const [keeper] = rows;
  // It was on when this one was told, and what has ended can be reopened for weeks: nothing is thrown away because that was not so.
  if (!keeper) throw new Error(`The follow-up ${pathwayId} was told to join ${intoPathwayId}, and the person has no other one.`);
  const input: FollowUpJoined = {
    occurredAt: at.getTime(),
    fromPathwayId: pathwayId,
    held: { ...held, referrals: await referralsNow(trx, held.referrals) },
  };
  const factId = uuid();
  await trx
    .insertInto('fact')
    .values({
      id: factId,
      source: 'carepath',
      message_id: `follow-up-joined:${pathwayId}`,
      type: 'follow-up-joined',
      occurred_at: at,
      sender_id: 'carepath',
      sender_institution_id: keeper.institutionId,
      given_patient_id: survivorId,
      local_id_system: null,
      local_id_value: null,
      details: JSON.stringify({}),
      body_hash: createHash('sha256').update(factId).digest(),
      status: 'recorded',
      patient_id: survivorId,
      input: JSON.stringify(input),
    })
    .execute();
  await trx.insertInto('fact_delivery').values({ fact_id: factId, pathway_id: keeper.keeperId, creating_command_id: null }).execute();
}

/** One that closed while this follow-up was already told to end closes here: that news comes too late to it, and came too early to the other. */
async function referralsNow(trx: Trx, referrals: Held['referrals']): Promise<Held['referrals']> {
  const open = referrals.filter(({ reviewedAt }) => reviewedAt === null).map(({ id }) => id);
  if (open.length === 0) return referrals;
  const rows = await trx
    .selectFrom('pathway')
    .innerJoin('referral', 'referral.id', 'pathway.id')
    .select(['pathway.id', 'pathway.state', 'referral.closed_at as closedAt'])
    .where('pathway.id', 'in', open)
    .where('referral.closed_at', 'is not', null)
    .execute();
  return referrals.flatMap((referral) => {
    const closed = rows.find(({ id }) => id === referral.id);
    if (!closed?.closedAt) return [referral];
    const { status, reviewedAt } = closed.state as { status: string; reviewedAt: number | null };
    return status === 'completed' && reviewedAt !== null ? [{ ...referral, reviewedAt: closed.closedAt.getTime() }] : [];
  });
}
