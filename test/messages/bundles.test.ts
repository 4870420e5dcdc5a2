/** Several texts of one day go as one message, whatever dies, changes or fails on the way: on a real database, with the clock as an input. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { mergeRecord } from '../../db/directory/resident-records.ts';
import { leaseDue } from '../../db/messages/lease.ts';
import { moveWaitingMessages } from '../../db/messages/move-messages.ts';
import { reportCall, reportLetter, reportReach } from '../../db/messages/tasks.ts';
import { withdrawMessagesOfSteps } from '../../db/messages/withdraw.ts';
import { bundleTemplate } from '../../domain/messages/bundle-text.ts';
import type { CallOutcome } from '../../domain/messages/channels.ts';
import type { Sender, SendResult } from '../../worker/outbox/sender.ts';
import { createSentReferral, decideAndCommit, specialist } from '../support/builders/decisions.ts';
import { at, messageGround, type NewPatient, noon } from '../support/builders/message-ground.ts';

vi.setConfig({ testTimeout: 60_000 });

const ground = messageGround();
const { dispatchAt, newPatient, messagesTo, openTask, openTasks } = ground;
const person = { personId: 'person-nurse', note: '见记录' };
const PHONE = '13800000001';
const toPatient = () => ground.gateway.requests.filter(({ to }) => to === PHONE).map(({ text }) => text);

/** A resident with two referrals and a lesson that wait for their turn at noon of the first day. */
async function three(patient: NewPatient = {}) {
  const patientId = await newPatient(patient);
  const first = await createSentReferral(ground.db, { patientId, at: noon });
  const second = await createSentReferral(ground.db, { patientId, at: noon });
  const [{ channel = 'sms' } = {}] = await messagesTo(patientId);
  await newMessage(patientId, { pathwayId: second, template: 'follow-up-education', channel });
  return { patientId, first, second };
}

async function newMessage(
  patientId: string,
  message: { pathwayId: string; template: string; channel?: string; dueAt?: Date },
): Promise<void> {
  const { pathwayId, template, channel = 'sms', dueAt } = message;
  await ground.db
    .insertInto('message')
    .values({
      key: randomUUID(),
      pathway_id: pathwayId,
      template,
      parameters: '{}',
      recipient_type: 'patient',
      recipient_id: patientId,
      channel,
      ...(dueAt ? { next_attempt_at: dueAt } : {}),
    })
    .execute();
}

async function standing(patientId: string) {
  const messages = await messagesTo(patientId);
  const bundles = messages.filter(({ template }) => template === bundleTemplate);
  const parts = messages.filter(({ template }) => template !== bundleTemplate);
  return { bundles, parts, states: parts.map(({ status }) => status), alone: parts.filter(({ bundle_id }) => bundle_id === null) };
}

const bundleOf = async (patientId: string) => {
  const { bundles } = await standing(patientId);
  if (bundles.length !== 1 || !bundles[0]) throw new Error(`${bundles.length} bundles`);
  return bundles[0];
};

const answering = (channel: string, result: () => SendResult): Sender => ({ channel, send: async () => result() });

async function report(messageId: string, outcome: CallOutcome, when: Date): Promise<void> {
  const task = await openTask(messageId);
  await ground.db
    .transaction()
    .execute((trx) => reportCall(trx, { ...person, taskId: task.id, messageId, outcome, callAt: null, at: when }));
}

