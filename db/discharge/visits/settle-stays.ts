/**
 * Makes everything that follows from the messages about a resident's stays as these say it now: the standing of each stay, what its episode and the
 * other pathways are told, and what people have to look at. It is done anew over all messages each time, so that neither their order nor a repetition
 * matters, nor whether a message, a merger or a death was the last to come.
 */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { MessageEffect } from '../../../domain/discharge/standing.ts';
import { lockResident, type ResidentRecords } from '../../directory/resident-records.ts';
import type { Trx } from '../../kit/transaction.ts';
import { listContradictions } from './contradictions.ts';
import { tellOrders } from './stay-orders.ts';
import { findLastApplied, isOf, lockStays, type Stay } from './stays.ts';
import { type Patient, tellEpisode } from './tell-episode.ts';
import { tellLaterStays } from './tell-later-stays.ts';
import { tellOthers } from './tell-others.ts';
import { tellResults } from './tell-results.ts';
import { updateReviews, type WantedReview } from './visit-reviews.ts';

/** What became of each message that means the resident, by its fact. */
export type Effects = ReadonlyMap<string, MessageEffect>;

/**
 * Whoever calls this holds the resident's lock, or else takes it here: it is taken again. `arrivedFactId`: the message that has just come, if one has.
 * May be called again, and then changes nothing.
 */
export async function settleStays(trx: Trx, recordId: string, arrivedFactId?: string): Promise<Effects> {
  const resident = await lockResident(trx, recordId);
  const stays = await lockStays(trx, resident.recordIds);
  if (stays.length === 0) return new Map();
  await releaseAndHold(trx, stays, resident);
  const wanted: WantedReview[] = stays.flatMap(({ messages, hospitalId }) =>
    messages.flatMap(({ factId, patientId }): WantedReview[] => {
      if (patientId === null) return [{ factId, hospitalId, reason: 'unknown-patient' }];
      return resident.recordIds.includes(patientId) ? [] : [{ factId, hospitalId, reason: 'visit-of-another-patient' }];
    }),
  );
  const patient = await getPatient(trx, resident);
  wanted.push(...listContradictions(stays, patient.deceasedAt));
  const changed = stays.filter(({ standing, folded }) => !isDeepStrictEqual(standing, folded.standing));
  for (const stay of changed.filter(({ isOver }) => isOver)) {
    const factId = arrivedFactId ?? findLastApplied(stay)?.factId;
    if (factId !== undefined) wanted.push({ factId, hospitalId: stay.hospitalId, reason: 'episode-over' });
  }
  const episodeIds = new Map(stays.flatMap(({ id, episodeId }) => (episodeId === null ? [] : [[id, episodeId]])));
  for (const stay of changed) {
    const episodeId = await tellEpisode(trx, stay, patient);
    if (episodeId !== null) episodeIds.set(stay.id, episodeId);
    await keepStanding(trx, stay, episodeId);
  }
  await tellLaterStays(trx, stays, episodeIds);
  await tellResults(trx, stays, episodeIds, (message) => isOf(message, resident.recordIds));
  const ordered = await tellOrders(trx, stays, episodeIds, (message) => isOf(message, resident.recordIds));
  for (const stay of ordered.filter((one) => one.isOver && !changed.includes(one))) {
    const factId = arrivedFactId ?? stay.messages.at(-1)?.factId;
    if (factId !== undefined) wanted.push({ factId, hospitalId: stay.hospitalId, reason: 'episode-over' });
  }
  await tellOthers(trx, stays, resident);
  const factIds = stays.flatMap(({ messages }) => messages.map(({ factId }) => factId));
  await updateReviews(trx, { factIds, wanted, patientId: resident.survivorId });
  return new Map(stays.flatMap(({ folded }) => [...folded.effects]));
}

/** A message that means the resident counts, whatever it waited for; one that means another resident, because a merger was taken back, waits. */
async function releaseAndHold(trx: Trx, stays: readonly Stay[], { recordIds }: ResidentRecords): Promise<void> {
  const messages = stays.flatMap((stay) => stay.messages);
  const released = messages.filter((message) => message.status === 'held' && isOf(message, recordIds));
  const held = messages.filter((message) => message.status === 'recorded' && !isOf(message, recordIds));
  if (released.length + held.length === 0) return;
  await sql`
    update fact set status = case when fact.id = any(${released.map(({ factId }) => factId)}::uuid[]) then 'recorded' else 'held' end,
      patient_id = message.patient_id
    from visit_message as message
    where message.fact_id = fact.id and fact.id = any(${[...released, ...held].map(({ factId }) => factId)}::uuid[])`.execute(trx);
}

async function getPatient(trx: Trx, resident: ResidentRecords): Promise<Patient> {
  const { homeInstitutionId, deceasedAt } = await trx
    .selectFrom('patient')
    .select(['home_institution_id as homeInstitutionId', 'deceased_at as deceasedAt'])
    .where('id', '=', resident.survivorId)
    .executeTakeFirstOrThrow();
  return { ...resident, homeInstitutionId, deceasedAt: deceasedAt?.getTime() ?? null };
}

async function keepStanding(trx: Trx, { id, number, folded }: Stay, episodeId: string | null): Promise<void> {
  await trx
    .updateTable('visit')
    .set({
      standing: folded.standing && JSON.stringify(folded.standing),
      number: number + 1,
      first_recorded_at: folded.firstRecordedAt === null ? null : new Date(folded.firstRecordedAt),
      episode_id: episodeId,
    })
    .where('id', '=', id)
    .execute();
}
