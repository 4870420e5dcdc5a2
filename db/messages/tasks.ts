/** Messages that people carry: the task of a call or of a letter, what came of it, and the question whether what was said on the telephone is true. */
import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { MessageStanding } from '../../domain/kit/pathway.ts';
import {
  type ByHand,
  type CallOutcome,
  type ConfirmOutcome,
  decideAfterCall,
  findNextChannel,
  type LetterOutcome,
} from '../../domain/messages/channels.ts';
import { messageStanding } from '../../domain/messages/message-standing.ts';
import type { MessageTaskName } from '../../domain/messages/task-title.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { recordFact } from '../directory/facts.ts';
import type { PatientContact } from '../directory/tables.ts';
import { reportDeath } from '../identity-check/deaths.ts';
import type { Database } from '../kit/database.ts';
import { SENDER } from '../kit/pathway-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadMessageConfiguration } from './configuration.ts';

export const taskOfChannel: Record<ByHand, MessageTaskName> = { phone: 'call-patient', paper: 'deliver-letter' };
const CONFIRM_MOVE = 'confirm-move' satisfies MessageTaskName;

interface Carried {
  attempts: number;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  pathwayId: string;
  kind: string;
  state: unknown;
  patientId: string;
  institutionId: string;
  phone: string | null;
  contacts: PatientContact[];
  /** The present instant on the pathway's own clock, as its other tasks have it. */
  at: Date;
  offsetMs: number;
}

async function findCarriedMessage(db: Database, messageId: string, now: RawBuilder<Date>): Promise<Carried | undefined> {
  return db
    .selectFrom('message')
    .innerJoin('pathway', 'pathway.id', 'message.pathway_id')
    .innerJoin('patient', 'patient.id', 'message.recipient_id')
    .select([
      'message.attempts',
      'message.template',
      'message.parameters',
      'pathway.id as pathwayId',
      'pathway.kind',
      'pathway.state',
      'patient.id as patientId',
      'patient.home_institution_id as institutionId',
      sql<string | null>`case when patient.phone_key is distinct from patient.wrong_phone_key then patient.phone end`.as('phone'),
      'patient.contacts',
      sql<Date>`${now} + pathway.clock_offset_ms * interval '1 millisecond'`.as('at'),
      sql<number>`pathway.clock_offset_ms::float8`.as('offsetMs'),
    ])
    .where('message.id', '=', messageId)
    .where('message.recipient_type', '=', 'patient')
    .executeTakeFirst();
}

const standingOf = (message: Carried): MessageStanding => messageStanding({ ...message, audience: 'patient' });

export interface NewMessageTask {
  messageId: string;
  channel: ByHand;
  now: RawBuilder<Date>;
}

/** Once, however often it is asked: a message has one open task. Anything but 'opened' says why this way is closed. */
export async function openMessageTask(
  db: Database,
  { messageId, channel, now }: NewMessageTask,
): Promise<'opened' | 'no-phone' | 'no-pathway'> {
  const message = await findCarriedMessage(db, messageId, now);
  if (!message) return 'no-pathway';
  // A relative's number is as good: the nurse knows whom to ask for.
  if (channel === 'phone' && !message.phone && !message.contacts.some((contact) => contact.phone)) return 'no-phone';
  const rules = await loadMessageConfiguration(db);
  const standing = standingOf(message);
  const seconds = channel === 'phone' ? rules.callSeconds[standing.urgency] : rules.letterSeconds;
  await insertTask(db, message, {
    id: `${channel === 'phone' ? 'call' : 'letter'}-${messageId}-${message.attempts}`,
    name: taskOfChannel[channel],
    messageId,
    roles: ['nurse', 'gp', 'desk', 'head'],
    seconds,
    standing,
  });
  return 'opened';
}

interface TaskOfMessage {
  id: string;
  name: string;
  messageId: string;
  /** The task goes to the first of these roles that somebody has at the patient's institution. */
  roles: readonly string[];
  seconds: number;
  standing: Pick<MessageStanding, 'urgency' | 'emergency' | 'usefulUntil'>;
}

