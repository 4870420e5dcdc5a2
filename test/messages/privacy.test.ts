/** Messages say which referral and what to do, and leave no personal data outside the directory. */
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { sql } from 'kysely';
import pino from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { createMailSender } from '../../worker/outbox/mail-sender.ts';
import { createSmsSender } from '../../worker/outbox/sms-sender.ts';
import { FROM, outboxGround } from '../support/builders/outbox-ground.ts';

vi.setConfig({ testTimeout: 30_000 });

const ground = outboxGround();
const { newDispatcher, newPerson, newMessage } = ground;

describe('no personal data outside the directory', () => {
  const canary = { name: '金丝雀', phone: '13912345678', email: 'canary@centre.invalid' };
  const traces = [canary.name, canary.phone, canary.email, 'canary', '转诊'];

  test('neither the attempts nor the log hold a name, a number, an address or a text', async () => {
    const lines: string[] = [];
    const write = (line: string, _encoding: string, done: () => void): void => {
      lines.push(line);
      done();
    };
    const log = pino({ level: 'trace' }, new Writable({ decodeStrings: false, write }));
    const recipientId = await newPerson(canary);
    const dispatcher = newDispatcher({
      log,
      senders: [
        createSmsSender({ url: ground.gateway.url, timeoutMs: 1_000 }),
        createMailSender({ url: ground.mailServer.url, from: FROM, timeoutMs: 1_000 }),
      ],
    });
    const onEachChannel = async (): Promise<void> => {
      await newMessage({ recipientId, channel: 'sms' });
      await newMessage({ recipientId, channel: 'email' });
      await dispatcher.dispatchOnce();
    };
    await onEachChannel();
    for (const status of [400, 403, 503]) {
      ground.gateway.behave({ kind: 'refuse', status }, 1);
      ground.mailServer.behave({ kind: 'refuse', status: status === 503 ? 451 : 550 }, 1); // its reply quotes the address
      await onEachChannel();
    }
    ground.gateway.behave({ kind: 'accept-then-silence' });
    ground.mailServer.behave({ kind: 'accept-then-silence' });
    await onEachChannel();
    await Promise.all([ground.gateway.goDown(), ground.mailServer.goDown()]);
    await onEachChannel();
    await newMessage({ recipientId: await newPerson({ phone: canary.name, email: `${canary.email} ${canary.email}` }) });
    await dispatcher.dispatchOnce();

    const attempts = await ground.db.selectFrom('message_attempt').selectAll().execute();
    expect(attempts.length).toBeGreaterThanOrEqual(13);
    const written = JSON.stringify(attempts) + lines.join('');
    for (const trace of traces) expect(written).not.toContain(trace);
  });

  test('an SMS and a mail say which referral, what to do and until when, and nothing about a person', async () => {
    const recipientId = await newPerson(canary);
    const parameters = {
      referralId: '0196a1b2-0000-7000-8000-00001a2b3c4d',
      dueAt: Date.UTC(2099, 0, 31, 16, 30),
      patientName: canary.name,
    };
    const smsKey = await newMessage({ recipientId, parameters });
    await newMessage({ recipientId, parameters, channel: 'email' });
    await newDispatcher().dispatchOnce();
    const text = '转诊 1a2b3c4d：收到新的转诊。请在 2099年2月1日 00:30 前登录系统答复（接收或拒绝）。';
    expect(ground.gateway.requests).toMatchObject([{ key: smsKey, to: canary.phone, text }]);
    expect(ground.mailServer.requests).toMatchObject([{ to: canary.email }]);
    const [, mailBody = ''] = ground.mailServer.requests[0]?.text.split('\r\n\r\n') ?? [];
    expect(Buffer.from(mailBody, 'base64').toString('utf8').trim()).toBe(text);
    for (const received of [...ground.gateway.requests, ...ground.mailServer.requests]) expect(received.text).not.toContain(canary.name);
  });

  test('a patient is written to at the patient’s number, without being asked to work in the system', async () => {
    await ground.db
      .insertInto('institution')
      .values({ id: 'c1', name_zh: '社康', name_en: 'Centre', tier: 'primary', kind: 'community-health-centre' })
      .execute();
    const id = `patient-${randomUUID()}`;
    await ground.db
      .insertInto('patient')
      .values({
        id,
        name: canary.name,
        birth_date: '1950-01-01',
        sex: 'female',
        home_institution_id: 'c1',
        phone: '138 0000-0001',
        contacts: '[]',
      })
      .execute();
    const parameters = JSON.stringify({ referralId: randomUUID(), startsAt: '2026-02-01T01:00:00Z', dueAt: '2026-02-01T01:00:00Z' });
    await ground.db
      .insertInto('message')
      .values({ key: randomUUID(), template: 'visit-scheduled', parameters, recipient_type: 'patient', recipient_id: id, channel: 'sms' })
      .execute();
    const byDay = sql<Date>`date_trunc('day', now()) + interval '1 day 4 hours'`; // noon in Shanghai
    await newDispatcher({ clock: () => byDay }).dispatchOnce();
    expect(ground.gateway.requests).toMatchObject([
      { to: '13800000001', text: expect.stringContaining('已为您约好就诊时间：2026年2月1日（星期日）上午9:00。请提前15分钟') },
    ]);
  });
});
