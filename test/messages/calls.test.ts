/** Calls and letters are tasks of somebody, and end their message: on a real database, with the clock as an input. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { refuteDeath } from '../../db/identity-check/deaths.ts';
import { reportCall, reportConfirmation, reportLetter } from '../../db/messages/tasks.ts';
import type { CallOutcome } from '../../domain/messages/channels.ts';
import { createLog } from '../../platform/log.ts';
import { createDispatcher } from '../../worker/outbox/dispatcher.ts';
import type { OutgoingMessage } from '../../worker/outbox/sender.ts';
import { createTaskSenders } from '../../worker/outbox/task-sender.ts';
import { createSentReferral, decideAndCommit, gp } from '../support/builders/decisions.ts';
import { at, messageGround, type NewPatient, noon } from '../support/builders/message-ground.ts';

vi.setConfig({ testTimeout: 60_000 });

const ground = messageGround();
const { dispatchAt, newPatient, only, attemptsOf, openTasks, openTask, newMessages } = ground;

describe('a call', () => {
  const person = { personId: 'person-nurse', note: null };
  const by = { actor: gp, requestId: 'test' };
  async function toCall(patient: NewPatient = {}) {
    const patientId = await newPatient({ channel: 'phone', ...patient });
    const id = await createSentReferral(ground.db, { patientId, at: noon });
    await dispatchAt(noon);
    return { patientId, referralId: id, messageId: (await only(patientId)).id };
  }
  async function report(messageId: string, outcome: CallOutcome, when: Date, callAt: Date | null = null): Promise<boolean> {
    const task = await openTask(messageId);
    return ground.db.transaction().execute((trx) => reportCall(trx, { ...person, taskId: task.id, messageId, outcome, callAt, at: when }));
  }
  const messageOf = (id: string) => ground.db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

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

  test('moved, said on the telephone: the referral stays as it is, and somebody finds out', async () => {
    const { messageId, referralId } = await toCall();
    const before = await ground.db.selectFrom('pathway').selectAll().where('id', '=', referralId).executeTakeFirstOrThrow();
    await report(messageId, 'moved', noon);
    expect(await ground.db.selectFrom('pathway').selectAll().where('id', '=', referralId).executeTakeFirstOrThrow()).toEqual(before);
    const task = await openTask(messageId);
    expect(task).toMatchObject({ name: 'confirm-move', role: 'gp', institution_id: 'inst-c01' });
    expect(await attemptsOf(messageId)).toEqual([{ channel: 'phone', result: 'undeliverable', detail: 'moved' }]);

    const refuted = { ...person, by, taskId: task.id, messageId, outcome: 'refuted' } as const;
    await ground.db.transaction().execute((trx) => reportConfirmation(trx, refuted));
    await dispatchAt(noon);
    expect(await openTask(messageId)).toMatchObject({ name: 'call-patient' });
  });

  test('dead, said on the telephone: the referral stays as it is, one question is asked, and found alive the patient is called again', async () => {
    const { messageId, referralId, patientId } = await toCall();
    const before = await ground.db.selectFrom('pathway').selectAll().where('id', '=', referralId).executeTakeFirstOrThrow();
    await report(messageId, 'dead', noon);
    expect(await ground.db.selectFrom('pathway').selectAll().where('id', '=', referralId).executeTakeFirstOrThrow()).toEqual(before);
    expect(await openTasks(messageId)).toEqual([]);
    const asked = ground.db.selectFrom('task').selectAll().where('patient_id', '=', patientId).where('name', '=', 'confirm-death');
    expect(await asked.execute()).toMatchObject([{ role: 'gp', institution_id: 'inst-c01', status: 'open' }]);
    expect(await attemptsOf(messageId)).toEqual([{ channel: 'phone', result: 'undeliverable', detail: 'dead' }]);

    await ground.db.transaction().execute((trx) => refuteDeath(trx, patientId, '本人接听', by));
    await dispatchAt(noon);
    expect(await openTask(messageId)).toMatchObject({ name: 'call-patient' });
  });

  test('whoever is said to have died is not called about anything else until somebody has found out', async () => {
    const { messageId, patientId } = await toCall();
    await report(messageId, 'dead', noon);
    await newMessages(patientId, 1);
    await dispatchAt(at(1, '12:30'));
    expect(ground.gateway.requests.filter(({ to }) => to === '13800000001')).toEqual([]);
    await ground.db.transaction().execute((trx) => refuteDeath(trx, patientId, '本人接听', by));
    await dispatchAt(at(1, '13:30'));
    expect(ground.gateway.requests.filter(({ to }) => to === '13800000001')).toHaveLength(1);
  });

  test('the fact itself takes the question back', async () => {
    const { messageId, referralId } = await toCall();
    await report(messageId, 'dead', noon);
    await decideAndCommit(ground.db, {
      id: referralId,
      kind: 'fact',
      name: 'patient-died',
      input: { occurredAt: noon.getTime() },
      at: at(1, '13:00'),
    });
    await dispatchAt(at(1, '13:00'));
    expect(await openTasks(messageId)).toEqual([]);
    expect(await messageOf(messageId)).toMatchObject({ status: 'withdrawn', withdrawn_because: 'patient-died' });
  });

  test('that has become needless is taken out of the nurse’s hands', async () => {
    const { messageId, referralId } = await toCall();
    await decideAndCommit(ground.db, { id: referralId, name: 'withdraw', actor: gp, at: at(1, '13:00') });
    await dispatchAt(at(1, '13:00'));
    expect(await ground.db.selectFrom('task').select(['status', 'closed_by']).where('message_id', '=', messageId).execute()).toEqual([
      { status: 'withdrawn', closed_by: 'pathway-ended' },
    ]);
    expect(await attemptsOf(messageId)).toEqual([{ channel: 'phone', result: 'withdrawn', detail: 'pathway-ended' }]);
  });

  test('whose task was lost goes again', async () => {
    const { messageId } = await toCall();
    await sql`update task set status = 'done', closed_at = now() where message_id = ${messageId}`.execute(ground.db);
    await dispatchAt(at(1, '12:01'));
    expect((await openTask(messageId)).id).toContain(`${messageId}-2`);
    expect(await messageOf(messageId)).toMatchObject({ status: 'in-hand', attempts: 2 });
  });

  test('a dispatcher killed between opening the task and recording it: one task, and the call ends the message', async () => {
    const patientId = await newPatient({ channel: 'phone' });
    await createSentReferral(ground.db, { patientId, at: noon });
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
    await createSentReferral(ground.db, { patientId, at: noon });
    const { id: messageId } = await only(patientId);
    const clock = () => sql<Date>`${noon}::timestamptz`;
    const senders = createTaskSenders(ground.db, clock).map((sender) => ({
      ...sender,
      async send(message: OutgoingMessage) {
        const result = await sender.send(message);
        await report(messageId, 'call-later', noon, at(1, '15:00'));
        return result;
      },
    }));
    await createDispatcher({ db: ground.db, senders, log: createLog('worker', 'silent'), clock }).dispatchOnce();
    expect(await messageOf(messageId)).toMatchObject({ status: 'waiting', next_attempt_at: at(1, '15:00') });
  });

  test('two who report one call: the first one’s word stands', async () => {
    const { messageId } = await toCall();
    const task = await openTask(messageId);
    const both = (['agreed', 'no-answer'] as const).map((outcome) =>
      ground.db.transaction().execute((trx) => reportCall(trx, { ...person, taskId: task.id, messageId, outcome, callAt: null, at: noon })),
    );
    expect((await Promise.all(both)).sort()).toEqual([false, true]);
    expect(await attemptsOf(messageId)).toHaveLength(1);
  });
});

test('a letter is handed over, or comes back', async () => {
  for (const [outcome, status, result] of [
    ['handed-over', 'sent', 'sent'],
    // Somebody has to find another way: ladder.test.ts.
    ['returned', 'in-hand', 'undeliverable'],
  ] as const) {
    const patientId = await newPatient({ channel: 'paper', phone: null });
    await createSentReferral(ground.db, { patientId, at: at(1, '23:00') }); // a letter wakes nobody
    await dispatchAt(at(1, '23:00'));
    const { id: messageId } = await only(patientId);
    const task = await openTask(messageId);
    expect(task).toMatchObject({ name: 'deliver-letter', institution_id: 'inst-c01', due_at: at(4, '23:00') });
    await ground.db
      .transaction()
      .execute((trx) => reportLetter(trx, { taskId: task.id, messageId, outcome, note: null, personId: 'person-nurse' }));
    expect((await only(patientId)).status).toBe(status);
    expect(await attemptsOf(messageId)).toEqual([{ channel: 'paper', result, detail: outcome }]);
  }
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
    const db = createDatabase(createPool(${JSON.stringify(ground.url)}));
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
