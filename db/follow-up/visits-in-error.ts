/**
 * A visit that was entered in error: its record stays as it was written, with a mark. What it has left beside the follow-up itself (readings, messages,
 * referrals, outcomes) is taken back in the transaction of the mark.
 */
import { sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import type { Database } from '../kit/database.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import { withdrawMessagesOfSteps } from '../messages/withdraw.ts';
import { markReadingEnteredInError } from '../readings/entered-in-error.ts';
import { VISIT_SOURCE } from './refused-visits.ts';
import type { VisitMark } from './tables.ts';
import { listMessageIds } from './visit-readings.ts';

export interface VisitOrigin {
  id: string;
  /** The record that is kept up. */
  patientId: string;
  homeInstitutionId: string;
  visitedAt: Date;
  recordedAt: Date;
  recordedBy: Actor;
  isInError: boolean;
  parts: { id: string; enrolmentId: string; pathwayId: string; isOpen: boolean; referralId: string | null }[];
}

/** Finds a visit by its id or by that of one of its parts; undefined when there is none. What older code has written may have a part alone. */
export async function findVisitOrigin(db: Database, id: string): Promise<VisitOrigin | undefined> {
  const { rows } = await sql<Omit<VisitOrigin, 'visitedAt' | 'recordedAt'> & { visitedAt: string; recordedAt: string }>`
    with asked as (
      select coalesce((select coalesce(visit_id, id) from follow_up_visit where id = ${id}::uuid), ${id}::uuid) as id
    ), part as (
      select part.*, coalesce(enrolment.merged_into_id, enrolment.id) as counted_in, enrolment.patient_id
      from asked join follow_up_visit as part on part.visit_id = asked.id or part.id = asked.id join enrolment on enrolment.id = enrolment_id
    ), visit as (
      select patient_id, visited_at, recorded_at, recorded_by, entered_in_error from patient_visit join asked using (id)
      union all
      select patient_id, visited_at, recorded_at, recorded_by, null from part
      limit 1
    )
    select asked.id, patient.id as "patientId", patient.home_institution_id as "homeInstitutionId", visited_at as "visitedAt",
      recorded_at as "recordedAt", recorded_by as "recordedBy", entered_in_error is not null as "isInError",
      (select coalesce(json_agg(json_build_object('id', part.id, 'enrolmentId', counted_in, 'pathwayId', pathway.id, 'isOpen', pathway.status = 'open',
          'referralId', referral_id) order by part.id), '[]')
        from part join enrolment on enrolment.id = counted_in join pathway on pathway.id = enrolment.pathway_id) as parts
    from asked cross join visit cross join lateral surviving_record(visit.patient_id) as survivor join patient on patient.id = survivor.id`.execute(
    db,
  );
  const [row] = rows;
  return row && { ...row, visitedAt: new Date(row.visitedAt), recordedAt: new Date(row.recordedAt) };
}

/** Every id under which something of the visit may be stored. */
const idsOf = ({ id, parts }: VisitOrigin): string[] => [...new Set([id, ...parts.map((part) => part.id)])];

/** What of a visit was undone. Ids are those of the API. */
export type UndoneVisit = VisitMark['undone'];

/** A status in which the other side has nothing to do with a referral yet; see `withoutVisit` of domain/referral/facts.ts. */
const unanswered = ['draft', 'received'];

/** Returns the referrals of these that the other side has answered. One that is about to begin is not answered. */
export async function findAnsweredReferrals(db: Database, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db.selectFrom('referral').select('id').where('id', 'in', ids).where('status', 'not in', unanswered).execute();
  return new Set(rows.map(({ id }) => id));
}

/** The same, and none of them changes until the transaction ends. */
export async function findAnsweredReferralsLocked(trx: Trx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await trx.selectFrom('referral').select(['id', 'status']).where('id', 'in', ids).orderBy('id').forShare().execute();
  return new Set(rows.filter(({ status }) => !unanswered.includes(status)).map(({ id }) => id));
}

/** Says whether the visit is marked already. Whoever asks has locked its resident, so that the answer holds until the transaction ends. */
export async function isMarkedInError(trx: Trx, visitId: string): Promise<boolean> {
  const row = await trx.selectFrom('patient_visit').select('entered_in_error').where('id', '=', visitId).executeTakeFirst();
  return row?.entered_in_error != null;
}

export interface Marking {
  visit: VisitOrigin;
  reason: string;
  at: Date;
  by: RecordedBy;
  /** What the follow-up itself has undone; `withdraws` are the referrals that it has forgotten, `tells` those that go on. */
  undone: Pick<UndoneVisit, 'episodes' | 'tasks'> & { withdraws: readonly string[]; tells: readonly string[] };
}

/** Marks the visit and takes back what it has left beside the follow-up. Whoever calls this holds the lock of the resident. */
export async function markVisitInError(trx: Trx, { visit, reason, at, by, undone }: Marking): Promise<UndoneVisit> {
  const ofReadings = await undoReadings(trx, visit, { reason, at, by });
  const { withdraws, tells } = undone;
  const afterHospital = await listAnsweredFirstFollowUps(trx, visit);
  await publishFactsToEachPathway(
    trx,
    [
      ...[...withdraws, ...tells].map((referralId) => ({ referralId, withdraws: withdraws.includes(referralId) })),
      ...afterHospital.map((first) => ({ ...first, withdraws: false })),
    ].map(({ referralId, ...input }) => ({
      type: 'visit-entered-in-error',
      pathwayId: referralId,
      messageId: `visit-entered-in-error:${visit.id}:${referralId}`,
      institutionId: by.actor.institutionId,
      occurredAt: at,
      input: { visitId: visit.id, ...input },
    })),
  );
  await withdrawMessages(trx, visit);
  const own = visit.parts.flatMap(({ referralId }) => referralId ?? []);
  const [referralId] = [...own, ...withdraws, ...tells].filter((id) => [...withdraws, ...tells].includes(id));
  const all: UndoneVisit = {
    referral: referralId === undefined ? null : { id: referralId, becomes: withdraws.includes(referralId) ? 'withdrawn' : 'told' },
    episodes: [...undone.episodes, ...ofReadings.episodes],
    tasks: [...undone.tasks, ...ofReadings.tasks],
  };
  await saveMark(trx, visit, { at, by: by.actor, reason, undone: all });
  return all;
}

/** The record of older code that has a part alone gets its visit with the mark. */
async function saveMark(trx: Trx, { id }: VisitOrigin, mark: { at: Date; by: Actor; reason: string; undone: UndoneVisit }): Promise<void> {
  await sql`
    insert into patient_visit (id, patient_id, institution_id, visited_at, mode, recorded_at, recorded_by, entered_in_error)
    select part.id, patient_id, recorded_by ->> 'institutionId', visited_at, mode, recorded_at, recorded_by, ${JSON.stringify(mark)}::jsonb
    from follow_up_visit as part join enrolment on enrolment.id = enrolment_id
    where part.id = ${id}::uuid and not exists (select from patient_visit where patient_visit.id = ${id}::uuid)`.execute(trx);
  await trx
    .updateTable('patient_visit')
    .set({ entered_in_error: JSON.stringify(mark) })
    .where('id', '=', id)
    .where('entered_in_error', 'is', null)
    .execute();
}

/** Returns what the mark of a visit has undone. */
export async function getUndone(db: Database, visitId: string): Promise<UndoneVisit> {
  const { entered_in_error: mark } = await db
    .selectFrom('patient_visit')
    .select('entered_in_error')
    .where('id', '=', visitId)
    .executeTakeFirstOrThrow();
  if (!mark) throw new Error('The visit is not marked.');
  return mark.undone;
}

/** The readings that the visit has stored are marked like any other, which closes what they alone have raised. */
async function undoReadings(
  trx: Trx,
  visit: VisitOrigin,
  marking: Pick<Marking, 'reason' | 'at' | 'by'>,
): Promise<Pick<UndoneVisit, 'episodes' | 'tasks'>> {
  const readings = await trx
    .selectFrom('reading')
    .select('id')
    .where('source', '=', VISIT_SOURCE)
    .where('message_id', 'in', idsOf(visit).flatMap(listMessageIds))
    .where('status', 'in', ['recorded', 'quarantined'])
    .orderBy('id')
    .execute();
  const undone = { episodes: new Set<string>(), tasks: new Set<string>() };
  for (const { id } of readings) {
    const { episodes, tasks } = (await markReadingEnteredInError(trx, { id, patientId: visit.patientId }, marking)) ?? noReading;
    for (const episode of episodes) undone.episodes.add(episode);
    for (const task of tasks) undone.tasks.add(task);
  }
  if (undone.episodes.size === 0) return { episodes: [], tasks: [...undone.tasks].map(describeTask) };
  const episodes = await trx
    .selectFrom('reading_episode')
    .select(['id', 'rule'])
    .where('id', 'in', [...undone.episodes])
    .orderBy('id')
    .execute();
  return { episodes, tasks: [...undone.tasks].map(describeTask) };
}

const noReading = { episodes: [], tasks: [] };

/** The id of a task is that of its pathway and its own name; an episode of a follow-up has one of its own beside it. */
function describeTask(id: string): UndoneVisit['tasks'][number] {
  const name = id.slice(id.indexOf('.') + 1);
  return { id, kind: name.startsWith('episode-') ? 'reading-episode' : name };
}

interface FirstFollowUp {
  referralId: string;
  /** Whether its values are the outcome of the referral as it stands, or are about to be. */
  wasOutcome: boolean;
}

/** The referrals back from hospital whose first follow-up the visit was. */
async function listAnsweredFirstFollowUps(trx: Trx, { id, patientId, recordedBy }: VisitOrigin): Promise<FirstFollowUp[]> {
  const { rows } = await sql<FirstFollowUp>`
    select referral.id as "referralId", command.outcome is null or command.id::text = (
        select event ->> 'id' from decision where pathway_id = referral.id and event ->> 'name' = 'send-outcome' order by version desc limit 1
      ) as "wasOutcome"
    from referral join command
      on account_id = ${recordedBy.personId} and idempotency_key = 'first-follow-up:' || referral.id::text || ':' || ${id}::text
    where patient_id in (select id from records_of_resident(${patientId})) and direction = 'down'
    order by referral.id`.execute(trx);
  return rows.map(({ referralId, wasOutcome }) => ({ referralId, wasOutcome: wasOutcome ?? false }));
}

/** What has not gone out yet of the messages about the visit does not go any more. */
async function withdrawMessages(trx: Trx, visit: VisitOrigin): Promise<void> {
  for (const pathwayId of new Set(visit.parts.map((part) => part.pathwayId))) {
    const { rows } = await sql<{ stepId: string }>`
      select event ->> 'id' as "stepId" from decision
      where pathway_id = ${pathwayId}::uuid and event ->> 'name' = 'record-visit' and event #>> '{input,visitId}' = any(${idsOf(visit)}::text[])`.execute(
      trx,
    );
    await withdrawMessagesOfSteps(
      trx,
      pathwayId,
      rows.map(({ stepId }) => stepId),
    );
  }
}
