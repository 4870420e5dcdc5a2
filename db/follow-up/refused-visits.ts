/**
 * Crisis values in the form of a visit that is refused: whatever was wrong with the form, each is stored as a reading, and somebody looks at it. Its message
 * is named after what it says, so that a repeated request finds it, and so does the visit when the form comes again and is recorded.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { RecordVisit } from '../../domain/follow-up/events.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { toStandardUnits } from '../../domain/readings/reading.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import type { RefusedCommand } from '../kit/commands.ts';
import type { Trx } from '../kit/transaction.ts';
import { type NewReading, recordReadings } from '../readings/record.ts';
import { listReadingsToKeep, type VisitValue } from './visit-values.ts';

/** The source of readings that come out of a visit; the message of each is the visit with the place of the value in it. */
export const VISIT_SOURCE = 'carepath-visit';

export interface RefusedVisit {
  patientId: string;
  visit: Visit;
  /** False where nobody can believe the date of the form: the values then count from their arrival. */
  isDated: boolean;
  receivedAt: Date;
  by: RecordedBy;
}

/** Resolves with the ids of the readings; called again it stores nothing and resolves with the same. */
export async function keepCrisesOfRefusedVisit(trx: Trx, refused: RefusedVisit): Promise<string[]> {
  const { patientId, visit, isDated, receivedAt, by } = refused;
  const measuredAt = isDated ? new Date(visit.visitedAt) : receivedAt;
  const when = isDated ? measuredAt.toISOString() : localDateOf(receivedAt.getTime());
  const readings = listReadingsToKeep(visit, 'crises').map(
    ({ measured, context }): NewReading => ({
      source: VISIT_SOURCE,
      messageId: messageIdOf(patientId, when, measured),
      patient: { patientId },
      measured,
      measuredAt,
      context,
    }),
  );
  if (readings.length === 0) return [];
  const messageIds = readings.map(({ messageId }) => messageId);
  const known = await trx
    .selectFrom('reading')
    .select(['id', 'message_id as messageId'])
    .where('source', '=', VISIT_SOURCE)
    .where('message_id', 'in', messageIds)
    .execute();
  if (messageIds.every((id) => known.some(({ messageId }) => messageId === id))) return known.map(({ id }) => id);
  return (await recordReadings(trx, { readings, receivedAt, by })).map(({ readingId }) => readingId);
}

/** Without the value itself: an id is read in logs. */
const messageIdOf = (patientId: string, when: string, measured: VisitValue['measured']): string => {
  const { systolic, diastolic, value } = toStandardUnits(measured);
  const said = [patientId, when, measured.kind, systolic, diastolic, value].join('|');
  return `refused:${createHash('sha256').update(said).digest('hex').slice(0, 32)}`;
};

/**
 * The form that was refused has come again and is recorded: its values are readings of the visit from now on, with the instant and the context that the
 * visit gives them, and nobody is asked about them twice.
 */
export async function takeOverKeptCrises(
  trx: Trx,
  { patientId, visit, receivedAt }: Pick<RefusedVisit, 'patientId' | 'visit' | 'receivedAt'>,
  values: readonly (VisitValue & { messageId: string })[],
): Promise<void> {
  const visitedAt = new Date(visit.visitedAt);
  const given = values.map(({ measured, context, messageId }) => ({
    message_id: messageId,
    context,
    kept_as: [visitedAt.toISOString(), localDateOf(receivedAt.getTime())].map((when) => messageIdOf(patientId, when, measured)),
  }));
  // Where a reading of that instant is there from elsewhere, the visit has none of its own.
  await sql`
    with given as (
      select given.message_id, given.context, kept.id
      from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as given(message_id text, context text, kept_as text[])
        cross join lateral (
          select reading.id, reading.measured_at from reading
          where source = ${VISIT_SOURCE} and reading.message_id = any(kept_as) and status in ('recorded', 'quarantined')
          order by reading.measured_at = ${visitedAt}::timestamptz desc, reading.message_id limit 1
        ) as kept
    )
    update reading set message_id = given.message_id, context = given.context, measured_at = ${visitedAt}::timestamptz
    from given where reading.id = given.id and not exists (
      select from reading as same
      where same.id <> reading.id and same.patient_id = reading.patient_id and same.measured_at = ${visitedAt}::timestamptz and same.kind = reading.kind
        and (same.systolic, same.diastolic, same.value) is not distinct from (reading.systolic, reading.diastolic, reading.value))`.execute(
    trx,
  );
}

/** Nobody knows whose the values are: the form names another resident than its address. */
const isOfNobodyKnown = (code: ErrorCode): boolean => code === 'patient-mismatch';

/** Keeps what stands in a command that the follow-up refuses, in the transaction of the refusal. */
export async function keepOfRefusedCommand(trx: Trx, { name, input, pathwayId, actor, requestId, at }: RefusedCommand, code: ErrorCode) {
  if (name !== 'record-visit' || isOfNobodyKnown(code)) return;
  const { visit, crises = [] } = input as RecordVisit;
  if (crises.length === 0) return;
  const pathway = await trx.selectFrom('pathway').select('patient_id as patientId').where('id', '=', pathwayId).executeTakeFirst();
  if (!pathway?.patientId) return;
  const by = { actor: actor satisfies Actor, requestId };
  await keepCrisesOfRefusedVisit(trx, { patientId: pathway.patientId, visit, isDated: true, receivedAt: at, by });
}