describe('what can wait goes as one message a day', () => {
  test('two referrals and a lesson are one text with a place and a telephone, and each part has its own evidence', async () => {
    const { patientId } = await three();
    await dispatchAt(noon);
    expect(toPatient()).toEqual([
      expect.stringMatching(/^【.+】您好，有3件事请您留意。（1）.*（2）.*（3）.*健康知识.*请致电0[\d-]+。编号/),
    ]);
    const { bundles, states, parts } = await standing(patientId);
    expect([bundles.map(({ status }) => status), states]).toEqual([['sent'], ['sent', 'sent', 'sent']]);
    expect(parts.map(({ sent_at, template_version }) => [sent_at, template_version])).toEqual(Array(3).fill([noon, 1]));
  });

  test('what comes later on the day waits for the next one, and goes with everything that has come by then', async () => {
    const { patientId } = await three();
    await dispatchAt(noon);
    await createSentReferral(ground.db, { patientId, at: at(1, '14:00') });
    await createSentReferral(ground.db, { patientId, at: at(1, '15:00') });
    await dispatchAt(at(1, '15:00'));
    expect(toPatient()).toHaveLength(1);
    await dispatchAt(at(2, '08:00'));
    expect(toPatient()).toEqual([expect.anything(), expect.stringContaining('有2件事')]);
  });

  test('an answer that somebody waits for, an emergency and a cancellation whose time is near go at once', async () => {
    const { patientId, first } = await three();
    await dispatchAt(noon);
    await decideAndCommit(ground.db, { id: first, name: 'send-acceptance', actor: specialist, at: at(1, '13:00') });
    await dispatchAt(at(1, '13:00'));
    expect(toPatient()).toEqual([expect.anything(), expect.stringContaining('已同意接收')]);
    await createSentReferral(ground.db, { patientId, at: at(1, '22:00'), emergency: true });
    await dispatchAt(at(1, '22:00'));
    expect(toPatient()).toHaveLength(3);
    const startsAt = at(3, '09:00').getTime();
    const appointment = { startsAt, endsAt: startsAt + 1_800_000, slotId: null };
    await decideAndCommit(ground.db, { id: first, name: 'schedule-visit', actor: specialist, at: at(2, '09:00'), input: { appointment } });
    await dispatchAt(at(2, '09:00'));
    await createSentReferral(ground.db, { patientId, at: at(2, '09:30') });
    await dispatchAt(at(2, '09:30'));
    expect(toPatient()).toHaveLength(5);
    await decideAndCommit(ground.db, {
      id: first,
      kind: 'fact',
      name: 'patient-admitted',
      input: { occurredAt: at(2, '10:00').getTime(), institutionId: 'inst-h2' },
      at: at(2, '10:00'),
    });
    await dispatchAt(at(2, '10:00'));
    expect(toPatient().at(-1)).toContain('已取消，请不要前往');
  });

  test('what waits for two records is one message as soon as they are known to be one resident’s', async () => {
    const [double, survivor] = [(await three()).patientId, (await three()).patientId];
    await ground.db.transaction().execute(async (trx) => {
      await mergeRecord(trx, double, survivor);
      await moveWaitingMessages(trx, [double, survivor], survivor);
    });
    await dispatchAt(noon);
    expect([(await messagesTo(double)).length, toPatient()]).toEqual([0, [expect.stringMatching(/您好，有\d件事请您留意/)]]);
  });

  test('a reminder of later on the day goes with the message of the morning', async () => {
    const { patientId, first } = await three();
    await newMessage(patientId, { pathwayId: first, template: 'follow-up-open', dueAt: at(1, '16:00') });
    await newMessage(patientId, { pathwayId: first, template: 'follow-up-open', dueAt: at(2, '00:00') });
    await dispatchAt(noon);
    expect((await standing(patientId)).states.sort()).toEqual(['sent', 'sent', 'sent', 'sent', 'waiting']);
    expect(toPatient()).toHaveLength(1);
  });

  test('what does not fit into one text goes on the next day', async () => {
    const { patientId, second } = await three();
    for (let n = 0; n < 6; n++) await newMessage(patientId, { pathwayId: second, template: 'follow-up-open' });
    await dispatchAt(noon);
    for (const day of [2, 3, 4]) await dispatchAt(at(day, '08:00'));
    expect(new Set((await standing(patientId)).states)).toEqual(new Set(['sent']));
    for (const text of toPatient()) expect([...text].length).toBeLessThanOrEqual(4 * 67);
  });
});

