/**
 * A reading that was entered in error counts for nothing from then on: it is shown to nobody who does not ask for it, takes part in no rule, and what it
 * alone has raised is taken back, in the same transaction.
 */
import { sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { lockResident } from '../directory/resident-records.ts';
import { auditWrite } from '../kit/audit.ts';
import type { Database } from '../kit/database.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import { storeRelayedCommand } from '../kit/relayed-commands.ts';
import type { Trx } from '../kit/transaction.ts';
import { findingsOf } from './episode-rules.ts';
import { closeEpisode, holderOf } from './episodes.ts';
import { readingProtocol } from './protocol.ts';
import type { ReadingTable } from './tables.ts';

export interface RecordedReadingOrigin {
  id: string;
  /** The record that is kept up. */
  patientId: string;
  homeInstitutionId: string;
  status: ReadingTable['status'];
  senderId: string;
  /** Whether a machine account sent it. */
  isOfMachine: boolean;
  receivedAt: Date;
}

const origins = (db: Database) =>
  db
    .selectFrom('reading')
    .innerJoin('reading_batch as batch', 'batch.id', 'reading.batch_id')
    .innerJoinLateral(sql<{ id: string }>`(select id from surviving_record(reading.patient_id))`.as('survivor'), (join) => join.onTrue())
    .innerJoin('patient', 'patient.id', 'survivor.id')
    .select([
      'reading.id',
      'patient.id as patientId',
      'patient.home_institution_id as homeInstitutionId',
      'reading.status',
      'batch.sender_id as senderId',
      sql<boolean>`exists (select from post where post.person_id = batch.sender_id and post.role = 'gateway')`.as('isOfMachine'),
      'batch.received_at as receivedAt',
    ]);

/** Undefined for an unknown id, and for a reading of somebody whom nobody knows yet. */
export const findReadingOrigin = (db: Database, id: string): Promise<RecordedReadingOrigin | undefined> =>
  origins(db).where('reading.id', '=', id).executeTakeFirst();

export const findReadingOfMessage = (db: Database, source: string, messageId: string): Promise<RecordedReadingOrigin | undefined> =>
  origins(db).where('reading.source', '=', source).where('reading.message_id', '=', messageId).executeTakeFirst();

export interface WhatWasUndone {
  /** The episodes that are closed because of it. One that a follow-up holds closes there a moment later. */
  episodes: string[];
  /** The tasks that are withdrawn because of it, a moment later. */
  tasks: string[];
}

/** Resolves with undefined when the reading is marked already. */
export async function markReadingEnteredInError(
  trx: Trx,
  { id, patientId }: Pick<RecordedReadingOrigin, 'id' | 'patientId'>,
  { reason, at, by }: { reason: string; at: Date; by: RecordedBy },
): Promise<WhatWasUndone | undefined> {
  const { survivorId, recordIds } = await lockResident(trx, patientId);
  const marked = await trx
    .updateTable('reading')
    .set({ status: 'entered-in-error', error_at: at, error_by: JSON.stringify(by.actor), error_reason: reason })
    .where('id', '=', id)
    .where('status', 'in', ['recorded', 'quarantined'])
    .returning(['kind', 'measured_at as measuredAt'])
    .executeTakeFirst();
  if (!marked) return undefined;
  await auditWrite(trx, {
    actor: by.actor,
    action: 'reading.mark-entered-in-error',
    targetType: 'reading',
    targetId: id,
    patientId: survivorId,
    requestId: by.requestId,
  });
  const ofCrisis = await withdrawCrisisValue(trx, id, { at, actor: by.actor });
  const others = await closeUnfounded(trx, { recordIds, measuredAt: marked.measuredAt }, { at, by });
  return { episodes: [...ofCrisis.episodes, ...others.episodes], tasks: [...ofCrisis.tasks, ...others.tasks] };
}

interface WithdrawnValue {
  crisisReadingId: string;
  institutionId: string;
  left: number;
}

/** The crisis reading that has no other value is over from now on, so that a further value opens a new one; its pathway hears of it at once. */
async function withdrawCrisisValue(trx: Trx, readingId: string, { at, actor }: { at: Date; actor: Actor }): Promise<WhatWasUndone> {
  await sql`
    select from crisis_reading where status = 'open' and id in (select crisis_reading_id from crisis_value where reading_id = ${readingId})
    order by id for no key update`.execute(trx);
  const { rows: withdrawn } = await sql<WithdrawnValue>`
    with gone as (
      update crisis_value set withdrawn_at = ${at} where reading_id = ${readingId} and withdrawn_at is null returning id, crisis_reading_id
    )
    select distinct crisis.id as "crisisReadingId", home_institution_id as "institutionId", (
        select count(*)::int from crisis_value
        where crisis_reading_id = crisis.id and withdrawn_at is null and crisis_value.id not in (select id from gone)) as left
    from gone join crisis_reading as crisis on crisis.id = crisis_reading_id and status = 'open' join patient on patient.id = crisis.patient_id`.execute(
    trx,
  );
  const over = withdrawn.filter(({ left }) => left === 0).map(({ crisisReadingId }) => crisisReadingId);
  const closedBy = JSON.stringify(actor);
  await sql`
    update crisis_reading set status = 'withdrawn', closed_at = ${at}, closed_by = ${closedBy}::jsonb where id = any(${over}::uuid[])`.execute(
    trx,
  );
  const { rows: episodes } = await sql<{ id: string }>`
    update reading_episode as episode set closed_at = ${at}, closed_by = ${closedBy}::jsonb, done = ${DONE}
    where crisis_reading_id = any(${withdrawn.map(({ crisisReadingId }) => crisisReadingId)}::uuid[]) and closed_at is null and not exists (
      select from crisis_value as value
      where value.crisis_reading_id = episode.crisis_reading_id and value.rule = episode.rule and withdrawn_at is null)
    returning id`.execute(trx);
  await publishFactsToEachPathway(
    trx,
    withdrawn.map(({ crisisReadingId: pathwayId, institutionId }) => ({
      type: 'crisis-value-withdrawn',
      pathwayId,
      messageId: `crisis-value-withdrawn:${pathwayId}:${readingId}`,
      institutionId,
      occurredAt: at,
      input: { readingId },
    })),
  );
  return { episodes: episodes.map(({ id }) => id), tasks: over.map((id) => `${id}.confirm-reading`) };
}

/** What is written of an episode that a reading entered in error had raised. */
const DONE = '读数系误录 / entered in error';

/** So long before an episode a reading may have been a part of it; no rule looks back further. */
const LONGEST_REACH_DAYS = 40;

interface OpenEpisode {
  id: string;
  rule: string;
  measuredAt: Date;
  lastMeasuredAt: Date;
}

/** Judges the open episodes in which the reading may have had a part once more, without it. */
async function closeUnfounded(
  trx: Trx,
  { recordIds, measuredAt }: { recordIds: readonly string[]; measuredAt: Date },
  { at, by }: { at: Date; by: RecordedBy },
): Promise<WhatWasUndone> {
  const open: OpenEpisode[] = await trx
    .selectFrom('reading_episode')
    .select(['id', 'rule', 'measured_at as measuredAt', 'last_measured_at as lastMeasuredAt'])
    .where('patient_id', 'in', recordIds)
    .where('closed_at', 'is', null)
    .where('crisis_reading_id', 'is', null)
    .where('last_measured_at', '>=', measuredAt)
    .where('measured_at', '<=', new Date(measuredAt.getTime() + LONGEST_REACH_DAYS * DAY_MS))
    .execute();
  const undone: WhatWasUndone = { episodes: [], tasks: [] };
  for (const episode of open) {
    if (await isStillFounded(trx, episode, recordIds)) continue;
    undone.episodes.push(episode.id);
    const { followUp } = await holderOf(trx, episode.id, { recordIds, lock: true });
    if (followUp) {
      await storeClosing(trx, { followUp, episodeId: episode.id, by });
      undone.tasks.push(`${followUp.pathwayId}.episode-${episode.id}`);
    } else await closeEpisode(trx, { id: episode.id, closedAt: at, closedBy: by.actor, done: DONE });
  }
  return undone;
}

/** By every reading that is left of that time, as if all had just come. */
async function isStillFounded(
  trx: Trx,
  { rule: id, measuredAt, lastMeasuredAt }: OpenEpisode,
  recordIds: readonly string[],
): Promise<boolean> {
  const rule = readingProtocol.episodes.find((each) => each.id === id);
  // A rule that the present document does not have cannot be judged, so somebody looks at the episode.
  if (!rule) return true;
  const from = new Date(measuredAt.getTime() - LONGEST_REACH_DAYS * DAY_MS);
  const since = new Date(measuredAt.getTime() - readingProtocol.wakes.withinDays * DAY_MS);
  const { rows } = await sql`
    with person as (select ${recordIds[0] ?? ''}::text as person_id, ${[...recordIds]}::text[] as record_ids),
      fresh as materialized (
        select reading.id, person_id as patient_id, kind, measured_at, systolic, diastolic, value
        from person join reading on reading.patient_id = any(record_ids)
        where status = 'recorded' and measured_at between ${from} and ${lastMeasuredAt}
      ), looked_at as (select null::text as person_id, null::text as rule, null::timestamptz as until where false)
    select from (${findingsOf(rule, since)}) as found`.execute(trx);
  return rows.length > 0;
}

/** The follow-up closes the episode, as if whoever has marked the reading had done so there. */
async function storeClosing(
  trx: Trx,
  { followUp, episodeId, by }: { followUp: { pathwayId: string; enrolmentId: string }; episodeId: string; by: RecordedBy },
): Promise<void> {
  const key = `entered-in-error:${episodeId}`;
  await storeRelayedCommand(trx, {
    key,
    operation: 'closeReadingEpisode',
    requestId: by.requestId,
    pathwayId: followUp.pathwayId,
    pathwayKind: 'follow-up',
    name: 'close-episode',
    actor: by.actor,
    input: { enrolmentId: followUp.enrolmentId, episodeId },
    texts: { note: DONE },
  });
}
