import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { defaultMessageConfiguration, type MessageConfiguration } from '../../../domain/alliance/configuration.ts';
import type { PatientChannel } from '../../../domain/messages/channels.ts';
import { createLog } from '../../../platform/log.ts';
import { createDispatcher } from '../../../worker/outbox/dispatcher.ts';
import { createMailSender } from '../../../worker/outbox/mail-sender.ts';
import type { Sender } from '../../../worker/outbox/sender.ts';
import { channelsNotInUse } from '../../../worker/outbox/senders.ts';
import { createSmsSender } from '../../../worker/outbox/sms-sender.ts';
import { createTaskSenders } from '../../../worker/outbox/task-sender.ts';
import { createWecomSender } from '../../../worker/outbox/wecom-sender.ts';
import { demoDatabase } from '../service/database.ts';
import { type ControlledSink, startControlledMailSink, startControlledSmsSink, startControlledWecomSink } from '../sinks/sinks.ts';

/** A time of day in Shanghai; day 1 is 2 March 2099. */
export const at = (day: number, time: string): Date => new Date(Date.parse(`2099-03-01T${time}:00+08:00`) + day * 86_400_000);
export const morning = at(1, '08:00');
export const noon = at(1, '12:00');

export interface NewPatient {
  channel?: PatientChannel;
  phone?: string | null;
  contacts?: { name: string; relation: string; phone: string }[];
}

/** For a test file: registers what makes the database and its sinks and takes them away again. */
export function messageGround() {
  let url: string;
  let db: Database;
  let gateway: ControlledSink;
  let mail: ControlledSink;
  let robots: ControlledSink;

  beforeAll(async () => {
    url = await demoDatabase();
    db = createDatabase(createPool(url));
  });
  afterAll(() => db.destroy());
  beforeEach(async () => {
    [gateway, mail, robots] = await Promise.all([startControlledSmsSink(), startControlledMailSink(), startControlledWecomSink()]);
  });
  afterEach(async () => {
    await Promise.all([gateway.stop(), mail.stop(), robots.stop()]);
    await sql`truncate message_attempt, task, task_escalation, message`.execute(db);
    await sql`delete from team_member where team_id = 'team-test'`.execute(db);
    await sql`update team set channel = null`.execute(db);
  });

  const robotOptions = () => ({ url: robots.url, robots: { 'team-c01': 'robot-c01', 'inst-h1': 'robot-h1' } });
  const allSenders = (): Sender[] => [
    createSmsSender({ url: gateway.url }),
    createMailSender({ url: mail.url, from: 'carepath@alliance.invalid' }),
    createWecomSender(robotOptions()),
    ...channelsNotInUse,
  ];

  function dispatcherAt(instant: Date, senders = allSenders()) {
    const clock = () => sql<Date>`${instant}::timestamptz`;
    return createDispatcher({ db, senders: [...senders, ...createTaskSenders(db, clock)], log: createLog('worker', 'silent'), clock });
  }

  /** Until nothing more is due: a message that goes on by another channel has its turn too. */
  async function dispatchAt(instant: Date, senders?: Sender[]): Promise<void> {
    const dispatcher = dispatcherAt(instant, senders);
    while ((await dispatcher.dispatchOnce()) > 0);
  }

  async function newPatient({ channel = 'sms', phone = '13800000001', contacts = [] }: NewPatient = {}): Promise<string> {
    const id = `patient-${randomUUID()}`;
    await db
      .insertInto('patient')
      .values({
        id,
        name: '欧阳金丝雀',
        birth_date: '1950-01-01',
        sex: 'female',
        home_institution_id: 'inst-c01',
        phone,
        contacts: JSON.stringify(contacts),
        channel,
      })
      .execute();
    return id;
  }

  const messagesTo = (recipientId: string) =>
    db.selectFrom('message').selectAll().where('recipient_id', '=', recipientId).orderBy('created_at').orderBy('template').execute();

  async function only(recipientId: string) {
    const [message, ...more] = await messagesTo(recipientId);
    if (!message || more.length > 0) throw new Error(`${more.length + 1} messages, or none`);
    return message;
  }

  const attemptsOf = (messageId: string) =>
    db
      .selectFrom('message_attempt')
      .select(['channel', 'result', 'detail'])
      .where('message_id', '=', messageId)
      .orderBy('attempt')
      .execute();

  const openTasks = (messageId: string) =>
    db.selectFrom('task').selectAll().where('message_id', '=', messageId).where('status', '=', 'open').execute();

  async function openTask(messageId: string) {
    const [task, ...more] = await openTasks(messageId);
    if (!task || more.length > 0) throw new Error(`${more.length + (task ? 1 : 0)} open tasks`);
    return task;
  }

  const told = () => gateway.requests.map(({ text }) => text);

  /** Messages without a pathway: only hours and caps are asked about them. */
  async function newMessages(recipientId: string, count: number, channel = 'sms'): Promise<void> {
    const rows = Array.from({ length: count }, () => ({
      key: randomUUID(),
      template: 'referral-accepted',
      parameters: '{}',
      recipient_type: 'patient' as const,
      recipient_id: recipientId,
      channel,
    }));
    await db.insertInto('message').values(rows).execute();
  }

  async function agreeOn(change: Partial<MessageConfiguration>): Promise<void> {
    const { version, configuration } = await db
      .selectFrom('alliance_configuration')
      .select(['version', 'configuration'])
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    const agreed = { ...(configuration as object), messages: { ...defaultMessageConfiguration, ...change } };
    await db
      .insertInto('alliance_configuration')
      .values({ version: version + 1, configuration: JSON.stringify(agreed) })
      .execute();
  }

  return {
    get url() {
      return url;
    },
    get db() {
      return db;
    },
    get gateway() {
      return gateway;
    },
    get mail() {
      return mail;
    },
    get robots() {
      return robots;
    },
    robotOptions,
    allSenders,
    dispatcherAt,
    dispatchAt,
    newPatient,
    messagesTo,
    only,
    attemptsOf,
    openTasks,
    openTask,
    told,
    newMessages,
    agreeOn,
  };
}
