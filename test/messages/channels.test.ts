/** Who is told by which channel, when, and what is not said any more: on a real database, with the clock as an input. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { reportCall, reportConfirmation, reportLetter } from '../../db/messages/tasks.ts';
import { defaultMessageConfiguration, type MessageConfiguration } from '../../domain/alliance/configuration.ts';
import type { CallOutcome, PatientChannel } from '../../domain/messages/channels.ts';
import { createLog } from '../../platform/log.ts';
import { createDispatcher } from '../../worker/outbox/dispatcher.ts';
import { createMailSender } from '../../worker/outbox/mail-sender.ts';
import { createPushSender } from '../../worker/outbox/push-sender.ts';
import type { OutgoingMessage, Sender } from '../../worker/outbox/sender.ts';
import { channelsNotInUse, withChannelsNotInUse } from '../../worker/outbox/senders.ts';
import { createSmsSender } from '../../worker/outbox/sms-sender.ts';
import { createTaskSenders } from '../../worker/outbox/task-sender.ts';
import { createWecomSender } from '../../worker/outbox/wecom-sender.ts';
import { gp, happen, sentReferral, specialist } from '../support/builders/decisions.ts';
import { demoDatabase } from '../support/service/database.ts';
import { type ControlledSink, startControlledMailSink, startControlledSmsSink, startControlledWecomSink } from '../support/sinks/sinks.ts';

vi.setConfig({ testTimeout: 60_000 });

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
  await sql`truncate message_attempt, task, message`.execute(db);
  await sql`delete from team_member where team_id = 'team-test'`.execute(db);
  await sql`update team set channel = null`.execute(db);
});

/** A time of day in Shanghai; day 1 is 2 March 2099. */
const at = (day: number, time: string): Date => new Date(Date.parse(`2099-03-01T${time}:00+08:00`) + day * 86_400_000);
const morning = at(1, '08:00');
const noon = at(1, '12:00');

