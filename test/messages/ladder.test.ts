/** Beyond the telephone: the contact person is asked before a letter goes, and a letter that comes back leaves nobody forgotten. */
import { describe, expect, test, vi } from 'vitest';
import { reportCall, reportLetter, reportReach } from '../../db/messages/tasks.ts';
import type { CallOutcome } from '../../domain/messages/channels.ts';
import { contactText } from '../../domain/messages/contact-rung.ts';
import { createSentReferral, decideAndCommit, specialist } from '../support/builders/decisions.ts';
import { at, messageGround, type NewPatient, noon } from '../support/builders/message-ground.ts';

vi.setConfig({ testTimeout: 60_000 });

const ground = messageGround();
const { dispatchAt, newPatient, only, messagesTo, openTasks, openTask } = ground;
const person = { personId: 'person-nurse', note: '见记录' };
const daughter = { name: '女儿金丝雀', relation: 'child', phone: '13900000009' };

async function toCall(patient: NewPatient) {
  const patientId = await newPatient({ channel: 'phone', ...patient });
  await createSentReferral(ground.db, { patientId, at: noon });
  await dispatchAt(noon);
  return { patientId, messageId: (await only(patientId)).id };
}

/** An answer that the resident waits for goes on the same day. */
async function callAtOnce(patientId: string, when: Date) {
  const id = await createSentReferral(ground.db, { patientId, at: noon });
  await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
  await dispatchAt(when);
  return (await messagesTo(patientId)).find(({ template }) => template === 'referral-accepted');
}

async function report(messageId: string, outcome: CallOutcome, when: Date): Promise<void> {
  const task = await openTask(messageId);
  await ground.db
    .transaction()
    .execute((trx) => reportCall(trx, { ...person, taskId: task.id, messageId, outcome, callAt: null, at: when }));
}

const contactMessages = (patientId: string) =>
  ground.db.selectFrom('message').selectAll().where('key', 'like', `contact:${patientId}:%`).execute();

/** Nobody answers three times. */
async function unanswered(messageId: string): Promise<void> {
  for (const time of ['12:00', '14:00', '16:00']) {
    await dispatchAt(at(1, time));
    await report(messageId, 'no-answer', at(1, time));
  }
}

describe('the contact', () => {
  test('is asked by a text to have the resident call, in words that give nobody away; the letter waits for a day', async () => {
    const { patientId, messageId } = await toCall({ contacts: [daughter] });
    await unanswered(messageId);
    await dispatchAt(at(1, '16:01'));
    const [asked] = await contactMessages(patientId);
    expect(asked).toMatchObject({ recipient_type: 'contact', template: 'contact-please-call', channel: 'sms', status: 'sent' });
    const [text = '', ...more] = ground.gateway.requests.filter(({ to }) => to === '13900000009').map((request) => request.text);
    expect(more).toEqual([]);
    expect(text).toMatch(/联系人.*烦请您转告其尽快致电0/);
    expect(text).not.toMatch(/金丝雀|转诊|女儿/);
    expect(await openTasks(messageId)).toEqual([]);
    await dispatchAt(at(2, '16:01'));
    expect(await openTask(messageId)).toMatchObject({ name: 'deliver-letter' });
  });

  test('is called where they have no mobile, and a wrong number of theirs is never tried again', async () => {
    const { patientId, messageId } = await toCall({ contacts: [{ ...daughter, phone: '010-22334455' }] });
    await unanswered(messageId);
    await dispatchAt(at(1, '16:01'));
    const [asked] = await contactMessages(patientId);
    expect(await openTask(asked?.id ?? '')).toMatchObject({ name: 'call-contact', role: 'nurse', patient_id: patientId });
    await report(asked?.id ?? '', 'wrong-number', at(1, '17:00'));
    await dispatchAt(at(1, '17:00'));
    expect((await contactMessages(patientId)).map(({ status }) => status)).toEqual(['undeliverable']);
    await createSentReferral(ground.db, { patientId, at: at(2, '09:00') });
    await dispatchAt(at(2, '09:00'));
    const second = (await messagesTo(patientId)).find(({ id }) => id !== messageId);
    await report(second?.id ?? '', 'wrong-number', at(2, '10:00'));
    expect(await contactMessages(patientId)).toHaveLength(1);
  });

  test('is asked once a day, however many messages have not arrived', async () => {
    const { patientId, messageId } = await toCall({ contacts: [daughter] });
    const second = await callAtOnce(patientId, noon);
    await unanswered(messageId);
    await report(second?.id ?? '', 'no-answer', at(1, '16:00'));
    expect(await contactMessages(patientId)).toHaveLength(1);
  });

  test('is not asked of whoever has refused, has died or is said to have', async () => {
    const refused = await toCall({ contacts: [daughter] });
    await report(refused.messageId, 'refused', noon);
    const next = await callAtOnce(refused.patientId, at(1, '12:30'));
    await report(next?.id ?? '', 'wrong-number', at(1, '13:00'));
    expect(await contactMessages(refused.patientId)).toEqual([]);

    const died = await toCall({ contacts: [daughter] });
    await unanswered(died.messageId);
    await ground.db
      .updateTable('patient')
      .set({ deceased_at: at(1, '16:00') })
      .where('id', '=', died.patientId)
      .execute();
    await dispatchAt(at(1, '16:01'));
    expect(await contactMessages(died.patientId)).toMatchObject([{ status: 'withdrawn', withdrawn_because: 'patient-died' }]);
    expect(ground.told().filter((text) => text.includes('联系人'))).toEqual([]);
  });
});

