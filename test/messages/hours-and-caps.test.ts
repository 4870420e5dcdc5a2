/** When patients are told, how often, and what is not said any more: on a real database, with the clock as an input. */
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { channelsNotInUse } from '../../worker/outbox/senders.ts';
import { createSmsSender } from '../../worker/outbox/sms-sender.ts';
import { createSentReferral, decideAndCommit, specialist } from '../support/builders/decisions.ts';
import { at, messageGround, morning, noon } from '../support/builders/message-ground.ts';

vi.setConfig({ testTimeout: 60_000 });

const ground = messageGround();
const { dispatcherAt, dispatchAt, newPatient, messagesTo, only, newMessages, agreeOn } = ground;

describe('hours and caps', () => {
  const toPatient = () => ground.gateway.requests.filter(({ to }) => to === '13800000001');

  test('no message to a patient between 21:00 and 08:00; it goes in the morning, and staff are told at once', async () => {
    const patientId = await newPatient();
    await createSentReferral(ground.db, { patientId, at: at(1, '21:30') });
    for (const when of [at(1, '21:30'), at(2, '00:30'), at(2, '07:59')]) {
      await dispatchAt(when);
      expect(toPatient()).toEqual([]);
      expect(ground.gateway.requests.length).toBeGreaterThan(0);
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
    await createSentReferral(ground.db, { patientId: await newPatient(), at: at(1, '23:00'), emergency: true });
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
    expect(ground.gateway.deliveries.size).toBe(7);
  });

  test('three a day also when two channels have their turn at the same moment', async () => {
    const patients = await Promise.all(Array.from({ length: 8 }, () => newPatient()));
    for (const patientId of patients) {
      await newMessages(patientId, 3, 'sms');
      await newMessages(patientId, 3, 'wechat');
    }
    const taking = channelsNotInUse.map((sender) => ({ ...sender, send: async () => ({ result: 'sent' as const }) }));
    await dispatchAt(noon, [createSmsSender({ url: ground.gateway.url }), ...taking]);
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
    await createSentReferral(ground.db, { patientId: other, at: at(1, '22:00'), emergency: true });
    await sql`update message set next_attempt_at = next_attempt_at - interval '1 hour' where recipient_id = ${patientId}`.execute(
      ground.db,
    );
    await dispatcherAt(at(1, '22:00')).dispatchOnce();
    expect(ground.gateway.requests.map(({ to }) => to)).toContain('13800000009');
    expect(toPatient()).toEqual([]);
  });
});

describe('what is no longer so is not said', () => {
  const toPatient = () => ground.gateway.requests.filter(({ to }) => to === '13800000001');
  const visit = (day: number) => {
    const startsAt = at(day, '09:00').getTime();
    return { appointment: { startsAt, endsAt: startsAt + 1_800_000, slotId: null } };
  };
  const standing = async (recipientId: string) =>
    (await messagesTo(recipientId)).map(({ template, status, withdrawn_because }) => [template, status, withdrawn_because]);

  test('a night in which everything changes leaves one message for the morning', async () => {
    const patientId = await newPatient();
    const night = at(1, '22:00');
    const id = await createSentReferral(ground.db, { patientId, at: night });
    await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: night });
    await decideAndCommit(ground.db, { id, name: 'schedule-visit', actor: specialist, at: night, input: visit(5) });
    await decideAndCommit(ground.db, { id, name: 'reschedule-visit', actor: specialist, at: night, input: visit(6) });
    await dispatchAt(morning);
    await dispatchAt(at(2, '08:00'));
    expect(await standing(patientId)).toEqual([
      ['referral-received', 'withdrawn', 'already-done'],
      ['referral-accepted', 'withdrawn', 'already-done'],
      ['visit-reminder', 'waiting', null],
      ['visit-scheduled', 'withdrawn', 'appointment-changed'],
      ['visit-reminder', 'waiting', null],
      ['visit-rescheduled', 'sent', null],
    ]);
    expect(ground.gateway.requests.filter(({ to }) => to === '13800000001').map(({ text }) => text)).toEqual([
      expect.stringContaining('2099年3月7日（星期六）上午9:00'),
    ]);
    // On the working day before the visit, at a time of day at which somebody answers the telephone.
    await dispatchAt(at(5, '09:59'));
    expect(toPatient()).toHaveLength(1);
    await dispatchAt(at(5, '10:00'));
    expect(toPatient()).toHaveLength(2);
    expect((await standing(patientId)).filter(([template]) => template === 'visit-reminder')).toEqual([
      ['visit-reminder', 'withdrawn', 'appointment-changed'],
      ['visit-reminder', 'sent', null],
    ]);
  });

  test('nobody comes in vain: an appointment that is lost is taken back, whatever ended it', async () => {
    const patientId = await newPatient();
    const id = await createSentReferral(ground.db, { patientId, at: noon });
    await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await decideAndCommit(ground.db, { id, name: 'schedule-visit', actor: specialist, at: noon, input: visit(5) });
    await dispatchAt(noon);
    await decideAndCommit(ground.db, {
      id,
      kind: 'fact',
      name: 'patient-admitted',
      input: { occurredAt: noon.getTime(), institutionId: 'inst-h2' },
      at: at(1, '13:00'),
    });
    await dispatchAt(at(1, '13:00'));
    expect((await standing(patientId)).at(-1)).toEqual(['appointment-cancelled', 'sent', null]);
    const texts = ground.gateway.requests.filter(({ to }) => to === '13800000001').map(({ text }) => text);
    expect(texts.at(-1)).toMatch(/2099年3月6日（星期五）上午9:00.*已取消，请不要前往/);
  });

  test('a call for work that has been done reaches nobody', async () => {
    const id = await createSentReferral(ground.db, { patientId: await newPatient(), at: noon });
    await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await dispatchAt(noon);
    expect(await standing('person-specialist')).toEqual([['referral-received', 'withdrawn', 'already-done']]);
    expect(await standing('person-gp')).toEqual([['referral-accepted', 'sent', null]]);
  });

  test('a visit that has begun needs no reminder of it, and the pathway’s own clock says when that is', async () => {
    const patientId = await newPatient();
    const id = await createSentReferral(ground.db, { patientId, at: noon });
    await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
    await decideAndCommit(ground.db, { id, name: 'schedule-visit', actor: specialist, at: noon, input: visit(5) });
    await sql`update pathway set clock_offset_ms = ${4 * 86_400_000} where id = ${id}`.execute(ground.db);
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
      const id = await createSentReferral(ground.db, { patientId, at: noon });
      await decideAndCommit(ground.db, { id, name: 'send-acceptance', actor: specialist, at: noon });
      await decideAndCommit(ground.db, { id, name: 'schedule-visit', actor: specialist, at: noon, input: visit(day) });
      return id;
    };
    await scheduled(going, 5);
    const moved = await scheduled(changed, 5);
    await decideAndCommit(ground.db, { id: moved, name: 'reschedule-visit', actor: specialist, at: at(2, '10:00'), input: visit(6) });
    const ended = await scheduled(over, 5);
    await decideAndCommit(ground.db, {
      id: ended,
      kind: 'fact',
      name: 'patient-died',
      input: { occurredAt: noon.getTime() },
      at: at(2, '11:00'),
    });
    await scheduled(seen, 2); // the visit was yesterday
    await createSentReferral(ground.db, { patientId: urgent, at: at(2, '23:00'), emergency: true });

    const numbers = ['13800000011', '13800000012', '13800000013', '13800000014', '13800000015'];
    const toPatients = () =>
      ground.gateway.requests.filter(({ to }) => numbers.includes(to)).map(({ to, text }) => [to, text.split('您好，')[1]?.slice(0, 8)]);
    await dispatchAt(at(3, '02:00'));
    expect(toPatients()).toEqual([['13800000015', '请您现在就去临澜']]);
    await dispatchAt(at(3, '07:59'));
    expect(toPatients()).toHaveLength(1);
    await dispatchAt(at(3, '08:00'));
    expect(toPatients().slice(1).sort()).toEqual([
      ['13800000011', '已为您约好就诊时'],
      ['13800000012', '您的就诊时间已更'],
    ]);
    await dispatchAt(at(9, '12:00'));
    expect(toPatients()).toHaveLength(3);
    // Nothing is lost: what did not go says why.
    const rest = await ground.db
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