describe('nothing is lost or told that is not so', () => {
  test('what may have arrived goes again on its day, however much has gone meanwhile', async () => {
    const { patientId, first, second } = await three();
    const clock = () => sql<Date>`${noon}::timestamptz`;
    await leaseDue(ground.db, { channel: 'sms', limit: 20, leaseSeconds: 60, clock });
    // The process has died. Answers that somebody waits for fill the day before its lease is over.
    for (const id of [first, second]) await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await createSentReferral(ground.db, { patientId, at: noon, emergency: true });
    await dispatchAt(new Date(noon.getTime() + 30_000));
    expect(toPatient()).toHaveLength(3);
    await dispatchAt(at(1, '12:02'));
    expect((await bundleOf(patientId)).status).toBe('sent');
  });

  test('what may have arrived on a day that is over goes again on a day that has room for it', async () => {
    const { patientId, first } = await three();
    const clock = () => sql<Date>`${noon}::timestamptz`;
    await leaseDue(ground.db, { channel: 'sms', limit: 20, leaseSeconds: 60, clock });
    // The process has died, and the clock of the pathways is pushed into the next day, on which a lesson goes first.
    await sql`update pathway set clock_offset_ms = 86400000 where state ->> 'patientId' = ${patientId}`.execute(ground.db);
    await newMessage(patientId, { pathwayId: first, template: 'follow-up-education' });
    await dispatchAt(new Date(noon.getTime() + 30_000));
    expect(toPatient()).toHaveLength(1);
    await dispatchAt(at(1, '12:02'));
    expect([toPatient().length, (await bundleOf(patientId)).waits_for]).toEqual([1, 'daily-cap']);
    await dispatchAt(at(2, '08:00'));
    expect([toPatient().length, (await bundleOf(patientId)).status]).toEqual([2, 'sent']);
  });

  test('a process that dies between putting together and sending leaves the whole to the next, once and under one key', async () => {
    const { patientId } = await three();
    const clock = () => sql<Date>`${noon}::timestamptz`;
    const leased = await leaseDue(ground.db, { channel: 'sms', limit: 20, leaseSeconds: 60, clock });
    expect(leased.messages.filter(({ recipientId }) => recipientId === patientId)).toHaveLength(1);
    // It has died. Until its lease is over nobody else sends, and nothing goes by itself.
    await dispatchAt(noon);
    expect([toPatient().length, (await standing(patientId)).alone]).toEqual([0, []]);
    await dispatchAt(at(1, '12:02'));
    expect(toPatient()).toHaveLength(1);
    expect((await standing(patientId)).states).toEqual(['sent', 'sent', 'sent']);
  });

  test('a transaction that does not commit leaves the parts as they were', async () => {
    const { patientId } = await three();
    await sql`alter table message_attempt add constraint broken check (attempt > 1) not valid`.execute(ground.db);
    const clock = () => sql<Date>`${noon}::timestamptz`;
    await expect(leaseDue(ground.db, { channel: 'sms', limit: 20, leaseSeconds: 60, clock })).rejects.toThrow();
    await sql`alter table message_attempt drop constraint broken`.execute(ground.db);
    expect(await standing(patientId)).toMatchObject({ bundles: [], states: ['waiting', 'waiting', 'waiting'] });
    await dispatchAt(noon);
    expect(toPatient()).toHaveLength(1);
  });

  test('a part that is no longer so is not in what goes, and the last one that is left goes as it would by itself', async () => {
    const { patientId, first, second } = await three();
    await dispatchAt(noon, [answering('sms', () => ({ result: 'failed', detail: 'http-503' }))]);
    expect((await standing(patientId)).states).toEqual(['bundled', 'bundled', 'bundled']);
    await decideAndCommit(ground.db, { id: first, name: 'send-acceptance', actor: specialist, at: at(1, '12:30') });
    await ground.db
      .updateTable('message')
      .set({ status: 'withdrawn', withdrawn_because: 'already-done' })
      .where('template', '=', 'referral-accepted')
      .execute();
    await ground.db
      .transaction()
      .execute((trx) =>
        sql`update message set key = ${second} || ':told:' || id where template = 'follow-up-education' and recipient_id = ${patientId}`.execute(
          trx,
        ),
      );
    await ground.db.transaction().execute((trx) => withdrawMessagesOfSteps(trx, second, ['told']));
    await dispatchAt(at(1, '18:00'));
    expect(toPatient()).toEqual([expect.stringContaining('转诊申请已发往')]);
    const { parts } = await standing(patientId);
    expect(parts.map(({ status, withdrawn_because }) => [status, withdrawn_because])).toEqual(
      expect.arrayContaining([
        ['withdrawn', 'already-done'],
        ['withdrawn', 'entered-in-error'],
        ['sent', null],
      ]),
    );
  });

  test('from the death of the resident on nothing goes, also of what was put together before', async () => {
    const { patientId } = await three();
    await dispatchAt(noon, [answering('sms', () => ({ result: 'failed', detail: 'http-503' }))]);
    await ground.db.updateTable('patient').set({ deceased_at: noon }).where('id', '=', patientId).execute();
    await dispatchAt(at(1, '18:00'));
    const { bundles, states } = await standing(patientId);
    expect([toPatient(), bundles.map(({ status }) => status), states]).toEqual([[], ['withdrawn'], Array(3).fill('withdrawn')]);
  });

  test('a number at which somebody else has answered gets nothing any more in any pathway, also of what was put together before', async () => {
    const { patientId, first } = await three();
    await dispatchAt(noon, [answering('sms', () => ({ result: 'failed', detail: 'http-503' }))]);
    await newMessage(patientId, { pathwayId: first, template: 'follow-up-call-back', channel: 'phone' });
    await dispatchAt(noon, [answering('sms', () => ({ result: 'failed', detail: 'http-503' }))]);
    const call = (await messagesTo(patientId)).find(({ template }) => template === 'follow-up-call-back');
    await report(call?.id ?? '', 'wrong-number', at(1, '13:00'));
    await createSentReferral(ground.db, { patientId, at: at(1, '14:00') });
    await createSentReferral(ground.db, { patientId, at: at(1, '14:00'), emergency: true });
    for (const day of [1, 2, 3]) await dispatchAt(at(day, '18:00'));
    expect(toPatient()).toEqual([]);
    const gone = (await messagesTo(patientId)).filter(({ status, bundle_id }) => status !== 'withdrawn' && bundle_id === null);
    expect(gone.length).toBeGreaterThan(2);
    expect(new Set(gone.map(({ channel, status }) => `${channel} ${status}`))).toEqual(new Set(['paper in-hand']));
  });
});

