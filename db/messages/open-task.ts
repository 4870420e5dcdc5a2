/** The tasks of messages that people carry: a call, a letter, and the questions that come of them. */
import { type RawBuilder, sql } from 'kysely';
import type { MessageStanding } from '../../domain/kit/pathway.ts';
import { earliestUse, partStandings, type StoredPart } from '../../domain/messages/bundling.ts';
import type { ByHand, RecipientType } from '../../domain/messages/channels.ts';
import { messageStanding } from '../../domain/messages/message-standing.ts';
import type { MessageTaskName } from '../../domain/messages/task-title.ts';
import type { PatientContact } from '../directory/tables.ts';
import type { Database } from '../kit/database.ts';
import { contactPhone, residentOfMessage } from '../kit/resident-of-message.ts';
import { bundledParts } from './bundles.ts';
import { loadMessageConfiguration } from './configuration.ts';

export const taskOfChannel: Record<ByHand, MessageTaskName> = { phone: 'call-patient', paper: 'deliver-letter' };
/** The call to a contact, who is asked to have the resident call. */
export const CALL_CONTACT = 'call-contact' satisfies MessageTaskName;
/** The resident could not be reached by any way that there is; somebody finds another one. */
export const REACH_RESIDENT = 'reach-resident' satisfies MessageTaskName;
/** A member of staff could not be reached by any gateway; somebody who answers for them tells them. */
export const REACH_STAFF = 'reach-staff' satisfies MessageTaskName;

/** A message that somebody carries, with what stands around it. */
export interface Carried {
  attempts: number;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  pathwayId: string;
  kind: string;
  state: unknown;
  patientId: string;
  institutionId: string;
  recipientType: RecipientType;
  /** Of the resident, or of their contact where the message goes there. */
  phone: string | null;
  contacts: PatientContact[];
  /** The present instant on the pathway's own clock, as its other tasks have it. */
  at: Date;
  offsetMs: number;
  /** Of a message that carries others: those that are still meant. */
  parts: StoredPart[];
}

export async function findCarriedMessage(db: Database, messageId: string, now: RawBuilder<Date>): Promise<Carried | undefined> {
  return db
    .selectFrom('message')
    .innerJoin('pathway', 'pathway.id', 'message.pathway_id')
    .innerJoin('patient', (join) => join.on('patient.id', '=', residentOfMessage))
    .select([
      'message.attempts',
      'message.recipient_type as recipientType',
      'message.template',
      'message.parameters',
      'pathway.id as pathwayId',
      'pathway.kind',
      'pathway.state',
      'patient.id as patientId',
      'patient.home_institution_id as institutionId',
      sql<string | null>`case when message.recipient_type = 'contact' then ${contactPhone}
        when patient.phone_key is distinct from patient.wrong_phone_key then patient.phone end`.as('phone'),
      'patient.contacts',
      sql<Date>`${now} + pathway.clock_offset_ms * interval '1 millisecond'`.as('at'),
      sql<number>`pathway.clock_offset_ms::float8`.as('offsetMs'),
      bundledParts.as('parts'),
    ])
    .where('message.id', '=', messageId)
    .where('message.recipient_type', 'in', ['patient', 'contact'])
    .executeTakeFirst();
}

/** What carries several is to be told while all of them are worth telling. */
export function standingOfCarried(message: Carried): MessageStanding {
  const standing = messageStanding({ ...message, audience: 'patient' });
  if (message.parts.length === 0) return standing;
  const usefulUntil = earliestUse(partStandings(message.parts, message.at.getTime() - message.offsetMs));
  return { ...standing, usefulUntil: usefulUntil === null ? null : usefulUntil + message.offsetMs };
}

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
  const toContact = message.recipientType === 'contact';
  // A relative's number is as good: the nurse knows whom to ask for.
  const isReachable = message.phone || (!toContact && message.contacts.some((contact) => contact.phone));
  if (channel === 'phone' && !isReachable) return 'no-phone';
  const rules = await loadMessageConfiguration(db);
  const standing = standingOfCarried(message);
  const seconds = channel === 'phone' ? rules.callSeconds[standing.urgency] : rules.letterSeconds;
  await insertTask(db, message, {
    id: `${channel === 'phone' ? 'call' : 'letter'}-${messageId}-${message.attempts}`,
    name: toContact ? CALL_CONTACT : taskOfChannel[channel],
    messageId,
    roles: ['nurse', 'gp', 'desk', 'head'],
    seconds,
    standing,
  });
  return 'opened';
}

export interface TaskOfMessage {
  id: string;
  name: string;
  messageId: string;
  /** The task goes to the first of these roles that somebody has at the patient's institution. */
  roles: readonly string[];
  seconds: number;
  standing: Pick<MessageStanding, 'urgency' | 'emergency' | 'usefulUntil'>;
}

/** Once, however often it is asked. */
export async function insertTask(
  db: Database,
  message: Pick<Carried, 'pathwayId' | 'institutionId' | 'at'> & { patientId: string | null },
  { id, name, messageId, roles, seconds, standing }: TaskOfMessage,
): Promise<void> {
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
  const until = message ? standingOfCarried(message).usefulUntil : null;
  return message && until !== null ? new Date(until - message.offsetMs) : null;
}
