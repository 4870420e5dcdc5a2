/** A resident has one follow-up: when two records become one, all of their follow-ups but one end, and hand over what they held. */
import { sql } from 'kysely';
import type { FollowUpJoined } from '../../domain/follow-up/events.ts';
import type { FollowUpHoldings } from '../../domain/follow-up/state.ts';
import { lockResident, type RecordsMerged } from '../directory/resident-records.ts';
import { listeningPathways } from '../kit/fact-deliveries.ts';
import { publishFact, publishFactsToPathways } from '../kit/publish-facts.ts';
import type { Trx } from '../kit/transaction.ts';

/** A fact that ends this follow-up is on its way to it, so it no longer counts as the resident's. */
const isToldToEnd = sql`exists (
  select from fact_delivery join fact on fact.id = fact_id
  where fact_delivery.pathway_id = listening.pathway_id and type = 'join-follow-up' and settled_at is null)`;

/**
 * Keeps one follow-up that is on, the survivor's own before others, the older before the newer, and tells every other one to join it, also one that is
 * being created at this moment.
 */
export async function joinFollowUps(trx: Trx, merger: RecordsMerged): Promise<void> {
  const { factId, survivorId, recordIds, occurredAt, senderInstitutionId } = merger;
  await publishFactsToPathways(
    trx,
    'join-follow-up',
    sql`
      with listening as materialized (
        select listening.*, state ->> 'endedAt' is null as is_on, pathway.version > 0 as exists_already
        from (${listeningPathways('join-follow-up')}) as listening left join pathway on pathway.id = pathway_id
        where listening.patient_id = any(${[...recordIds]}::text[])
      ), keeper as (
        select pathway_id from listening where exists_already and not ${isToldToEnd}
        order by is_on desc, patient_id = ${survivorId} desc, pathway_id limit 1
      )
      select listening.pathway_id, creating_command_id, ${survivorId}::text as patient_id,
        concat_ws(':', 'join-follow-up', ${factId}::text, listening.pathway_id) as message_id, ${occurredAt}::timestamptz as occurred_at,
        ${senderInstitutionId}::text as sender_institution_id, '{}'::jsonb as details,
        jsonb_build_object('intoPathwayId', keeper.pathway_id, 'survivorPatientId', ${survivorId}::text) as input
      from listening join keeper on keeper.pathway_id <> listening.pathway_id where not ${isToldToEnd}`,
  );
}

/**
 * Hands over what a follow-up held, in the transaction in which it ends. It goes to the follow-up that the resident keeps by now, which another merger
 * may have made another one than this follow-up was told to join.
 */
export async function handOverFollowUp(
  trx: Trx,
  {
    pathwayId,
    patientId,
    intoPathwayId,
    joinFactId,
    held,
    at,
  }: { pathwayId: string; patientId: string; intoPathwayId: string; joinFactId: string; held: FollowUpHoldings; at: Date },
): Promise<void> {
  const { survivorId, recordIds } = await lockResident(trx, patientId);
  if (await isTakenBack(trx, joinFactId)) return;
  const { rows } = await sql<{ keeperId: string; institutionId: string }>`
    select pathway_id as "keeperId", institution_id as "institutionId"
    from (select id as pathway_id, institution_id from pathway
      where kind = 'follow-up' and status = 'open' and version > 0 and id <> ${pathwayId} and patient_id = any(${recordIds}::text[])) as listening
    where not ${isToldToEnd}
    order by pathway_id = ${intoPathwayId} desc, pathway_id limit 1`.execute(trx);
  const [keeper] = rows;
  // The other one was on when this one was told to join it, and one that has ended can be reopened for weeks. Should there be none all the same, the
  // commit fails, so that nothing that this one holds is lost.
  if (!keeper) throw new Error(`The follow-up ${pathwayId} was told to join ${intoPathwayId}, and the resident has no other one.`);
  const input: Omit<FollowUpJoined, 'occurredAt'> = {
    fromPathwayId: pathwayId,
    held: { ...held, referrals: await readReferralsAgain(trx, held.referrals) },
  };
  await publishFact(trx, {
    type: 'follow-up-joined',
    // The same two may be merged again after a merger that was taken back.
    messageId: `follow-up-joined:${pathwayId}:${joinFactId}`,
    addressee: { type: 'pathway', pathwayId: keeper.keeperId, patientId: survivorId },
    institutionId: keeper.institutionId,
    occurredAt: at,
    input: { ...input },
  });
}

/** The merger was taken back before this follow-up had heard of it: it goes on with what it holds. */
async function isTakenBack(trx: Trx, joinFactId: string): Promise<boolean> {
  const { rows } = await sql<{ isRetracted: boolean }>`
    select exists (select from fact as merger where merger.id::text = split_part(fact.message_id, ':', 2) and merger.status = 'retracted') as "isRetracted"
    from fact where fact.id = ${joinFactId}`.execute(trx);
  return rows[0]?.isRetracted ?? false;
}

/**
 * A referral that closed while this follow-up was already told to end is closed here: the fact of its closing comes too late to this follow-up, and
 * came too early to the other one.
 */
async function readReferralsAgain(trx: Trx, referrals: FollowUpHoldings['referrals']): Promise<FollowUpHoldings['referrals']> {
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