describe('the ladder goes on for the whole', () => {
  test('a number that takes no texts leads to one call with everything in it; what it comes to holds for each part', async () => {
    const { patientId } = await three({ phone: '0755-26001234' });
    await dispatchAt(noon);
    const bundle = await bundleOf(patientId);
    expect(await openTask(bundle.id)).toMatchObject({ name: 'call-patient' });
    expect(await openTasks(bundle.id)).toHaveLength(1);
    await report(bundle.id, 'agreed', at(1, '13:00'));
    expect((await standing(patientId)).parts.map(({ status, channel }) => [status, channel])).toEqual(Array(3).fill(['sent', 'phone']));
  });

  test('the contact is asked once, then one letter goes; when it comes back there is a task, and nothing is lost', async () => {
    const daughter = { name: '女儿金丝雀', relation: 'child', phone: '13900000009' };
    const { patientId } = await three({ channel: 'phone', contacts: [daughter] });
    await dispatchAt(noon);
    const bundle = await bundleOf(patientId);
    for (const time of ['12:00', '14:00', '16:00']) {
      await dispatchAt(at(1, time));
      await report(bundle.id, 'no-answer', at(1, time));
    }
    await dispatchAt(at(1, '16:01'));
    expect(ground.gateway.requests.filter(({ to }) => to === daughter.phone)).toHaveLength(1);
    await dispatchAt(at(2, '16:01'));
    const letter = await openTask(bundle.id);
    expect(letter.name).toBe('deliver-letter');
    await ground.db
      .transaction()
      .execute((trx) => reportLetter(trx, { ...person, taskId: letter.id, messageId: bundle.id, outcome: 'returned' }));
    const reach = await openTask(bundle.id);
    expect([reach.name, (await standing(patientId)).states]).toEqual(['reach-resident', Array(3).fill('bundled')]);
    await ground.db
      .transaction()
      .execute((trx) => reportReach(trx, { ...person, taskId: reach.id, messageId: bundle.id, outcome: 'not-reached' }));
    expect((await standing(patientId)).states).toEqual(Array(3).fill('undeliverable'));
  });

  test('a call that somebody has in hand ends when nothing in it is meant any more', async () => {
    const { patientId, first, second } = await three({ channel: 'phone' });
    await dispatchAt(noon);
    const bundle = await bundleOf(patientId);
    for (const id of [first, second])
      await decideAndCommit(ground.db, {
        id,
        name: 'patient-died',
        kind: 'fact',
        input: { occurredAt: noon.getTime() },
        at: at(1, '13:00'),
      });
    await dispatchAt(at(1, '13:00'));
    expect([await openTasks(bundle.id), (await standing(patientId)).states]).toEqual([
      [],
      expect.arrayContaining(['withdrawn', 'withdrawn', 'withdrawn']),
    ]);
  });
});