async function insertTask(db: Database, message: Carried, { id, name, messageId, roles, seconds, standing }: TaskOfMessage): Promise<void> {
  const { pathwayId, patientId, institutionId, at } = message;
  const useful = standing.usefulUntil ?? Number.POSITIVE_INFINITY;
  // The budget is a minute at least, because the worklist divides by it.
  const dueAt = Math.max(at.getTime() + 60_000, Math.min(at.getTime() + seconds * 1_000, useful));
  await db
    .insertInto('task')
    .values({
      id: `${pathwayId}.${id}`,
      pathway_id: pathwayId,
      name,
      role: await findRoleAt(db, institutionId, roles),
      institution_id: institutionId,
      patient_id: patientId,
      urgency: standing.urgency,
      emergency: standing.emergency,
      clock: JSON.stringify({ id: name, name, budgetMs: dueAt - at.getTime(), startedAt: at.getTime(), pauses: [], rungs: [] }),
      opened_at: at,
      due_at: new Date(dueAt),
      message_id: messageId,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function findRoleAt(db: Database, institutionId: string, roles: readonly string[]): Promise<string> {
  const held = await db
    .selectFrom('post')
    .innerJoin('person', 'person.id', 'post.person_id')
    .select('post.role')
    .distinct()
    .where('post.institution_id', '=', institutionId)
    .where('person.active', '=', true)
    .execute();
  return roles.find((role) => held.some((post) => post.role === role)) ?? 'head';
}

/** The instant on the wall clock from which the message is no longer worth sending; null for one that always is. */
export async function findUsefulUntil(db: Database, messageId: string): Promise<Date | null> {
  const message = await findCarriedMessage(db, messageId, sql<Date>`now()`);
  const until = message ? standingOf(message).usefulUntil : null;
  return message && until !== null ? new Date(until - message.offsetMs) : null;
}

// --- what came of it ------------------------------------------------------------------------------

export interface Report<Outcome> {
  taskId: string;
  messageId: string;
  outcome: Outcome;
  note: string | null;
  personId: string;
}

/** First the message, then its task: the order in which the outbox locks them. False when somebody was quicker. */
async function close(trx: Trx, { taskId, messageId, outcome, note, personId }: Report<string>): Promise<boolean> {
  await trx.selectFrom('message').select('id').where('id', '=', messageId).forUpdate().execute();
  const { numUpdatedRows } = await trx
    .updateTable('task')
    .from('pathway')
    .set((eb) => ({
      status: 'done',
      outcome,
      note,
      closed_at: sql<Date>`now() + pathway.clock_offset_ms * interval '1 millisecond'`,
      closed_by: outcome,
      owner_id: personId,
      claimed_at: eb.fn.coalesce('task.claimed_at', sql<Date>`now()`),
      version: eb('task.version', '+', 1),
    }))
    .whereRef('pathway.id', '=', 'task.pathway_id')
    .where('task.id', '=', taskId)
    .where('task.status', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The result of the attempt that the task stands for. */
async function recordAttempt(trx: Trx, messageId: string, result: 'sent' | 'failed' | 'undeliverable', detail: string): Promise<void> {
  await sql`
    update message_attempt set result = ${result}, detail = ${detail}, finished_at = now()
    from message where message.id = message_attempt.message_id and message.id = ${messageId} and message_attempt.attempt = message.attempts`.execute(
    trx,
  );
}

const update = (trx: Trx, messageId: string) => trx.updateTable('message').where('id', '=', messageId);

/** `callAt`: when to call again. False when the task was closed before. */
export async function reportCall(trx: Trx, report: Report<CallOutcome> & { callAt: Date | null; at: Date }): Promise<boolean> {
  const { messageId, outcome, callAt, at } = report;
  if (!(await close(trx, report))) return false;
  const attempts = await trx.selectFrom('message_attempt').select(['channel', 'detail']).where('message_id', '=', messageId).execute();
  const unanswered = attempts.filter(({ detail }) => detail === 'no-answer').length + (outcome === 'no-answer' ? 1 : 0);
  const times = { at: at.getTime(), callAt: callAt?.getTime() ?? null, unanswered };
  const after = decideAfterCall(outcome, times, await loadMessageConfiguration(trx));
  switch (after.next) {
    case 'told':
      await recordAttempt(trx, messageId, 'sent', outcome);
      await update(trx, messageId).set({ status: 'sent', sent_at: at }).execute();
      return true;
    case 'again':
      await recordAttempt(trx, messageId, 'failed', outcome);
      await update(trx, messageId)
        .set({ status: 'waiting', next_attempt_at: new Date(after.at) })
        .execute();
      return true;
    case 'elsewhere': {
      if (outcome === 'wrong-number') await noteWrongNumber(trx, messageId);
      await recordAttempt(trx, messageId, 'undeliverable', outcome);
      const tried = attempts.map(({ channel }) => channel);
      const channel = findNextChannel('patient', tried, ['paper']);
      await update(trx, messageId)
        .set(channel ? { status: 'waiting', channel, next_attempt_at: at } : { status: 'undeliverable' })
        .execute();
      return true;
    }
    case 'over': {
      await recordAttempt(trx, messageId, 'undeliverable', outcome);
      const message = (await findCarriedMessage(trx, messageId, sql<Date>`now()`)) as Carried;
      if (after.confirm === 'dead') return askWhetherDied(trx, report, message);
      await update(trx, messageId).set({ status: 'in-hand' }).execute();
      await insertTask(trx, message, {
        id: `${CONFIRM_MOVE}-${messageId}`,
        name: CONFIRM_MOVE,
        messageId,
        roles: ['gp', 'nurse', 'desk', 'head'],
        seconds: (await loadMessageConfiguration(trx)).confirmSeconds,
        standing: { ...standingOf(message), usefulUntil: null },
      });
      return true;
    }
  }
}

/** The message waits with everything else that would ask for the resident. Found alive, it goes again. */
async function askWhetherDied(
  trx: Trx,
  { messageId, note, personId }: Report<CallOutcome>,
  { patientId, institutionId }: Carried,
): Promise<true> {
  await update(trx, messageId).set({ status: 'waiting', waits_for: 'confirmation', next_attempt_at: sql<Date>`now()` }).execute();
  const post = await trx
    .selectFrom('post')
    .select('role')
    .where('person_id', '=', personId)
    .where('institution_id', '=', institutionId)
    .orderBy('role')
    .executeTakeFirst();
  const actor = { personId, institutionId, role: post?.role ?? 'nurse' };
  const report = { patientId, diedOn: null, heardFrom: note ?? '电话中告知 / said on the telephone' };
  await reportDeath(trx, report, { actor, requestId: `call:${messageId}` });
  return true;
}

/** Nobody calls the number again or writes to it, until somebody has corrected it. What was to be called there goes by letter, where no contact has a telephone. */
async function noteWrongNumber(trx: Trx, messageId: string): Promise<void> {
  await sql`
    with wrong as (
      update patient set wrong_phone_key = phone_key, version = version + 1 from message
      where message.id = ${messageId} and message.recipient_type = 'patient' and patient.id = message.recipient_id and phone_key is not null
      returning patient.id, patient.contacts
    ), elsewhere as (
      update message set status = 'waiting', channel = 'paper', next_attempt_at = now() from wrong
      where recipient_type = 'patient' and recipient_id = wrong.id and message.id <> ${messageId} and status = 'in-hand' and channel = 'phone'
        and not exists (select from jsonb_array_elements(wrong.contacts) as contact where contact ->> 'phone' <> '')
      returning message.id
    ), ended as (
      update message_attempt set result = 'undeliverable', detail = 'wrong-number', finished_at = now() from elsewhere
      where message_id = elsewhere.id and result is null
    )
    update task set status = 'withdrawn', closed_by = 'wrong-number', version = version + 1,
      closed_at = now() + clock_offset_ms * interval '1 millisecond'
    from elsewhere where task.message_id = elsewhere.id and task.status = 'open'`.execute(trx);
}

/** Handed over, or it came back. False when the task was closed before. */
export async function reportLetter(trx: Trx, report: Report<LetterOutcome>): Promise<boolean> {
  const { messageId, outcome } = report;
  if (!(await close(trx, report))) return false;
  const handedOver = outcome === 'handed-over';
  await recordAttempt(trx, messageId, handedOver ? 'sent' : 'undeliverable', outcome);
  await update(trx, messageId)
    .set(handedOver ? { status: 'sent', sent_at: sql<Date>`now()` } : { status: 'undeliverable' })
    .execute();
  return true;
}

export interface Confirmation extends Report<ConfirmOutcome> {
  /** Of a move: the centre in the alliance that has the resident now; left out where that is none. */
  homeInstitutionId?: string | undefined;
  by: RecordedBy;
}

/** What was said on the telephone is true, or is not: then the message goes again. False when the task was closed before. */
export async function reportConfirmation(trx: Trx, report: Confirmation): Promise<boolean> {
  const { taskId, messageId, outcome, homeInstitutionId, by } = report;
  if (!(await close(trx, report))) return false;
  await update(trx, messageId)
    .set(outcome === 'confirmed' ? { status: 'undeliverable' } : { status: 'waiting', next_attempt_at: sql<Date>`now()` })
    .execute();
  if (outcome === 'confirmed' && homeInstitutionId !== undefined) await publishMove(trx, { taskId, messageId, homeInstitutionId, by });
  return true;
}

/** The confirmed move is the fact: the record and every pathway follow it. */
async function publishMove(
  trx: Trx,
  { taskId, messageId, homeInstitutionId, by }: { taskId: string; messageId: string; homeInstitutionId: string; by: RecordedBy },
): Promise<void> {
  const { recipient_id: patientId } = await trx
    .selectFrom('message')
    .select('recipient_id')
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow();
  const fact = { source: SENDER, messageId: `move-confirmed:${taskId}`, type: 'patient-moved', occurredAt: new Date() } as const;
  const bodyHash = createHash('sha256').update(fact.messageId).digest();
  await recordFact(trx, { ...fact, patient: { patientId }, details: { homeInstitutionId }, bodyHash }, by);
}