test('a letter that comes back is a task for somebody, with an instant by which it is due, until they say what came of it', async () => {
  const { messageId } = await toCall({ phone: null });
  const letter = await openTask(messageId);
  expect(letter.name).toBe('deliver-letter');
  await ground.db.transaction().execute((trx) => reportLetter(trx, { ...person, taskId: letter.id, messageId, outcome: 'returned' }));
  const task = await openTask(messageId);
  expect(task).toMatchObject({ name: 'reach-resident', role: 'nurse', due_at: expect.any(Date) });
  await dispatchAt(at(2, '12:00'));
  expect(await openTask(messageId)).toMatchObject({ id: task.id });
  await ground.db.transaction().execute((trx) => reportReach(trx, { ...person, taskId: task.id, messageId, outcome: 'told' }));
  const message = await ground.db.selectFrom('message').select('status').where('id', '=', messageId).executeTakeFirstOrThrow();
  expect([message.status, await openTasks(messageId)]).toEqual(['sent', []]);
});

test('staff whom no gateway reaches are a task of their head until somebody has told them or a message arrives, one a person', async () => {
  const refused = (channel: string) => ({ channel, send: async () => ({ result: 'failed' as const, detail: 'http-503' }) });
  const down = ['sms', 'email', 'wecom'].map(refused);
  const patientId = await newPatient({ phone: null });
  await createSentReferral(ground.db, { patientId, at: noon });
  await createSentReferral(ground.db, { patientId, at: noon });
  const staffTasks = () =>
    ground.db.selectFrom('task').selectAll().where('name', '=', 'reach-staff').orderBy('opened_at').orderBy('id').execute();
  for (const time of ['12:00', '14:30', '17:00', '19:30', '22:00']) await dispatchAt(at(1, time), down);
  const tasks = await staffTasks();
  expect(tasks.length).toBeGreaterThan(0);
  for (const task of tasks) expect(task).toMatchObject({ status: 'open', due_at: expect.any(Date), patient_id: null });
  expect(new Set(tasks.map(({ role }) => role))).toEqual(new Set([expect.stringMatching(/^(head|office)$/)]));
  const people = await ground.db
    .selectFrom('message')
    .select('recipient_id')
    .where(
      'id',
      'in',
      tasks.map(({ message_id }) => message_id ?? ''),
    )
    .execute();
  expect(new Set(people.map(({ recipient_id }) => recipient_id)).size).toBe(tasks.length);
  // The gateways are back.
  await dispatchAt(at(2, '12:00'));
  expect(new Set((await staffTasks()).map(({ closed_by }) => closed_by))).toEqual(new Set(['message-arrived']));
});

test('the words for a contact name nobody and nothing', () =>
  expect(`${contactText.zh}${contactText.en}`).not.toMatch(/\{(?:place|date|fasting)\}/));
