/** Messages that people carry: the task of a call or of a letter, what came of it, and the question whether what was said on the telephone is true. */
import { sql } from 'kysely';
import {
  type CallOutcome,
  type ConfirmOutcome,
  decideAfterCall,
  findNextChannel,
  type LetterOutcome,
  type ReachOutcome,
  type RecipientType,
} from '../../domain/messages/channels.ts';
import type { MessageTaskName } from '../../domain/messages/task-title.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { lockResident } from '../directory/resident-records.ts';
import { reportDeath } from '../identity-check/deaths.ts';
import { isMoveAsked, publishMove, publishMoveAnswered } from '../identity-check/moves.ts';
import { residentOfMessage } from '../kit/resident-of-message.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadMessageConfiguration, secondsForContact } from './configuration.ts';
import { askContact, noteWrongContact } from './contacts.ts';
import { noteNotReached } from './not-reached.ts';
import { type Carried, findCarriedMessage, insertTask, standingOfCarried } from './open-task.ts';

const CONFIRM_MOVE = 'confirm-move' satisfies MessageTaskName;

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
      const { recipientType, emergency } = await recipientOf(trx, messageId);
      const tried = attempts.map(({ channel }) => channel);
      const channel = findNextChannel(recipientType, tried, ['paper']);
      // A letter waits for what comes of asking the contact.
      const isAsked = channel !== undefined && (await askContact(trx, messageId, sql<Date>`${at}::timestamptz`));
      const waitSeconds = isAsked && !emergency ? await secondsForContact(trx) : 0;
      await update(trx, messageId)
        .set(
          channel
            ? { status: 'waiting', channel, next_attempt_at: new Date(at.getTime() + waitSeconds * 1_000) }
            : { status: 'undeliverable' },
        )
        .execute();
      return true;
    }
    case 'over': {
      await recordAttempt(trx, messageId, 'undeliverable', outcome);
      const message = (await findCarriedMessage(trx, messageId, sql<Date>`now()`)) as Carried;
      if (after.confirm === 'dead') return askWhetherDied(trx, report, message);
      // Asked already on another pathway: the message goes on once that is answered.
      const { recordIds } = await lockResident(trx, message.patientId);
      if (await isMoveAsked(trx, recordIds)) {
        await update(trx, messageId)
          .set({
            status: 'waiting',
            next_attempt_at: new Date(at.getTime() + (await loadMessageConfiguration(trx)).confirmSeconds * 1_000),
          })
          .execute();
        return true;
      }
      await update(trx, messageId).set({ status: 'in-hand' }).execute();
      await insertTask(trx, message, {
        id: `${CONFIRM_MOVE}-${messageId}`,
        name: CONFIRM_MOVE,
        messageId,
        roles: ['gp', 'nurse', 'desk', 'head'],
        seconds: (await loadMessageConfiguration(trx)).confirmSeconds,
        standing: { ...standingOfCarried(message), usefulUntil: null },
      });
      return true;
    }
  }
}

async function recipientOf(trx: Trx, messageId: string): Promise<{ recipientType: RecipientType; emergency: boolean }> {
  const message = (await findCarriedMessage(trx, messageId, sql<Date>`now()`)) as Carried;
  return { recipientType: message.recipientType, emergency: standingOfCarried(message).emergency };
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
export async function noteWrongNumber(trx: Trx, messageId: string): Promise<void> {
  await noteWrongContact(trx, messageId);
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

/** Handed over, or it came back: then the resident has not been reached by any way. False when the task was closed before. */
export async function reportLetter(trx: Trx, report: Report<LetterOutcome>): Promise<boolean> {
  const { messageId, outcome } = report;
  if (!(await close(trx, report))) return false;
  const handedOver = outcome === 'handed-over';
  await recordAttempt(trx, messageId, handedOver ? 'sent' : 'undeliverable', outcome);
  await update(trx, messageId)
    .set(handedOver ? { status: 'sent', sent_at: sql<Date>`now()` } : { status: 'undeliverable' })
    .execute();
  if (!handedOver) await noteNotReached(trx, messageId);
  return true;
}

/** Somebody has told the resident in another way, or has found none. False when the task was closed before. */
export async function reportReach(trx: Trx, report: Report<ReachOutcome>): Promise<boolean> {
  if (!(await close(trx, report))) return false;
  await update(trx, report.messageId)
    .set(report.outcome === 'told' ? { status: 'sent', sent_at: sql<Date>`now()` } : { status: 'undeliverable' })
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
  // Whoever has moved out of the alliance cannot be followed up any more: somebody has to say so.
  if (outcome === 'confirmed' && homeInstitutionId === undefined) await noteNotReached(trx, messageId, 'moved');
  const patientId = await residentOf(trx, messageId);
  const question = { patientId, questionId: taskId };
  if (outcome === 'confirmed' && homeInstitutionId !== undefined) await publishMove(trx, { ...question, homeInstitutionId, by });
  await publishMoveAnswered(trx, { ...question, confirmed: outcome === 'confirmed', institutionId: by.actor.institutionId });
  return true;
}

async function residentOf(trx: Trx, messageId: string): Promise<string> {
  const message = trx.selectFrom('message').select(residentOfMessage.as('patientId')).where('id', '=', messageId);
  return (await message.executeTakeFirstOrThrow()).patientId;
}
