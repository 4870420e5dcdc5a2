/** By which channel everybody is told: on a real database, with the clock as an input. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { createPushSender } from '../../worker/outbox/push-sender.ts';
import type { OutgoingMessage } from '../../worker/outbox/sender.ts';
import { withChannelsNotInUse } from '../../worker/outbox/senders.ts';
import { createSmsSender } from '../../worker/outbox/sms-sender.ts';
import { createWecomSender } from '../../worker/outbox/wecom-sender.ts';
import { createSentReferral, decideAndCommit, specialist } from '../support/builders/decisions.ts';
import { at, messageGround, type NewPatient, noon } from '../support/builders/message-ground.ts';
import { startControlledSmsSink } from '../support/sinks/sinks.ts';

vi.setConfig({ testTimeout: 60_000 });

const ground = messageGround();
const { robotOptions, allSenders, dispatchAt, newPatient, messagesTo, only, attemptsOf, told, newMessages } = ground;

describe('the channel that its reader has', () => {
  test('a patient who likes text messages gets one, of what concerns them', async () => {
    const patientId = await newPatient();
    const id = await createSentReferral(ground.db, { patientId, at: noon });
    await dispatchAt(noon);
    await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await dispatchAt(noon);
    const startsAt = at(3, '09:00').getTime();
    await decideAndCommit(ground.db, {
      id,
      name: 'schedule-visit',
      actor: specialist,
      at: noon,
      input: { appointment: { startsAt, endsAt: startsAt + 1_800_000, slotId: null } },
    });
    await dispatchAt(noon);
    const toPatient = ground.gateway.requests.filter(({ to }) => to === '13800000001').map(({ text }) => text);
    expect(toPatient).toEqual([
      expect.stringContaining('为您办理的转诊申请已发往临澜市人民医院'),
      expect.stringContaining('已同意接收您的转诊'),
      expect.stringContaining('已为您约好就诊时间：2099年3月4日（星期三）上午9:00，地点：临澜市人民医院'),
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
    await createSentReferral(ground.db, { patientId, at: noon });
    await dispatchAt(noon);
    const message = await only(patientId);
    expect((await attemptsOf(message.id)).map(({ channel, result, detail }) => [channel, result, detail])).toEqual(attempts);
    expect(message.status).toBe(status);
  });

  test.each(['wechat', 'app'] as const)(
    '%s by the patient’s id, which the gateway knows; whoever has bound none gets a text',
    async (channel) => {
      const push = await startControlledSmsSink();
      const senders = withChannelsNotInUse([createSmsSender({ url: ground.gateway.url }), createPushSender(channel, push.url)]);
      const [bound, unbound] = [await newPatient({ channel }), await newPatient({ channel })];
      await newMessages(bound, 1, channel);
      await dispatchAt(noon, senders);
      push.behave({ kind: 'refuse', status: 410 });
      await newMessages(unbound, 1, channel);
      await dispatchAt(noon, senders);
      await push.stop();
      expect(push.requests.map(({ to }) => to)).toEqual([bound, unbound]);
      expect([(await only(bound)).status, ground.gateway.requests.map(({ to }) => to)]).toEqual(['sent', ['13800000001']]);
      expect((await attemptsOf((await only(unbound)).id)).map(({ channel: by, detail }) => [by, detail])).toEqual([
        [channel, 'http-410'],
        ['sms', null],
      ]);
    },
  );

  test('a gateway that is down for hours does not keep a message: WeChat, then a text, then a call; in an emergency within minutes', async () => {
    const wechat = await startControlledSmsSink();
    const senders = withChannelsNotInUse([createSmsSender({ url: ground.gateway.url }), createPushSender('wechat', wechat.url)]);
    wechat.behave({ kind: 'refuse', status: 503 });
    ground.gateway.behave({ kind: 'refuse', status: 503 });
    const patientId = await newPatient({ channel: 'wechat' });
    const urgentId = await newPatient({ channel: 'wechat' });
    await createSentReferral(ground.db, { patientId, at: noon });
    await createSentReferral(ground.db, { patientId: urgentId, at: noon, emergency: true });
    const channelsOf = async (id: string) => [...new Set((await attemptsOf((await only(id)).id)).map(({ channel }) => channel))];
    for (const time of ['12:00', '12:06']) await dispatchAt(at(1, time), senders);
    expect(await channelsOf(patientId)).toEqual(['wechat']);
    expect(await channelsOf(urgentId)).toEqual(['wechat', 'sms']);
    await dispatchAt(at(1, '12:20'), senders);
    expect(await channelsOf(urgentId)).toEqual(['wechat', 'sms', 'phone']);
    await dispatchAt(at(1, '14:01'), senders);
    expect(await channelsOf(patientId)).toEqual(['wechat', 'sms']);
    await dispatchAt(at(1, '16:30'), senders);
    await wechat.stop();
    expect(await channelsOf(patientId)).toEqual(['wechat', 'sms', 'phone']);
    expect([(await only(patientId)).status, (await only(urgentId)).status]).toEqual(['in-hand', 'in-hand']);
    const { rows } = await sql<{
      name: string;
    }>`select name from task where patient_id = any(${[patientId, urgentId]}) and message_id is not null`.execute(ground.db);
    expect(rows.map(({ name }) => name)).toEqual(['call-patient', 'call-patient']);
  });

  test('something to learn costs nobody a call of its own', async () => {
    const patientId = await newPatient({ channel: 'phone' });
    await ground.db
      .insertInto('message')
      .values({
        key: randomUUID(),
        template: 'follow-up-education',
        parameters: '{}',
        recipient_type: 'patient',
        recipient_id: patientId,
        channel: 'phone',
      })
      .execute();
    await dispatchAt(noon);
    expect(await only(patientId)).toMatchObject({ status: 'withdrawn', withdrawn_because: 'no-call-of-its-own' });
  });

  test('staff without the address they prefer are told by another one; without any, it shows', async () => {
    const someone = async (channel: 'sms' | 'email' | 'wecom', phone: string | null, email: string | null) => {
      const id = `person-${randomUUID()}`;
      await ground.db.insertInto('person').values({ id, name: '测试', phone, email, channel }).execute();
      const key = randomUUID();
      await ground.db
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
    await ground.db.updateTable('person').set({ channel: 'wecom', phone: '13700000000' }).where('id', '=', 'person-specialist').execute();
    await createSentReferral(ground.db, { patientId: await newPatient(), at: noon });
    await dispatchAt(noon);
    await ground.db.updateTable('person').set({ channel: 'sms' }).where('id', '=', 'person-specialist').execute();
    expect(ground.robots.requests).toMatchObject([{ to: 'robot-h1 13700000000', text: expect.stringContaining('收到新的转诊') }]);
  });

  test('a team with a group is told once, in place of each of its members', async () => {
    await ground.db.updateTable('team').set({ channel: 'wecom' }).where('id', '=', 'team-c01').execute();
    const id = await createSentReferral(ground.db, { patientId: await newPatient(), at: noon });
    // After a move within the alliance the centre's doctors are told by their post.
    await ground.db
      .updateTable('pathway')
      .set({ state: sql`jsonb_set(state, '{formerInitiators}', '["inst-c02"]')` })
      .where('id', '=', id)
      .execute();
    await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await dispatchAt(noon);
    expect(ground.robots.requests).toMatchObject([{ to: 'robot-c01', text: expect.stringContaining('转诊已被接收') }]);
    expect(await only('team-c01')).toMatchObject({ recipient_type: 'team', status: 'sent' });

    // Without a robot for the group: each member by their own channel, once.
    await sql`update message set status = 'waiting', next_attempt_at = ${noon} where recipient_type = 'team'`.execute(ground.db);
    const withoutRobots = allSenders().map((sender) =>
      sender.channel === 'wecom' ? createWecomSender({ url: ground.robots.url, robots: { other: 'x' } }) : sender,
    );
    await dispatchAt(noon, withoutRobots);
    await dispatchAt(noon, withoutRobots);
    expect(await only('team-c01')).toMatchObject({ status: 'undeliverable' });
    const members = await ground.db.selectFrom('team_member').select('person_id').where('team_id', '=', 'team-c01').execute();
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
      if (errcode !== 0) ground.robots.behave({ kind: 'refuse', status: errcode }, 1);
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
    const sender = createWecomSender(robotOptions());
    ground.robots.behave({ kind: 'refuse', status: 429, retryAfterSeconds: 7 }, 1);
    expect(await sender.send(outgoing())).toEqual({ result: 'failed', detail: 'http-429', retryAfterSeconds: 7 });
    ground.robots.behave({ kind: 'refuse', status: 503 }, 1);
    expect(await sender.send(outgoing())).toEqual({ result: 'failed', detail: 'http-503' });
    ground.robots.behave({ kind: 'accept-then-silence' }, 1);
    const impatient = createWecomSender({ ...robotOptions(), timeoutMs: 300 });
    expect(await impatient.send(outgoing())).toEqual({ result: 'unknown', detail: 'timeout' });
    await ground.robots.goDown();
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
    expect(ground.robots.requests).toHaveLength(20);
    expect(await sender.send(outgoing({ to: toTeam }))).toEqual({ result: 'sent' });
    now = 60_001;
    expect(await sender.send(outgoing())).toEqual({ result: 'sent' });
  });

  test('after 45009 the robot is left alone for its minute, though other processes filled it', async () => {
    let now = 0;
    const sender = createWecomSender({ ...robotOptions(), monotonicNow: () => now });
    ground.robots.behave({ kind: 'refuse', status: 45009 }, 1);
    await sender.send(outgoing());
    now = 30_000;
    expect(await sender.send(outgoing())).toMatchObject({ detail: 'robot-minute-full', retryAfterSeconds: 30 });
    expect(ground.robots.requests).toHaveLength(1);
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
    await ground.db
      .insertInto('team')
      .values({ id: 'team-test', institution_id: 'inst-h1', name: '测试', channel: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await ground.db
      .insertInto('message')
      .values([message('team-test'), message('team-test'), message('team-c01')])
      .execute();
    const sender = createWecomSender({ ...robotOptions(), messagesPerMinute: 1 });
    await dispatchAt(noon, [sender]);
    const rows = await ground.db
      .selectFrom('message')
      .select(['recipient_id', 'status'])
      .orderBy('recipient_id')
      .orderBy('status')
      .execute();
    expect(rows.map(({ recipient_id, status }) => `${recipient_id} ${status}`)).toEqual([
      'team-c01 sent',
      'team-test sent',
      'team-test waiting',
    ]);
    await dispatchAt(at(1, '12:02'), [createWecomSender(robotOptions())]);
    expect(new Set(ground.robots.requests.map(({ key }) => key)).size).toBe(3);
  });

  test('a text is cut to 2048 bytes between characters, and the robot takes it', async () => {
    for (const character of ['转', '𠮷', 'é', 'a'])
      expect(await createWecomSender(robotOptions()).send(outgoing({ body: character.repeat(3_000) }))).toEqual({ result: 'sent' });
    for (const { text } of ground.robots.requests) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_048);
      expect(Buffer.byteLength(text)).toBeGreaterThan(2_040);
      expect(text).not.toContain('\u{FFFD}');
    }
  });
});
