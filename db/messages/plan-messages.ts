/**
 * What becomes of messages whose turn has come: they go, wait for a better hour, or are withdrawn because they say what is no longer so.
 * Reads what the pure rules need; whoever is planned for is locked, so that two processes cannot both find room on the same day.
 */
import { type Selectable, sql } from 'kysely';
import type { MessageStanding } from '../../domain/kit/pathway.ts';
import { planMessage } from '../../domain/messages/caps.ts';
import type { RecipientType } from '../../domain/messages/channels.ts';
import { audienceOf, messageStanding } from '../../domain/messages/message-standing.ts';
import { findResidentText } from '../../domain/messages/templates.ts';
import { startOfDay } from '../../domain/time/shanghai.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadMessageConfiguration } from './configuration.ts';
import type { MessageTable } from './tables.ts';

/** A message with its pathway, as one statement reads it; instants in milliseconds. */
export interface DueMessage {
  id: string;
  template: string;
  parameters: Selectable<MessageTable>['parameters'];
  recipientType: RecipientType;
  recipientId: string;
  channel: string;
  kind: string | null;
  state: unknown;
  offsetMs: number;
}

export type MessagePlan =
  | { plan: 'send'; usefulUntil: number | null; emergency: boolean }
  | { plan: 'postpone'; until: number; reason: 'quiet-hours' | 'daily-cap' | 'confirmation' }
  | { plan: 'withdraw'; reason: string };

export const standingOf = (message: DueMessage): MessageStanding =>
  messageStanding({ ...message, audience: audienceOf(message.recipientType) });

/** The resident whom a message is meant for, or whose contact it goes to; undefined for a message to staff. */
function residentOf({ recipientType, recipientId, parameters }: DueMessage): string | undefined {
  if (recipientType === 'patient') return recipientId;
  return recipientType === 'contact' && typeof parameters.patientId === 'string' ? parameters.patientId : undefined;
}

/** How long a message to somebody who is said to have died waits before it is looked at again. */
const CONFIRMATION_LOOK_MS = 3_600_000;

/** The messages are planned in their order, so that the first ones get the room that a day still has. */
export async function planMessages(trx: Trx, due: readonly DueMessage[], at: number): Promise<Map<string, MessagePlan>> {
  const patientIds = [...new Set(due.flatMap((message) => residentOf(message) ?? []))].sort();
  const days = patientIds.length > 0 ? await patientDays(trx, patientIds, due, at) : undefined;
  const rules = days && (await loadMessageConfiguration(trx));
  const plans = new Map<string, MessagePlan>();
  for (const message of due) {
    const { emergency, usefulUntil: until, outdated } = standingOf(message);
    const { offsetMs } = message;
    const usefulUntil = until === null ? null : until - offsetMs;
    const patient = days?.get(residentOf(message) ?? '');
    if (outdated) plans.set(message.id, { plan: 'withdraw', reason: outdated });
    // The pathway may not have heard of it yet, but nothing goes out from the commit of the fact on.
    else if (patient?.hasDied) plans.set(message.id, { plan: 'withdraw', reason: 'patient-died' });
    else if (!rules || !patient) plans.set(message.id, { plan: 'send', usefulUntil, emergency });
    else if (message.channel === 'phone' && findResidentText(message.template)?.neverCalls)
      plans.set(message.id, { plan: 'withdraw', reason: 'no-call-of-its-own' });
    else if (patient.diedAsSaid && !emergency)
      plans.set(message.id, { plan: 'postpone', until: at + CONFIRMATION_LOOK_MS, reason: 'confirmation' });
    else {
      const disturbs = message.channel !== 'paper';
      // What goes to a contact is none of the messages that the resident gets on the day.
      const counts = disturbs && message.recipientType === 'patient';
      // A demonstration pushes the clock of a pathway forward, and with it the days and nights of whoever hears of it.
      const instants = counts ? patient.instants.map((instant) => instant + offsetMs) : [];
      const planned = planMessage({ audience: 'patient', emergency, disturbs, dueAt: until }, at + offsetMs, instants, rules);
      const plan = planned.plan === 'postpone' ? { ...planned, until: planned.until - offsetMs } : planned;
      plans.set(message.id, plan.plan === 'send' ? { plan: 'send', usefulUntil, emergency } : plan);
      if (counts && plan.plan !== 'withdraw') patient.instants.push(plan.plan === 'send' ? at : plan.until);
    }
  }
  return plans;
}

interface PatientDay {
  /** The instants at which the patient's other messages went or will go. */
  instants: number[];
  /** Somebody has said on the telephone that the patient has died, and it has not been found untrue. */
  diedAsSaid: boolean;
  hasDied: boolean;
}

async function patientDays(
  trx: Trx,
  patientIds: readonly string[],
  due: readonly DueMessage[],
  at: number,
): Promise<Map<string, PatientDay>> {
  const ids = sql<string>`any(${[...patientIds]}::text[])`;
  const patients = await trx
    .selectFrom('patient')
    .select((eb) => [
      'id',
      // Questions that older code has asked have a task only.
      eb
        .exists(
          eb
            .selectFrom('task')
            .select('task.id')
            .whereRef('task.patient_id', '=', 'patient.id')
            .where('task.name', '=', 'confirm-death')
            .where((task) => task.or([task('task.status', '=', 'open'), task('task.outcome', '=', 'confirmed')])),
        )
        .as('diedAsSaidBefore'),
      sql<boolean>`exists (
        select from records_of_resident(patient.id) as record join identity_check on identity_check.patient_id = record.id
        where identity_check.kind = 'death' and identity_check.status = 'open')`.as('diedAsSaid'),
      sql<boolean>`deceased_at is not null`.as('hasDied'),
    ])
    .where('id', '=', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const { rows: others } = await sql<{ patientId: string; at: Date }>`
    select recipient_id as "patientId",
      case status when 'sent' then sent_at when 'in-hand' then ${new Date(at)}::timestamptz else greatest(next_attempt_at, ${new Date(at)}) end as at
    from message
    where recipient_type = 'patient' and recipient_id = ${ids} and channel <> 'paper'
      and id <> all(${due.map(({ id }) => id)}::uuid[])
      and ((status = 'sent' and sent_at >= ${new Date(startOfDay(at))}) or status = 'in-hand'
        or (status = 'waiting' and (waits_for is not null or (attempts > 0 and next_attempt_at > ${new Date(at)}))))`.execute(trx);
  return new Map(
    patients.map(({ id, diedAsSaid, diedAsSaidBefore, hasDied }) => [
      id,
      {
        instants: others.filter(({ patientId }) => patientId === id).map((other) => other.at.getTime()),
        diedAsSaid: diedAsSaid || Boolean(diedAsSaidBefore),
        hasDied,
      },
    ]),
  );
}
