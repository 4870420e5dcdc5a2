/** Calls and letters over the API: what the centre sees, reports and prints, and how people choose to be told. */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { listAuditOfPatient } from '../../db/kit/audit.ts';
import { defaultMessageConfiguration } from '../../domain/alliance/configuration.ts';
import type { PatientChannel } from '../../domain/messages/channels.ts';
import { createLog } from '../../platform/log.ts';
import { createDispatcher } from '../../worker/outbox/dispatcher.ts';
import { createTaskSenders } from '../../worker/outbox/task-sender.ts';
import { inDays } from '../support/builders/appointment-times.ts';
import { followUpsOn } from '../support/builders/enrolments.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Contract, contractOf } from '../support/oracles/contract.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let contract: Contract;
beforeAll(async () => {
  service = await startService();
  contract = await contractOf(service.app);
  await quietHours(0, 0);
});
afterAll(() => service?.stop());
const followUps = followUpsOn(() => service);

/** At whatever hour the tests run. */
async function quietHours(fromMinute: number, untilMinute: number): Promise<void> {
  const { version, configuration } = await service.db
    .selectFrom('alliance_configuration')
    .select(['version', 'configuration'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const messages = { ...defaultMessageConfiguration, quietHours: { fromMinute, untilMinute } };
  await service.db
    .insertInto('alliance_configuration')
    .values({ version: version + 1, configuration: JSON.stringify({ ...(configuration as object), messages }) })
    .execute();
}

/** As the worker does. */
const dispatch = () =>
  createDispatcher({ db: service.db, senders: createTaskSenders(service.db), log: createLog('worker', 'silent') }).dispatchOnce();

beforeEach(() => sql`truncate message_attempt, task, task_escalation, message`.execute(service.db));

/** Nobody else with the same telephone has the same birth date, so that the register does not take the patient for somebody who is there. */
const birthDateOf = (n: number): string => new Date(Date.UTC(1944, 1, 29 + n)).toISOString().slice(0, 10);
let registered = 0;
const daughter = { name: '赵女儿', relation: 'child', phone: '13900000009' };

async function newPatient(channel: PatientChannel, phone: string | null = '13800000001'): Promise<string> {
  const body = { name: '赵𬱖', birthDate: birthDateOf(registered++), sex: 'male', ...(phone ? { phone } : {}), channel };
  const { status, body: patient } = await service.post('gp', '/v1/patients', { ...body, contacts: [daughter] });
  expect(status).toBe(201);
  return patient.id;
}

interface Item {
  id: string;
  name: string;
  [member: string]: unknown;
}

/** A referral of a patient who is told this way: the task that the centre's nurse finds. */
async function carried(channel: 'phone' | 'paper'): Promise<{ task: Item; patientId: string; referralId: string }> {
  const patientId = await newPatient(channel);
  const made = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId }));
  expect(made.status).toBe(201);
  await dispatch();
  const { body } = await service.get('nurse', '/v1/worklist?limit=200');
  const task = body.items.find(
    (item: Item) => item.name === (channel === 'phone' ? 'call-patient' : 'deliver-letter') && item.pathwayId === made.body.id,
  );
  expect(contract.findBrokenPromises('GET', '/v1/worklist', await service.get('nurse', '/v1/worklist?limit=200'))).toEqual([]);
  return { task, patientId, referralId: made.body.id };
}

const complete = (account: string, task: Item, body: object, options = {}): Promise<Answer> =>
  service.post(account, `/v1/tasks/${encodeURIComponent(task.id)}/complete`, body, options);

const messageRow = (patientId: string) =>
  service.db.selectFrom('message').selectAll().where('recipient_id', '=', patientId).executeTakeFirstOrThrow();

const soon = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

/** The date in Chinese words, as messages write it. */
function inWords(instant: string): string {
  const [year, month, day] = instant.slice(0, 10).split('-').map(Number);
  const weekday = '日一二三四五六'[new Date(`${instant.slice(0, 10)}T00:00:00Z`).getUTCDay()];
  return `${year}年${month}月${day}日（星期${weekday}）`;
}

