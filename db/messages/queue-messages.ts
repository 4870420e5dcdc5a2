/** Queues a decision's messages in the outbox: one row for each (pathway, step, recipient, channel). */
import { type RawBuilder, sql } from 'kysely';
import type { Decision, MessageIntent, Recipient } from '../../domain/kit/pathway.ts';
import type { RecipientType } from '../../domain/messages/channels.ts';
import { digestTemplate, findDigestPart } from '../../domain/messages/digest.ts';
import { findReminderAt } from '../../domain/messages/reminders.ts';
import { loadCurrentCalendar } from '../follow-up/protocols.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { addNewsToDigests, type DigestRecipient, digestAt, digestKey } from './digest.ts';

interface Addressed {
  type: RecipientType;
  id: string;
  channel: string;
}

const findPerson = (row: { id: string; channel: string }): Addressed => ({ type: 'person', ...row });

/** Routine messages to staff become parts of their morning digests: those of which there is a task are counted when the digest goes. */
export async function queueMessages(trx: Trx, pathwayId: string, decision: Decision<unknown>): Promise<void> {
  const messages = await withInstants(trx, pathwayId, decision);
  const addressed = await Promise.all(
    messages.map(async ({ recipients, unlessClaimed }) =>
      unlessClaimed !== undefined && (await hasOwner(trx, `${pathwayId}.${unlessClaimed}`)) ? [] : resolveAll(trx, pathwayId, recipients),
    ),
  );
  const queued = messages.flatMap((message, index) =>
    (addressed[index] ?? []).map((to) => ({ message, to, part: to.type === 'patient' ? undefined : findDigestPart(message.template) })),
  );
  // A letter about tomorrow comes too late.
  const sendable = queued.filter(({ message, to }) => message.remindsOf === undefined || to.channel !== 'paper');
  // In the order of the recipients, so that two decisions that begin the same digests cannot wait for each other.
  const rows = sendable
    .filter(({ part }) => part !== 'news')
    .sort((a, b) => (a.to.id < b.to.id ? -1 : 1))
    .map(({ message, to, part }) => (part === 'task' ? digestRow(to) : messageRow(pathwayId, message, to)));
  if (rows.length > 0)
    await trx
      .insertInto('message')
      .values(rows)
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
  const readers = queued.filter(({ part }) => part === 'news').map(({ to }) => to as DigestRecipient);
  if (readers.length > 0) await addNewsToDigests(trx, [...new Map(readers.map((reader) => [reader.id, reader])).values()]);
}

/** A message of a decision that nobody has queued, with whom it would go to. */
export interface ResolvedMessage extends Addressed {
  template: string;
  parameters: Decision<unknown>['messages'][number]['parameters'];
}

/** Says to whom the messages of a decision would go, and writes nothing. What a digest would count is none of them. */
export async function resolveMessages(db: Database, pathwayId: string, decision: Decision<unknown>): Promise<ResolvedMessage[]> {
  const addressed = await Promise.all(decision.messages.map(({ recipients }) => resolveAll(db, pathwayId, recipients)));
  return decision.messages.flatMap(({ template, parameters }, index) =>
    (addressed[index] ?? [])
      .filter(({ type }) => type === 'patient' || findDigestPart(template) === undefined)
      .map((one) => ({ ...one, template, parameters })),
  );
}

const hasOwner = async (trx: Trx, taskId: string): Promise<boolean> => {
  const task = await trx.selectFrom('task').select('owner_id').where('id', '=', taskId).executeTakeFirst();
  return typeof task?.owner_id === 'string';
};

const messageRow = (pathwayId: string, message: TimedMessage, { type, id, channel }: Addressed) => ({
  key: `${pathwayId}:${message.step}:${message.template}:${id}:${channel}`,
  pathway_id: pathwayId,
  template: message.template,
  parameters: JSON.stringify(message.parameters),
  recipient_type: type,
  recipient_id: id,
  channel,
  next_attempt_at: message.nextAttemptAt,
});

const digestRow = ({ type, id, channel }: Addressed) => ({
  key: digestKey(id),
  pathway_id: null,
  template: digestTemplate,
  parameters: '{}',
  recipient_type: type,
  recipient_id: id,
  channel,
  next_attempt_at: digestAt,
});

interface TimedMessage extends MessageIntent {
  nextAttemptAt: RawBuilder<Date>;
}

const atOnce = sql<Date>`now()`;

/** Reminders wait for the working day before, by the newest calendar; one whose time is over or too near is left out. Any other message goes at once. */
async function withInstants(trx: Trx, pathwayId: string, { at, messages }: Decision<unknown>): Promise<TimedMessage[]> {
  if (messages.every(({ remindsOf }) => remindsOf === undefined)) return messages.map((message) => ({ ...message, nextAttemptAt: atOnce }));
  const calendar = await loadCurrentCalendar(trx);
  return messages.flatMap((message) => {
    if (message.remindsOf === undefined) return [{ ...message, nextAttemptAt: atOnce }];
    const remindAt = findReminderAt(calendar, message.remindsOf, at);
    return remindAt === undefined ? [] : [{ ...message, nextAttemptAt: onTheWall(pathwayId, remindAt) }];
  });
}