const robotOptions = () => ({ url: robots.url, robots: { 'team-c01': 'robot-c01', 'inst-h1': 'robot-h1' } });
const allSenders = (): Sender[] => [
  createSmsSender({ url: gateway.url, timeoutMs: 500 }),
  createMailSender({ url: mail.url, from: 'carepath@alliance.invalid' }),
  createWecomSender({ ...robotOptions(), timeoutMs: 500 }),
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

interface NewPatient {
  channel?: PatientChannel;
  phone?: string | null;
  contacts?: { name: string; relation: string; phone: string }[];
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
  db.selectFrom('message_attempt').select(['channel', 'result', 'detail']).where('message_id', '=', messageId).orderBy('attempt').execute();

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

describe('the channel that its reader has', () => {
  test('a patient who likes text messages gets one, of what concerns them', async () => {
    const patientId = await newPatient();
    const id = await sentReferral(db, { patientId, at: noon });
    await dispatchAt(noon);
    await happen(db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await dispatchAt(noon);
    const startsAt = at(3, '09:00').getTime();
    await happen(db, {
      id,
      name: 'schedule-visit',
      actor: specialist,
      at: noon,
      input: { appointment: { startsAt, endsAt: startsAt + 1_800_000, slotId: null } },
    });
    await dispatchAt(noon);
    const toPatient = gateway.requests.filter(({ to }) => to === '13800000001').map(({ text }) => text);
    expect(toPatient).toEqual([
      expect.stringContaining('您的转诊申请已发出'),
      expect.stringContaining('医疗机构已接收您的转诊'),
      expect.stringContaining('已为您预约就诊，就诊时间 2099年3月4日 09:00'),
    ]);
    for (const text of told()) expect(text).not.toContain('金丝雀');
  });

  test.each<[string, NewPatient, [string, string | null, string | null][], string]>([
    [
      'WeChat, which is not in use yet',
      { channel: 'wechat' },
      [
        ['wechat', 'undeliverable', 'channel-not-in-use'],
        ['sms', 'sent', null],
      ],
      'sent',
    ],
    [
      'a text message without a number',
      { phone: null },
      [
        ['sms', 'undeliverable', 'no-phone'],
        ['phone', 'undeliverable', 'no-phone'],
        ['paper', null, null],
      ],
      'in-hand',
    ],
    [
      'a number that is none',
      { phone: '问邻居' },
      [
        ['sms', 'undeliverable', 'invalid-phone'],
        ['phone', null, null],
      ],
      'in-hand',
    ],
    [
      'a call, and only a daughter has a telephone',
      { channel: 'phone', phone: null, contacts: [{ name: '女儿', relation: 'child', phone: '13900000000' }] },
      [['phone', null, null]],
      'in-hand',
    ],
    ['a letter', { channel: 'paper' }, [['paper', null, null]], 'in-hand'],
  ])('%s: the attempts say which channel was tried, and why the next one took over', async (_, patient, attempts, status) => {
    const patientId = await newPatient(patient);
    await sentReferral(db, { patientId, at: noon });
    await dispatchAt(noon);
    const message = await only(patientId);
    expect((await attemptsOf(message.id)).map(({ channel, result, detail }) => [channel, result, detail])).toEqual(attempts);
    expect(message.status).toBe(status);
  });

  test.each(['wechat', 'app'] as const)(
    '%s by the patient’s id, which the gateway knows; whoever has bound none gets a text',
    async (channel) => {
      const push = await startControlledSmsSink();
      const senders = withChannelsNotInUse([createSmsSender({ url: gateway.url }), createPushSender(channel, push.url)]);
      const [bound, unbound] = [await newPatient({ channel }), await newPatient({ channel })];
      await newMessages(bound, 1, channel);
      await dispatchAt(noon, senders);
      push.behave({ kind: 'refuse', status: 410 });
      await newMessages(unbound, 1, channel);
      await dispatchAt(noon, senders);
      await push.stop();
      expect(push.requests.map(({ to }) => to)).toEqual([bound, unbound]);
      expect([(await only(bound)).status, gateway.requests.map(({ to }) => to)]).toEqual(['sent', ['13800000001']]);
      expect((await attemptsOf((await only(unbound)).id)).map(({ channel: by, detail }) => [by, detail])).toEqual([
        [channel, 'http-410'],
        ['sms', null],
      ]);
    },
  );

  test('staff without the address they prefer are told by another one; without any, it shows', async () => {
    const someone = async (channel: 'sms' | 'email' | 'wecom', phone: string | null, email: string | null) => {
      const id = `person-${randomUUID()}`;
      await db.insertInto('person').values({ id, name: '测试', phone, email, channel }).execute();
      const key = randomUUID();
      await db
        .insertInto('message')
        .values({ key, template: 'interim-note', parameters: '{}', recipient_type: 'person', recipient_id: id, channel })
        .execute();
      return id;
    };
    const ids = [
      await someone('email', '13800000002', null),
      await someone('wecom', null, 'a@b.invalid'),
      await someone('sms', null, null),
    ];
    await dispatchAt(noon);
    const seen = await Promise.all(
      ids.map(async (id) => (await attemptsOf((await only(id)).id)).map(({ channel, detail }) => `${channel} ${detail}`)),
    );
    expect(seen).toEqual([
      ['email no-email', 'sms null'],
      ['wecom no-wecom-robot', 'sms no-phone', 'email null'],
      ['sms no-phone', 'email no-email', 'wecom no-wecom-robot'],
    ]);
    expect((await only(ids[2] as string)).status).toBe('undeliverable');
  });

  test('a member of staff who chose WeCom is called in the group of their own institution, by their number', async () => {
    await db.updateTable('person').set({ channel: 'wecom', phone: '13700000000' }).where('id', '=', 'person-specialist').execute();
    await sentReferral(db, { patientId: await newPatient(), at: noon });
    await dispatchAt(noon);
    await db.updateTable('person').set({ channel: 'sms' }).where('id', '=', 'person-specialist').execute();
    expect(robots.requests).toMatchObject([{ to: 'robot-h1 13700000000', text: expect.stringContaining('收到新的转诊') }]);
  });

  test('a team with a group is told once, in place of each of its members', async () => {
    await db.updateTable('team').set({ channel: 'wecom' }).where('id', '=', 'team-c01').execute();
    const id = await sentReferral(db, { patientId: await newPatient(), at: noon });
    // After a move within the alliance the centre's doctors are told by their post.
    await db
      .updateTable('pathway')
      .set({ state: sql`jsonb_set(state, '{formerInitiators}', '["inst-c02"]')` })
      .where('id', '=', id)
      .execute();
    await happen(db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await dispatchAt(noon);
    expect(robots.requests).toMatchObject([{ to: 'robot-c01', text: expect.stringContaining('转诊已被接收') }]);
    expect(await only('team-c01')).toMatchObject({ recipient_type: 'team', status: 'sent' });

    // Without a robot for the group: each member by their own channel, once.
    await sql`update message set status = 'waiting', next_attempt_at = ${noon} where recipient_type = 'team'`.execute(db);
    const withoutRobots = allSenders().map((sender) =>
      sender.channel === 'wecom' ? createWecomSender({ url: robots.url, robots: { other: 'x' } }) : sender,
    );
    await dispatchAt(noon, withoutRobots);
    await dispatchAt(noon, withoutRobots);
    expect(await only('team-c01')).toMatchObject({ status: 'undeliverable' });
    const members = await db.selectFrom('team_member').select('person_id').where('team_id', '=', 'team-c01').execute();
    expect(members.length).toBeGreaterThan(2);
    for (const { person_id } of members)
      expect((await messagesTo(person_id)).map(({ template, status }) => [template, status])).toEqual([['referral-accepted', 'sent']]);
  });
});

describe('WeCom robots', () => {
  const outgoing = (over: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
    key: randomUUID(),
    id: randomUUID(),
    to: { patientId: null, phone: null, email: null, groups: ['inst-h1'] },
    subject: '转诊',
    body: '转诊 12345678：收到新的转诊。',
    ...over,
  });
  const toTeam = { patientId: null, phone: null, email: null, groups: ['team-c01', 'inst-c01'] };

  test('errcode in a 200 says what happened: taken, too many this minute, busy, no such robot, refused', async () => {
    const seen = [];
    for (const errcode of [0, 45009, -1, 93000, 40058]) {
      if (errcode !== 0) robots.behave({ kind: 'refuse', status: errcode }, 1);
      seen.push(await createWecomSender(robotOptions()).send(outgoing()));
    }
    expect(seen).toEqual([
      { result: 'sent' },
      { result: 'failed', detail: 'errcode-45009', retryAfterSeconds: 60, pauses: 'message' },
      { result: 'failed', detail: 'errcode--1' },
      { result: 'undeliverable', detail: 'errcode-93000', fault: 'address' },
      { result: 'undeliverable', detail: 'errcode-40058', fault: 'refused' },
    ]);
  });

  test('HTTP 429, a server that fails, one that is down, one that took it and never answers', async () => {
    const sender = createWecomSender({ ...robotOptions(), timeoutMs: 300 });
    robots.behave({ kind: 'refuse', status: 429, retryAfterSeconds: 7 }, 1);
    expect(await sender.send(outgoing())).toEqual({ result: 'failed', detail: 'http-429', retryAfterSeconds: 7 });
    robots.behave({ kind: 'refuse', status: 503 }, 1);
    expect(await sender.send(outgoing())).toEqual({ result: 'failed', detail: 'http-503' });
    robots.behave({ kind: 'accept-then-silence' }, 1);
    expect(await sender.send(outgoing())).toEqual({ result: 'unknown', detail: 'timeout' });
    await robots.goDown();
    expect(await sender.send(outgoing())).toMatchObject({ result: 'failed', detail: 'ECONNREFUSED' });
  });

  test('a robot speaks 20 times a minute and no more; another robot is not held up', async () => {
    let now = 0;
    const sender = createWecomSender({ ...robotOptions(), monotonicNow: () => now });
    for (let n = 0; n < 20; n++) expect(await sender.send(outgoing())).toEqual({ result: 'sent' });
    now = 15_000;
    expect(await sender.send(outgoing())).toEqual({
      result: 'failed',
      detail: 'robot-minute-full',
      retryAfterSeconds: 45,
      pauses: 'message',
    });
    expect(robots.requests).toHaveLength(20);
    expect(await sender.send(outgoing({ to: toTeam }))).toEqual({ result: 'sent' });
    now = 60_001;
    expect(await sender.send(outgoing())).toEqual({ result: 'sent' });
  });

  test('after 45009 the robot is left alone for its minute, though other processes filled it', async () => {
    let now = 0;
    const sender = createWecomSender({ ...robotOptions(), monotonicNow: () => now });
    robots.behave({ kind: 'refuse', status: 45009 }, 1);
    await sender.send(outgoing());
    now = 30_000;
    expect(await sender.send(outgoing())).toMatchObject({ detail: 'robot-minute-full', retryAfterSeconds: 30 });
    expect(robots.requests).toHaveLength(1);
    now = 60_000;
    expect(await sender.send(outgoing())).toEqual({ result: 'sent' });
  });

  test('a full minute of one robot delays its own messages in the outbox, not the channel', async () => {
    const message = (recipientId: string) => ({
      key: randomUUID(),
      template: 'interim-note',
      parameters: '{}',
      recipient_type: 'team' as const,
      recipient_id: recipientId,
      channel: 'wecom',
    });
    await db
      .insertInto('team')
      .values({ id: 'team-test', institution_id: 'inst-h1', name: '测试', channel: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await db
      .insertInto('message')
      .values([message('team-test'), message('team-test'), message('team-c01')])
      .execute();
    const sender = createWecomSender({ ...robotOptions(), messagesPerMinute: 1 });
    await dispatchAt(noon, [sender]);
    const rows = await db.selectFrom('message').select(['recipient_id', 'status']).orderBy('recipient_id').orderBy('status').execute();
    expect(rows.map(({ recipient_id, status }) => `${recipient_id} ${status}`)).toEqual([
      'team-c01 sent',
      'team-test sent',
      'team-test waiting',
    ]);
    await dispatchAt(at(1, '12:02'), [createWecomSender(robotOptions())]);
    expect(new Set(robots.requests.map(({ key }) => key)).size).toBe(3);
  });

  test('a text is cut to 2048 bytes between characters, and the robot takes it', async () => {
    for (const character of ['转', '𠮷', 'é', 'a'])
      expect(await createWecomSender(robotOptions()).send(outgoing({ body: character.repeat(3_000) }))).toEqual({ result: 'sent' });
    for (const { text } of robots.requests) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_048);
      expect(Buffer.byteLength(text)).toBeGreaterThan(2_040);
      expect(text).not.toContain('\u{FFFD}');
    }
  });
});

describe('a call', () => {
  const person = { personId: 'person-nurse', note: null };
  async function toCall(patient: NewPatient = {}) {
    const patientId = await newPatient({ channel: 'phone', ...patient });
    const id = await sentReferral(db, { patientId, at: noon });
    await dispatchAt(noon);
    return { patientId, referralId: id, messageId: (await only(patientId)).id };
  }
  async function report(messageId: string, outcome: CallOutcome, when: Date, callAt: Date | null = null): Promise<boolean> {
    const task = await openTask(messageId);
    return db.transaction().execute((trx) => reportCall(trx, { ...person, taskId: task.id, messageId, outcome, callAt, at: when }));
  }
  const messageOf = (id: string) => db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  test('is a task for the nurse of the patient’s centre, with an instant by which it is due', async () => {
    const { messageId, patientId } = await toCall();
    expect(await openTask(messageId)).toMatchObject({
      name: 'call-patient',
      role: 'nurse',
      institution_id: 'inst-c01',
      patient_id: patientId,
      due_at: at(2, '12:00'),
    });
    expect(await messageOf(messageId)).toMatchObject({ status: 'in-hand', attempts: 1 });
    await dispatchAt(at(3, '12:00'));
    expect(await attemptsOf(messageId)).toHaveLength(1);
  });

  test.each<[CallOutcome, string]>([
    ['agreed', 'sent'],
    ['refused', 'sent'],
  ])('%s: the patient has been told', async (outcome, status) => {
    const { messageId } = await toCall();
    expect(await report(messageId, outcome, noon)).toBe(true);
    expect(await attemptsOf(messageId)).toEqual([{ channel: 'phone', result: 'sent', detail: outcome }]);
    expect(await messageOf(messageId)).toMatchObject({ status });
    await dispatchAt(at(2, '12:00'));
    expect(await openTasks(messageId)).toEqual([]);
  });

  test('call later: a new task at the time that was agreed, and not before', async () => {
    const { messageId } = await toCall();
    const first = await openTask(messageId);
    await report(messageId, 'call-later', noon, at(1, '16:00'));
    await dispatchAt(at(1, '15:59'));
    expect(await openTasks(messageId)).toEqual([]);
    await dispatchAt(at(1, '16:00'));
    expect((await openTask(messageId)).id).not.toBe(first.id);
    await report(messageId, 'agreed', at(1, '16:05'));
    expect((await attemptsOf(messageId)).map(({ result, detail }) => [result, detail])).toEqual([
      ['failed', 'call-later'],
      ['sent', 'agreed'],
    ]);
  });

  test('no answer three times: a letter', async () => {
    const { messageId } = await toCall();
    for (const time of ['12:00', '14:00', '16:00']) {
      await dispatchAt(at(1, time));
      await report(messageId, 'no-answer', at(1, time));
    }
    await dispatchAt(at(1, '16:00'));
    expect(await openTask(messageId)).toMatchObject({ name: 'deliver-letter' });
    expect((await attemptsOf(messageId)).map(({ channel, detail }) => `${channel} ${detail}`)).toEqual([
      'phone no-answer',
      'phone no-answer',
      'phone no-answer',
      'paper null',
    ]);
  });

  test('a call again after no answer waits for the morning', async () => {
    const { messageId } = await toCall();
    await report(messageId, 'no-answer', at(1, '20:00'));
    await dispatchAt(at(1, '22:00'));
    expect(await openTasks(messageId)).toEqual([]);
    expect(await messageOf(messageId)).toMatchObject({ waits_for: 'quiet-hours', next_attempt_at: at(2, '08:00') });
    await dispatchAt(at(2, '08:00'));
    await openTask(messageId);
  });

  test('a wrong number: a letter at once', async () => {
    const { messageId } = await toCall();
    await report(messageId, 'wrong-number', noon);
    await dispatchAt(noon);
    expect(await openTask(messageId)).toMatchObject({ name: 'deliver-letter' });
  });

  test.each(['moved', 'dead'] as const)(
    '%s, said on the telephone: the referral stays as it is, and somebody finds out',
    async (outcome) => {
      const { messageId, referralId } = await toCall();
      const before = await db.selectFrom('pathway').selectAll().where('id', '=', referralId).executeTakeFirstOrThrow();
      await report(messageId, outcome, noon);
      expect(await db.selectFrom('pathway').selectAll().where('id', '=', referralId).executeTakeFirstOrThrow()).toEqual(before);
      const task = await openTask(messageId);
      expect(task).toMatchObject({ name: outcome === 'dead' ? 'confirm-death' : 'confirm-move', role: 'gp', institution_id: 'inst-c01' });
      expect(await attemptsOf(messageId)).toEqual([{ channel: 'phone', result: 'undeliverable', detail: outcome }]);

      await db.transaction().execute((trx) => reportConfirmation(trx, { ...person, taskId: task.id, messageId, outcome: 'refuted' }));
      await dispatchAt(noon);
      expect(await openTask(messageId)).toMatchObject({ name: 'call-patient' });
    },
  );

  test('whoever is said to have died is not called about anything else until somebody has found out', async () => {
    const { messageId, patientId } = await toCall();
    await report(messageId, 'dead', noon);
    await newMessages(patientId, 1);
    await dispatchAt(at(1, '12:30'));
    expect(gateway.requests.filter(({ to }) => to === '13800000001')).toEqual([]);
    const task = await openTask(messageId);
    await db.transaction().execute((trx) => reportConfirmation(trx, { ...person, taskId: task.id, messageId, outcome: 'refuted' }));
    await dispatchAt(at(1, '13:30'));
    expect(gateway.requests.filter(({ to }) => to === '13800000001')).toHaveLength(1);
  });

  test('the fact itself takes the question back', async () => {
    const { messageId, referralId } = await toCall();
    await report(messageId, 'dead', noon);
    await happen(db, { id: referralId, kind: 'fact', name: 'patient-died', input: { occurredAt: noon.getTime() }, at: at(1, '13:00') });
    await dispatchAt(at(1, '13:00'));
    expect(await openTasks(messageId)).toEqual([]);
    expect(await messageOf(messageId)).toMatchObject({ status: 'withdrawn', withdrawn_because: 'patient-died' });
  });

  test('that has become needless is taken out of the nurse’s hands', async () => {
    const { messageId, referralId } = await toCall();
    await happen(db, { id: referralId, name: 'withdraw', actor: gp, at: at(1, '13:00') });
    await dispatchAt(at(1, '13:00'));
    expect(await db.selectFrom('task').select(['status', 'closed_by']).where('message_id', '=', messageId).execute()).toEqual([
      { status: 'withdrawn', closed_by: 'pathway-ended' },
    ]);
    expect(await attemptsOf(messageId)).toEqual([{ channel: 'phone', result: 'withdrawn', detail: 'pathway-ended' }]);
  });

  test('whose task was lost goes again', async () => {
    const { messageId } = await toCall();
    await sql`update task set status = 'done', closed_at = now() where message_id = ${messageId}`.execute(db);
    await dispatchAt(at(1, '12:01'));
    expect((await openTask(messageId)).id).toContain(`${messageId}-2`);
    expect(await messageOf(messageId)).toMatchObject({ status: 'in-hand', attempts: 2 });
  });

  test('a dispatcher killed between opening the task and recording it: one task, and the call ends the message', async () => {
    const patientId = await newPatient({ channel: 'phone' });
    await sentReferral(db, { patientId, at: noon });
    const child = killedAfterOpening(noon);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(String(line)).toContain('opened');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { id: messageId } = await only(patientId);
    const first = await openTask(messageId);
    expect(await messageOf(messageId)).toMatchObject({ status: 'waiting', attempts: 1 });

    await dispatchAt(at(1, '12:00')); // the lease is not over
    await dispatchAt(at(1, '12:02'));
    await dispatchAt(at(1, '12:10'));
    expect((await openTask(messageId)).id).toBe(first.id);
    expect(await messageOf(messageId)).toMatchObject({ status: 'in-hand', attempts: 2 });
    await report(messageId, 'agreed', at(1, '12:30'));
    expect((await attemptsOf(messageId)).map(({ result, detail }) => [result, detail])).toEqual([
      ['unknown', 'lease-ran-out'],
      ['sent', 'agreed'],
    ]);
  });

  test('a nurse who is quicker than the record of the task’s opening loses nothing', async () => {
    const patientId = await newPatient({ channel: 'phone' });
    await sentReferral(db, { patientId, at: noon });
    const { id: messageId } = await only(patientId);
    const clock = () => sql<Date>`${noon}::timestamptz`;
    const senders = createTaskSenders(db, clock).map((sender) => ({
      ...sender,
      async send(message: OutgoingMessage) {
        const result = await sender.send(message);
        await report(messageId, 'call-later', noon, at(1, '15:00'));
        return result;
      },
    }));
    await createDispatcher({ db, senders, log: createLog('worker', 'silent'), clock }).dispatchOnce();
    expect(await messageOf(messageId)).toMatchObject({ status: 'waiting', next_attempt_at: at(1, '15:00') });
  });

  test('two who report one call: the first one’s word stands', async () => {
    const { messageId } = await toCall();
    const task = await openTask(messageId);
    const both = (['agreed', 'no-answer'] as const).map((outcome) =>
      db.transaction().execute((trx) => reportCall(trx, { ...person, taskId: task.id, messageId, outcome, callAt: null, at: noon })),
    );
    expect((await Promise.all(both)).sort()).toEqual([false, true]);
    expect(await attemptsOf(messageId)).toHaveLength(1);
  });
});

test('a letter is handed over, or comes back', async () => {
  for (const [outcome, status, result] of [
    ['handed-over', 'sent', 'sent'],
    ['returned', 'undeliverable', 'undeliverable'],
  ] as const) {
    const patientId = await newPatient({ channel: 'paper', phone: null });
    await sentReferral(db, { patientId, at: at(1, '23:00') }); // a letter wakes nobody
    await dispatchAt(at(1, '23:00'));
    const { id: messageId } = await only(patientId);
    const task = await openTask(messageId);
    expect(task).toMatchObject({ name: 'deliver-letter', institution_id: 'inst-c01', due_at: at(4, '23:00') });
    await db
      .transaction()
      .execute((trx) => reportLetter(trx, { taskId: task.id, messageId, outcome, note: null, personId: 'person-nurse' }));
    expect((await only(patientId)).status).toBe(status);
    expect(await attemptsOf(messageId)).toEqual([{ channel: 'paper', result, detail: outcome }]);
  }
});

describe('hours and caps', () => {
  const toPatient = () => gateway.requests.filter(({ to }) => to === '13800000001');

  test('no message to a patient between 21:00 and 08:00; it goes in the morning, and staff are told at once', async () => {
    const patientId = await newPatient();
    await sentReferral(db, { patientId, at: at(1, '21:30') });
    for (const when of [at(1, '21:30'), at(2, '00:30'), at(2, '07:59')]) {
      await dispatchAt(when);
      expect(toPatient()).toEqual([]);
      expect(gateway.requests.length).toBeGreaterThan(0);
    }
    expect(await only(patientId)).toMatchObject({
      status: 'waiting',
      waits_for: 'quiet-hours',
      next_attempt_at: at(2, '08:00'),
      attempts: 0,
    });
    await dispatchAt(at(2, '08:00'));
    expect(toPatient()).toHaveLength(1);
    expect(await only(patientId)).toMatchObject({ status: 'sent', waits_for: null, sent_at: at(2, '08:00') });
  });

  test('an emergency waits for no morning', async () => {
    await sentReferral(db, { patientId: await newPatient(), at: at(1, '23:00'), emergency: true });
    await dispatchAt(at(1, '23:00'));
    expect(toPatient()).toHaveLength(1);
  });

  test('three a day, the rest on the next days, whoever dispatches', async () => {
    const patientId = await newPatient();
    await newMessages(patientId, 7);
    const both = async (when: Date) => {
      await Promise.all([dispatchAt(when), dispatchAt(when)]);
    };
    await both(noon);
    expect(toPatient()).toHaveLength(3);
    await both(at(1, '20:00'));
    expect(toPatient()).toHaveLength(3);
    await both(at(2, '08:00'));
    expect(toPatient()).toHaveLength(6);
    await both(at(3, '08:00'));
    expect(toPatient()).toHaveLength(7);
    expect(gateway.deliveries.size).toBe(7);
  });

  test('three a day also when two channels have their turn at the same moment', async () => {
    const patients = await Promise.all(Array.from({ length: 8 }, () => newPatient()));
    for (const patientId of patients) {
      await newMessages(patientId, 3, 'sms');
      await newMessages(patientId, 3, 'wechat');
    }
    const taking = channelsNotInUse.map((sender) => ({ ...sender, send: async () => ({ result: 'sent' as const }) }));
    await dispatchAt(noon, [createSmsSender({ url: gateway.url }), ...taking]);
    for (const patientId of patients) expect((await messagesTo(patientId)).filter(({ status }) => status === 'sent')).toHaveLength(3);
  });

  test('a letter and another patient do not fill a day', async () => {
    const [patientId, other] = [await newPatient(), await newPatient({ phone: '13800000009' })];
    await newMessages(patientId, 3, 'paper');
    await newMessages(other, 3);
    await newMessages(patientId, 3);
    await dispatchAt(noon);
    expect(toPatient()).toHaveLength(3);
  });

  test('hours and caps are what the newest configuration says, also for messages that were written before it', async () => {
    const patientId = await newPatient();
    await newMessages(patientId, 2);
    await agreeOn({ quietHours: { fromMinute: 12 * 60, untilMinute: 14 * 60 }, patientMessagesPerDay: 1 });
    try {
      await dispatchAt(noon);
      expect(toPatient()).toEqual([]);
      await dispatchAt(at(1, '14:00'));
      expect(toPatient()).toHaveLength(1);
      await dispatchAt(at(2, '03:00')); // the night is not quiet here
      expect(toPatient()).toHaveLength(2);
    } finally {
      await agreeOn({});
    }
  });

  test('hundreds that must wait do not hold up the one that may go', async () => {
    const patientId = await newPatient();
    await newMessages(patientId, 300);
    const other = await newPatient({ phone: '13800000009' });
    await sentReferral(db, { patientId: other, at: at(1, '22:00'), emergency: true });
    await sql`update message set next_attempt_at = next_attempt_at - interval '1 hour' where recipient_id = ${patientId}`.execute(db);
    await dispatcherAt(at(1, '22:00')).dispatchOnce();
    expect(gateway.requests.map(({ to }) => to)).toContain('13800000009');
    expect(toPatient()).toEqual([]);
  });
});

describe('what is no longer so is not said', () => {
  const visit = (day: number) => {
    const startsAt = at(day, '09:00').getTime();
    return { appointment: { startsAt, endsAt: startsAt + 1_800_000, slotId: null } };
  };
  const standing = async (recipientId: string) =>
    (await messagesTo(recipientId)).map(({ template, status, withdrawn_because }) => [template, status, withdrawn_because]);

  test('a night in which everything changes leaves one message for the morning', async () => {
    const patientId = await newPatient();
    const night = at(1, '22:00');
    const id = await sentReferral(db, { patientId, at: night });
    await happen(db, { id, name: 'send-acceptance', actor: specialist, at: night });
    await happen(db, { id, name: 'schedule-visit', actor: specialist, at: night, input: visit(5) });
    await happen(db, { id, name: 'reschedule-visit', actor: specialist, at: night, input: visit(6) });
    await dispatchAt(morning);
    await dispatchAt(at(2, '08:00'));
    expect(await standing(patientId)).toEqual([
      ['referral-received', 'withdrawn', 'already-done'],
      ['referral-accepted', 'withdrawn', 'already-done'],
      ['visit-scheduled', 'withdrawn', 'appointment-changed'],
      ['visit-rescheduled', 'sent', null],
    ]);
    expect(gateway.requests.filter(({ to }) => to === '13800000001').map(({ text }) => text)).toEqual([
      expect.stringContaining('2099年3月7日 09:00'),
    ]);
  });

  test('nobody comes in vain: an appointment that is lost is taken back, whatever ended it', async () => {
    const patientId = await newPatient();
    const id = await sentReferral(db, { patientId, at: noon });
    await happen(db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await happen(db, { id, name: 'schedule-visit', actor: specialist, at: noon, input: visit(5) });
    await dispatchAt(noon);
    await happen(db, {
      id,
      kind: 'fact',
      name: 'patient-admitted',
      input: { occurredAt: noon.getTime(), institutionId: 'inst-h2' },
      at: at(1, '13:00'),
    });
    await dispatchAt(at(1, '13:00'));
    expect((await standing(patientId)).at(-1)).toEqual(['appointment-cancelled', 'sent', null]);
    const texts = gateway.requests.filter(({ to }) => to === '13800000001').map(({ text }) => text);
    expect(texts.at(-1)).toContain('您的预约已取消，请勿前往');
  });

  test('a call for work that has been done reaches nobody', async () => {
    const id = await sentReferral(db, { patientId: await newPatient(), at: noon });
    await happen(db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await dispatchAt(noon);
    expect(await standing('person-specialist')).toEqual([['referral-received', 'withdrawn', 'already-done']]);
    expect(await standing('person-gp')).toEqual([['referral-accepted', 'sent', null]]);
  });

  test('a visit that has begun needs no reminder of it, and the pathway’s own clock says when that is', async () => {
    const patientId = await newPatient();
    const id = await sentReferral(db, { patientId, at: noon });
    await happen(db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await happen(db, { id, name: 'schedule-visit', actor: specialist, at: noon, input: visit(5) });
    await sql`update pathway set clock_offset_ms = ${4 * 86_400_000} where id = ${id}`.execute(db);
    await dispatchAt(noon);
    expect((await standing(patientId)).at(-1)).toEqual(['visit-scheduled', 'withdrawn', 'too-late']);
  });

  test('after an outage of two days that ends at night nothing stale and nothing at night goes to a patient', async () => {
    // Day 1: four patients; then nobody dispatches until day 3, 02:00.
    const going = await newPatient({ phone: '13800000011' });
    const changed = await newPatient({ phone: '13800000012' });
    const over = await newPatient({ phone: '13800000013' });
    const seen = await newPatient({ phone: '13800000014' });
    const urgent = await newPatient({ phone: '13800000015' });
    const scheduled = async (patientId: string, day: number) => {
      const id = await sentReferral(db, { patientId, at: noon });
      await happen(db, { id, name: 'send-acceptance', actor: specialist, at: noon });
      await happen(db, { id, name: 'schedule-visit', actor: specialist, at: noon, input: visit(day) });
      return id;
    };
    await scheduled(going, 5);
    const moved = await scheduled(changed, 5);
    await happen(db, { id: moved, name: 'reschedule-visit', actor: specialist, at: at(2, '10:00'), input: visit(6) });
    const ended = await scheduled(over, 5);
    await happen(db, { id: ended, kind: 'fact', name: 'patient-died', input: { occurredAt: noon.getTime() }, at: at(2, '11:00') });
    await scheduled(seen, 2); // the visit was yesterday
    await sentReferral(db, { patientId: urgent, at: at(2, '23:00'), emergency: true });

    const numbers = ['13800000011', '13800000012', '13800000013', '13800000014', '13800000015'];
    const toPatients = () =>
      gateway.requests.filter(({ to }) => numbers.includes(to)).map(({ to, text }) => [to, text.split('：')[1]?.slice(0, 12)]);
    await dispatchAt(at(3, '02:00'));
    expect(toPatients()).toEqual([['13800000015', '您的转诊申请已发出，有进']]);
    await dispatchAt(at(3, '07:59'));
    expect(toPatients()).toHaveLength(1);
    await dispatchAt(at(3, '08:00'));
    expect(toPatients().slice(1).sort()).toEqual([
      ['13800000011', '已为您预约就诊，就诊时间'],
      ['13800000012', '您的就诊时间已更改，就诊'],
    ]);
    await dispatchAt(at(9, '12:00'));
    expect(toPatients()).toHaveLength(3);
    // Nothing is lost: what did not go says why.
    const rest = await db
      .selectFrom('message')
      .select(['status', 'withdrawn_because'])
      .where('recipient_type', '=', 'patient')
      .where('status', '<>', 'sent')
      .execute();
    expect(new Set(rest.map(({ status }) => status))).toEqual(new Set(['withdrawn']));
    expect(new Set(rest.map(({ withdrawn_because }) => withdrawn_because))).toEqual(
      new Set(['already-done', 'appointment-changed', 'patient-died', 'too-late']),
    );
  });
});

/** A dispatcher in a process of its own that opens the task, says so, and never records it. */
function killedAfterOpening(instant: Date) {
  const module = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
  const program = `
    import { sql } from ${JSON.stringify(import.meta.resolve('kysely'))};
    import { createDatabase, createPool } from ${module('db/kit/database.ts')};
    import { createLog } from ${module('platform/log.ts')};
    import { createDispatcher } from ${module('worker/outbox/dispatcher.ts')};
    import { createTaskSenders } from ${module('worker/outbox/task-sender.ts')};
    const db = createDatabase(createPool(${JSON.stringify(url)}));
    const clock = () => sql\`\${${JSON.stringify(instant.toISOString())}}::timestamptz\`;
    const senders = createTaskSenders(db, clock).map((sender) => ({
      ...sender,
      async send(message) {
        console.log((await sender.send(message)).result === 'in-hand' ? 'opened' : 'not opened');
        await new Promise(() => {});
      },
    }));
    createDispatcher({ db, senders, log: createLog('worker', 'silent'), clock }).start();`;
  return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}