describe('a call', () => {
  test('stands in the worklist of the centre’s nurse and GP, says what to tell, and ends the message', async () => {
    const { task, patientId } = await carried('phone');
    expect(task).toMatchObject({
      name: 'call-patient',
      role: 'nurse',
      institutionId: 'inst-c01',
      patient: { id: patientId, name: '赵𬱖' },
      dueAt: expect.any(String),
      message: {
        channel: 'phone',
        phone: '13800000001',
        text: expect.stringContaining('为您办理的转诊申请已发往临澜市人民医院'),
        contacts: [{ id: expect.any(String), ...daughter }],
        attempts: [{ attempt: 1, result: null }],
      },
    });
    const ofGp = await service.get('gp', '/v1/worklist?limit=200');
    expect(ofGp.body.items.map(({ id }: Item) => id)).toContain(task.id);

    const answer = await complete('gp', task, { outcome: 'agreed', note: '女儿陪同' });
    expect([answer.status, answer.body.status, answer.body.outcome, answer.body.note, answer.body.owner.personId]).toEqual([
      200,
      'done',
      'agreed',
      '女儿陪同',
      'person-gp',
    ]);
    expect(await messageRow(patientId)).toMatchObject({ status: 'sent' });
    const again = await complete('nurse', task, { outcome: 'refused' });
    expect([again.status, again.body.code]).toEqual([409, 'task-closed']);
    const { rows } = await sql<{ action: string }>`select action from audit where target_id = ${task.id} and action like 'task.%'`.execute(
      service.db,
    );
    expect(rows).toEqual([{ action: 'task.agreed' }]);
  });

  test('asked twice with the same key is reported once; twenty at once as well', async () => {
    const { task, patientId } = await carried('phone');
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => complete('nurse', task, { outcome: 'no-answer' }, { key })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const log = await service.db.selectFrom('message_attempt').select(['result', 'detail']).execute();
    expect(log).toEqual([{ result: 'failed', detail: 'no-answer' }]);
    expect(await messageRow(patientId)).toMatchObject({ status: 'waiting' });
  });

  test('call-later comes back at its time', async () => {
    const { task, patientId } = await carried('phone');
    const callAt = soon(30);
    expect((await complete('nurse', task, { outcome: 'call-later', callAt })).status).toBe(200);
    expect(await messageRow(patientId)).toMatchObject({ status: 'waiting', next_attempt_at: new Date(callAt) });
  });

  test('a report that is repeated when its time has passed gets its first answer', async () => {
    const { task } = await carried('phone');
    const key = randomUUID();
    const callAt = soon(1);
    const first = await complete('nurse', task, { outcome: 'call-later', callAt }, { key });
    expect(first.status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(callAt) + 1_000 });
    try {
      const again = await complete('nurse', task, { outcome: 'call-later', callAt }, { key });
      expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([200, first.body, 'true']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('that says the patient has died asks the GP to find out, and the referral goes on', async () => {
    const { task, referralId } = await carried('phone');
    const { id: patientId } = task.patient as { id: string };
    await complete('nurse', task, { outcome: 'dead', note: '邻居告知' });
    expect((await service.get('gp', `/v1/referrals/${referralId}`)).body.status).toBe('received');
    const { body } = await service.get('gp', '/v1/worklist?limit=200');
    const question = body.items.find(({ name, patient }: Item) => name === 'confirm-death' && (patient as { id: string }).id === patientId);
    expect(question).toMatchObject({ role: 'gp', pathwayKind: 'identity-check' });
    expect((await complete('gp', question, { note: '派出所已核实' })).body).toMatchObject({
      code: 'task-done-by-trigger',
      allowed: ['confirm-death', 'refute-death'],
    });
  });

  const bad: [what: string, body: () => object, path: string][] = [
    ['no outcome', () => ({}), 'outcome'],
    ['an outcome of a letter', () => ({ outcome: 'handed-over' }), 'outcome'],
    ['an outcome that nobody knows', () => ({ outcome: 'busy' }), 'outcome'],
    ['a result, which belongs to other tasks', () => ({ outcome: 'agreed', result: '已告知' }), 'result'],
    ['call-later without a time', () => ({ outcome: 'call-later' }), 'callAt'],
    ['a time without call-later', () => ({ outcome: 'agreed', callAt: soon(30) }), 'callAt'],
    ['a time that has passed', () => ({ outcome: 'call-later', callAt: soon(-1) }), 'callAt'],
    ['a time in half a year', () => ({ outcome: 'call-later', callAt: soon(180 * 1_440) }), 'callAt'],
    ['a time that is none', () => ({ outcome: 'call-later', callAt: 'tomorrow' }), 'callAt'],
  ];
  test('with a report that cannot be is refused with the place, and nothing changes', async () => {
    const { task } = await carried('phone');
    const before = await contentsOf(service.db);
    for (const [what, body, path] of bad) {
      const { status, body: problem } = await complete('nurse', task, body());
      expect([what, status, problem.errors?.[0]?.path]).toEqual([what, 422, path]);
    }
    expect((await complete('gp2', task, { outcome: 'agreed' })).status).toBe(404);
    expect((await complete('pharmacist', task, { outcome: 'agreed' })).status).toBe(404);
    const stale = await complete('nurse', task, { outcome: 'agreed' }, { headers: { 'if-match': '"99"' } });
    expect([stale.status, stale.body.code]).toEqual([412, 'version-changed']);
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('is not agreed for the quiet hours, nor for after the visit that it announces', async () => {
    const { task, referralId } = await carried('phone');
    await quietHours(0, 24 * 60 - 1);
    try {
      const { body } = await complete('nurse', task, { outcome: 'call-later', callAt: soon(30) });
      expect(body.errors).toEqual([{ path: 'callAt', message: '在免打扰时段内' }]);
    } finally {
      await quietHours(0, 0);
    }
    await service.db
      .updateTable('message')
      .set({ template: 'visit-scheduled', parameters: JSON.stringify({ startsAt: Date.now() + 60 * 60_000 }) })
      .where('pathway_id', '=', referralId)
      .execute();
    const { body } = await complete('nurse', task, { outcome: 'call-later', callAt: soon(61) });
    expect(body.errors[0].path).toBe('callAt');
  });

  test('an outcome belongs to calls and letters only', async () => {
    const made = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
    const { id } = await service.db.selectFrom('task').select('id').where('pathway_id', '=', made.body.id).executeTakeFirstOrThrow();
    const { status, body } = await complete('specialist', { id, name: '' }, { outcome: 'agreed' });
    expect([status, body.errors[0].path]).toEqual([422, 'outcome']);
  });
});

describe('a letter', () => {
  const tokenOf = async (account: string) => {
    const { body } = await service.get(account, '/v1/me');
    return (await service.tokens.issue({ personId: body.id, institutionId: body.institutionId, roles: body.roles })).token;
  };
  async function print(account: string, id: string) {
    const answer = await service.app.request(`/v1/letters/${id}/letter.pdf`, {
      headers: { authorization: `Bearer ${await tokenOf(account)}` },
    });
    return { status: answer.status, type: answer.headers.get('content-type'), file: new Uint8Array(await answer.arrayBuffer()) };
  }

  test('is listed for the patient’s centre, printed with every character of the name, and handed over', async () => {
    const { task, patientId, referralId } = await carried('paper');
    expect(task).toMatchObject({ name: 'deliver-letter', role: 'nurse' });
    const listed = await service.get('nurse', '/v1/letters');
    expect(contract.findBrokenPromises('GET', '/v1/letters', listed)).toEqual([]);
    const letter = listed.body.items.find((item: Item) => item.taskId === task.id);
    expect(letter).toMatchObject({
      pathwayId: referralId,
      patient: { id: patientId, name: '赵𬱖' },
      status: 'open',
      text: expect.stringContaining('为您办理的转诊申请已发往临澜市人民医院'),
    });

    const { status, type, file } = await print('nurse', letter.id);
    expect([status, type]).toEqual([200, 'application/pdf']);
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(file)), { mergePages: true });
    const bare = text.replaceAll(/\s/g, '');
    for (const part of ['患者通知书', '赵𬱖', letter.text.replaceAll(/\s/g, ''), '送达人']) expect(bare).toContain(part);

    const answer = await service.post('nurse', `/v1/letters/${letter.id}/report`, { outcome: 'handed-over' });
    expect(contract.findBrokenPromises('POST', `/v1/letters/${letter.id}/report`, answer)).toEqual([]);
    expect(answer.body).toMatchObject({ status: 'done', outcome: 'handed-over' });
    expect(await messageRow(patientId)).toMatchObject({ status: 'sent' });
    expect((await service.get('nurse', '/v1/letters')).body.items).toEqual([]);
    expect((await service.get('nurse', '/v1/letters?status=done')).body.items.map(({ id }: Item) => id)).toEqual([letter.id]);
    const again = await service.post('gp', `/v1/letters/${letter.id}/report`, { outcome: 'returned' });
    expect([again.status, again.body.code]).toEqual([409, 'task-closed']);
  });

  test('says where and when the visit is', async () => {
    const patientId = await newPatient('paper', null);
    const { body } = await service.post(
      'gp',
      '/v1/referrals',
      await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' }),
    );
    await service.post('specialist', `/v1/referrals/${body.id}/send-acceptance`, {});
    await service.post('specialist', `/v1/referrals/${body.id}/schedule-visit`, {
      startsAt: inDays(100, '01:00'),
      endsAt: inDays(100, '01:30'),
    });
    await dispatch();
    const { items } = (await service.get('nurse', '/v1/letters')).body;
    expect(items.map(({ text }: { text: string }) => text)).toEqual([
      expect.stringContaining(`就诊时间：${inWords(inDays(100))}上午9:00，地点：临澜市人民医院`),
    ]);
    const { text } = await extractText(await getDocumentProxy((await print('gp', items[0].id)).file), { mergePages: true });
    const { rows } = await sql<{ name: string }>`
      select name_zh as name from institution where id = 'inst-h1' union all select name_zh from department where id = 'dept-h1-cardiology'`.execute(
      service.db,
    );
    for (const { name } of rows) expect(text.replaceAll(/\s/g, '')).toContain(name);
    expect(text).toContain(`${inDays(100).slice(0, 10)} 09:00`);
  });

  test('about a follow-up is listed and printed too, under the name of follow-up', async () => {
    const patientId = await newPatient('paper', null);
    const { pathwayId } = await followUps.enrol('htn-2017', patientId);
    await dispatch();
    const { items } = (await service.get('nurse', '/v1/letters')).body;
    expect(items).toEqual([expect.objectContaining({ pathwayId, patient: { id: patientId, name: '赵𬱖' }, status: 'open' })]);
    const { status, type, file } = await print('nurse', items[0].id);
    expect([status, type]).toEqual([200, 'application/pdf']);
    const { text } = await extractText(await getDocumentProxy(file), { mergePages: true });
    const bare = text.replaceAll(/\s/g, '');
    for (const part of ['患者通知书', '随访', '赵𬱖', pathwayId.slice(-8), items[0].text.replaceAll(/\s/g, '')])
      expect(bare).toContain(part);
    expect(items[0].text).not.toBe('');
    expect(bare).not.toContain('转诊');
  });

  test('is nobody else’s, and each look at it is recorded', async () => {
    const { patientId } = await carried('paper');
    const { id } = (await service.get('nurse', '/v1/letters')).body.items[0];
    for (const account of ['gp2', 'specialist', 'office']) {
      expect([account, (await print(account, id)).status]).toEqual([account, 404]);
      const listed = await service.get(account, '/v1/letters');
      expect(listed.body.items ?? []).toEqual([]);
    }
    await print('nurse', id);
    const entries = await listAuditOfPatient(service.db, patientId, { limit: 50 });
    expect(entries.map(({ action }) => action).filter((action) => action.startsWith('letter.'))).toEqual(['letter.print', 'letter.list']);
  });

  test('pages one by one give each once', async () => {
    for (let n = 0; n < 3; n++) await carried('paper');
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await service.get('nurse', `/v1/letters?limit=1${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      seen.push(...body.items.map(({ id }: Item) => id));
      cursor = body.nextCursor;
    }
    expect(new Set(seen).size).toBe(3);
    expect(seen).toHaveLength(3);
  });
});

describe('how somebody wants to be told', () => {
  test('staff choose for themselves, and the next message goes that way', async () => {
    const answer = await service.post('specialist', '/v1/me/channel', { channel: 'wecom' });
    expect([answer.status, answer.body]).toEqual([200, { channel: 'wecom' }]);
    try {
      const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
      const { channel } = await service.db
        .selectFrom('message')
        .select('channel')
        .where('pathway_id', '=', body.id)
        .where('recipient_id', '=', 'person-specialist')
        .executeTakeFirstOrThrow();
      expect(channel).toBe('wecom');
    } finally {
      await service.post('specialist', '/v1/me/channel', { channel: 'sms' });
    }
  });

  test('a patient’s choice is a new version; a stale If-Match changes nothing', async () => {
    const id = await newPatient('sms');
    const answer = await service.post('gp', `/v1/patients/${id}/channel`, { channel: 'phone' });
    expect([answer.status, answer.body.channel, answer.body.version, answer.headers.get('etag')]).toEqual([200, 'phone', 2, '"2"']);
    const stale = await service.post('gp', `/v1/patients/${id}/channel`, { channel: 'paper' }, { headers: { 'if-match': '"1"' } });
    expect([stale.status, stale.body.code]).toEqual([412, 'version-changed']);
    expect((await service.get('gp', `/v1/patients/${id}`)).body.channel).toBe('phone');
  });

  test('the demo outbox says what waits for what, and which channels were tried', async () => {
    const { referralId } = await carried('phone');
    const answer = await service.get('gp', `/v1/demo/outbox?pathwayId=${referralId}`);
    expect(contract.findBrokenPromises('GET', '/v1/demo/outbox', answer)).toEqual([]);
    const message = answer.body.items.find(({ recipient }: { recipient: { type: string } }) => recipient.type === 'patient');
    expect(message).toMatchObject({
      status: 'in-hand',
      waitsFor: null,
      log: [{ attempt: 1, channel: 'phone', result: null, detail: null }],
    });
  });
});