/** An instant of a pathway's clock on that of the database, by which the outbox goes. */
const onTheWall = (pathwayId: string, at: number): RawBuilder<Date> =>
  sql<Date>`${new Date(at)}::timestamptz - coalesce((select clock_offset_ms from pathway where id = ${pathwayId}), 0) * interval '1 millisecond'`;

/** Each person once. Where nobody holds the post today, the message goes to the alliance office, so that somebody gets it. */
async function resolveAll(trx: Database, pathwayId: string, recipients: readonly Recipient[]): Promise<Addressed[]> {
  const found = (await Promise.all(recipients.map((recipient) => resolve(trx, pathwayId, recipient)))).flat();
  const addressed = found.length > 0 ? found : await resolve(trx, pathwayId, { to: 'office' });
  return [...new Map(addressed.map((one) => [one.id, one])).values()];
}

async function resolve(trx: Database, pathwayId: string, recipient: Recipient): Promise<Addressed[]> {
  switch (recipient.to) {
    case 'person':
      return (
        await trx.selectFrom('person').select(['id', 'channel']).where('id', '=', recipient.personId).where('active', '=', true).execute()
      ).map(findPerson);
    case 'patient':
      return (await trx.selectFrom('patient').select(['id', 'channel']).where('id', '=', recipient.patientId).execute()).map((row) => ({
        type: 'patient',
        id: row.id,
        channel: recipient.channel ?? row.channel,
      }));
    case 'contact': {
      const { rows } = await sql<{ id: string }>`
        select coalesce(contact ->> 'id', 'contact-' || n) as id from patient, jsonb_array_elements(contacts) with ordinality as listed (contact, n)
        where patient.id = ${recipient.patientId} and n = ${recipient.index + 1}`.execute(trx);
      return rows.map(({ id }) => ({ type: 'contact', id, channel: recipient.channel }));
    }
    case 'office':
      return (await findRoleHolders(trx, { role: 'office' })).map(toAddressed);
    case 'owner': {
      const task = await trx
        .selectFrom('task')
        .leftJoin('person', (join) => join.onRef('person.id', '=', 'task.owner_id').on('person.active', '=', true))
        .select(['task.owner_id as ownerId', 'person.id', 'person.channel'])
        .where('task.id', '=', `${pathwayId}.${recipient.taskId}`)
        .executeTakeFirst();
      if (!task?.ownerId) return resolve(trx, pathwayId, recipient.otherwise);
      return task.id !== null && task.channel !== null ? [findPerson({ id: task.id, channel: task.channel })] : [];
    }
    case 'role': {
      const { role, institutionId, departmentId } = recipient;
      const holders = await findRoleHolders(trx, { role, institutionId });
      // An institution that is addressed without a department gets the message at its referral desk.
      const inDepartment = holders.filter((holder) => (departmentId ? holder.departmentId === departmentId : holder.isReferralDesk));
      return (inDepartment.length > 0 ? inDepartment : holders).map(toAddressed);
    }
  }
}

interface RoleHolder {
  id: string;
  channel: string;
  departmentId: string | null;
  isReferralDesk: boolean | null;
  teamId: string | null;
  teamChannel: string | null;
}

/** In place of those of a team that has a group of its own, the team. */
const toAddressed = ({ id, channel, teamId, teamChannel }: RoleHolder): Addressed =>
  teamId && teamChannel ? { type: 'team', id: teamId, channel: teamChannel } : findPerson({ id, channel });

/** Whoever holds a post, once for each department where they do. */
async function findRoleHolders(trx: Database, { role, institutionId }: { role: string; institutionId?: string }): Promise<RoleHolder[]> {
  let query = trx
    .selectFrom('post')
    .innerJoin('person', 'person.id', 'post.person_id')
    .leftJoin('department', 'department.id', 'post.department_id')
    .leftJoin(
      (eb) =>
        eb
          .selectFrom('team_member')
          .innerJoin('team', 'team.id', 'team_member.team_id')
          .select(['team_member.person_id', 'team.id', 'team.institution_id', 'team.channel'])
          .where('team.channel', 'is not', null)
          .as('grouped'),
      (join) => join.onRef('grouped.person_id', '=', 'person.id').onRef('grouped.institution_id', '=', 'post.institution_id'),
    )
    .select([
      'person.id',
      'person.channel',
      'post.department_id as departmentId',
      'department.is_referral_desk as isReferralDesk',
      'grouped.id as teamId',
      'grouped.channel as teamChannel',
    ]);
  query = query.where('post.role', '=', role).where('person.active', '=', true);
  if (institutionId) query = query.where('post.institution_id', '=', institutionId);
  return query.execute();
}
