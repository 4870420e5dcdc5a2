/** One Idempotency-Key is one request: however often and however many at once, it happens once and everybody gets the same answer. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newResident } from '../support/builders/facts.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Contract, contractOf } from '../support/oracles/contract.ts';
import { testSeed } from '../support/seed.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let contract: Contract;
beforeAll(async () => {
  service = await startService();
  contract = await contractOf(service.app);
});
afterAll(() => service?.stop());

/** On a busy machine the answer may be "come back": whoever is told so comes back with the same key. */
async function post(account: string, path: string, body: unknown, key: string, headers: Record<string, string> = {}): Promise<Answer> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const answer = await service.post(account, path, body, { key, headers });
    expect(contract.findBrokenPromises('POST', path, answer)).toEqual([]);
    if (answer.status !== 202 || Date.now() > deadline) return answer;
  }
}

const isReplayed = ({ headers }: Answer): boolean => headers.get('idempotency-replayed') === 'true';
/** A new one for each test, so that the register does not take the patient for somebody who is there. */
let name = '';
beforeEach(() => {
  name = `赵𬱖${randomUUID()}`;
});
const newPatient = () => ({ name, birthDate: '1944-02-29', sex: 'male' });
const countOf = async (table: 'referral' | 'patient' | 'command' | 'decision') =>
  Number(
    (
      await service.db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
    ).count,
  );

async function referralTask(): Promise<{ id: string; taskId: string; at: string }> {
  const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
  const task = await service.db.selectFrom('task').select('id').where('pathway_id', '=', body.id).executeTakeFirstOrThrow();
  return { id: body.id, taskId: task.id, at: `/v1/referrals/${body.id}` };
}

test('whoever asks for a decided command that nobody has shown yet and whoever repeats its request read one and the same answer', async () => {
  const [body, key] = [await newReferral(service), randomUUID()];
  const created = await post('gp', '/v1/referrals', body, key);
  expect(created.status).toBe(201);
  // As after the death of the process that decided it: the outcome stands, no answer has been stored.
  const { id } = await service.db
    .updateTable('command')
    .set({ response_status: null, response_body: null })
    .where('pathway_id', '=', created.body.id)
    .returning('id')
    .executeTakeFirstOrThrow();
  const shown = await service.get('gp', `/v1/commands/${id}`);
  expect(shown.body).toMatchObject({ state: 'done', response: { status: 201, body: { id: created.body.id } } });
  expect((await service.get('gp', `/v1/commands/${id}`)).body).toEqual(shown.body);
  expect((await post('gp', '/v1/referrals', body, key)).body).toEqual(shown.body.response.body);
});

describe('50 equal POSTs at once: one of them happens, all get its answer', () => {
  const fifty = <T>(ask: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 50 }, ask));

  function expectOneAnswer(answers: Answer[], status: number): void {
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status));
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
    expect(answers.filter((answer) => !isReplayed(answer)).length).toBeLessThanOrEqual(1);
  }

  test('a new referral', async () => {
    const body = await newReferral(service);
    const [referrals, decisions] = [await countOf('referral'), await countOf('decision')];
    const key = randomUUID();
    const answers = await fifty(() => post('gp', '/v1/referrals', body, key));
    expectOneAnswer(answers, 201);
    expect([await countOf('referral'), await countOf('decision')]).toEqual([referrals + 1, decisions + 1]);
    expect(await service.db.selectFrom('command').select('id').where('idempotency_key', '=', key).execute()).toHaveLength(1);
  });

  test('a new patient', async () => {
    const patients = await countOf('patient');
    const key = randomUUID();
    expectOneAnswer(await fifty(() => post('gp', '/v1/patients', newPatient(), key)), 201);
    expect(await countOf('patient')).toBe(patients + 1);
  });

  test('an acceptance', async () => {
    const { id, at } = await referralTask();
    const key = randomUUID();
    expectOneAnswer(await fifty(() => post('specialist', `${at}/send-acceptance`, {}, key)), 200);
    const decided = await service.db
      .selectFrom('timeline')
      .select('event')
      .where('pathway_id', '=', id)
      .where('event', '=', 'send-acceptance')
      .execute();
    expect(decided).toHaveLength(1);
  });

  test('a refusal of the pathway', async () => {
    const { at } = await referralTask();
    const key = randomUUID();
    expectOneAnswer(await fifty(() => post('specialist', `${at}/confirm-cancellation`, {}, key)), 409);
  });

  test('a claim', async () => {
    const { taskId } = await referralTask();
    const key = randomUUID();
    expectOneAnswer(await fifty(() => post('specialist', `/v1/tasks/${taskId}/claim`, {}, key)), 200);
  });

  test('a demonstration’s jump in time: one jump', async () => {
    const { id } = await referralTask();
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post('sysadmin', '/v1/demo/fast-forward', { pathwayId: id, duration: 'PT1H' }, key)),
    );
    expectOneAnswer(answers, 200);
    expect((Date.parse(answers[0]?.body.now) - Date.now()) / 3_600_000).toBeCloseTo(1, 1);
  });

  test('half with another body: one body wins, the others hear that the key was used', async () => {
    const bodies = await Promise.all([newReferral(service), newReferral(service, { urgency: 'urgent' })]);
    const referrals = await countOf('referral');
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => post('gp', '/v1/referrals', bodies[index % 2], key)));
    const won = answers.filter(({ status }) => status === 201);
    expect(won).toHaveLength(25);
    expect(new Set(won.map(({ body }) => body.id)).size).toBe(1);
    for (const { status, body } of answers) if (status !== 201) expect([status, body.code]).toEqual([422, 'idempotency-key-reused']);
    expect(await countOf('referral')).toBe(referrals + 1);
  });
});

describe('the first answer stays the answer', () => {
  test('whatever has happened since: the body is that of then', async () => {
    const { at } = await referralTask();
    const key = randomUUID();
    const first = await post('specialist', `${at}/send-acceptance`, {}, key);
    await service.post('specialist', `${at}/send-outcome`, { outcome: '治疗完成' });
    const again = await post('specialist', `${at}/send-acceptance`, {}, key);
    expect([again.status, again.body, isReplayed(first), isReplayed(again)]).toEqual([200, first.body, false, true]);
    expect(again.body.status).toBe('accepted');
  });

  test('a refusal too, although the state would allow it now', async () => {
    const { at } = await referralTask();
    const [path, body, key] = [`${at}/send-interim-note`, { note: '进展' }, randomUUID()];
    const refused = await post('specialist', path, body, key);
    expect([refused.status, refused.body.code]).toEqual([409, 'transition-not-allowed']);
    await service.post('specialist', `${at}/send-acceptance`, {});
    const again = await post('specialist', path, body, key);
    expect([again.status, again.body, isReplayed(again)]).toEqual([409, refused.body, true]);
    expect((await post('specialist', path, body, randomUUID())).status).toBe(200);
  });

  test('although its check would fail today: the appointment lies in the past by now', async () => {
    const { at, id } = await referralTask();
    await service.post('specialist', `${at}/send-acceptance`, {});
    const day = 86_400_000;
    const startsAt = new Date(Date.now() + day).toISOString();
    const endsAt = new Date(Date.now() + day + 3_600_000).toISOString();
    const key = randomUUID();
    const first = await post('specialist', `${at}/schedule-visit`, { startsAt, endsAt }, key);
    expect(first.status).toBe(200);
    expect((await service.fastForward(id, 'P2D')).status).toBe(200);
    const again = await post('specialist', `${at}/schedule-visit`, { startsAt, endsAt }, key);
    expect([again.status, again.body]).toEqual([200, first.body]);
  });

  test('of an enrolment too, when whoever asked first did not live to keep it', async () => {
    const body = { patientId: await newResident(service), protocol: 'htn-2017', startedOn: '2026-01-01' };
    const key = randomUUID();
    const first = await post('gp', '/v1/enrolments', body, key);
    expect(first.status).toBe(201);
    await service.db
      .updateTable('command')
      .set({ response_status: null, response_body: null })
      .where('pathway_id', '=', first.body.pathwayId)
      .execute();
    const again = await post('gp', '/v1/enrolments', body, key);
    expect([again.status, again.body.id, isReplayed(again)]).toEqual([201, first.body.id, true]);
  });

  test('in the language of then', async () => {
    const { at } = await referralTask();
    const key = randomUUID();
    const first = await post('specialist', `${at}/confirm-cancellation`, {}, key, { 'accept-language': 'en' });
    const again = await post('specialist', `${at}/confirm-cancellation`, {}, key, { 'accept-language': 'zh' });
    expect(again.body).toEqual(first.body);
  });
});

describe('what the same request is', () => {
  test('the order of the members and the blanks of a body do not matter', async () => {
    const key = randomUUID();
    const first = await post('gp', '/v1/patients', newPatient(), key);
    const { name, birthDate, sex } = newPatient();
    const again = await post(
      'gp',
      '/v1/patients',
      `{ "sex" : "${sex}",\n "birthDate":"${birthDate}", "name" : ${JSON.stringify(name)} }`,
      key,
    );
    expect([again.status, again.body, isReplayed(again)]).toEqual([201, first.body, true]);
  });

  test.each<[string, (first: { at: string; other: string }) => [path: string, body: unknown]]>([
    ['another body', ({ at }) => [`${at}/send-acceptance`, { patientId: 'patient-0001' }]],
    ['another trigger', ({ at }) => [`${at}/send-decline`, { reason: '专科已满' }]],
    ['another referral', ({ other }) => [`${other}/send-acceptance`, {}]],
    ['another kind of thing', () => ['/v1/patients', newPatient()]],
    ['the demo clock', ({ at }) => ['/v1/demo/fast-forward', { pathwayId: at.split('/')[3], duration: 'PT1S' }]],
  ])('the same key for %s: 422 idempotency-key-reused, and it does not happen', async (_, make) => {
    const [{ at }, { at: other }] = [await referralTask(), await referralTask()];
    const key = randomUUID();
    expect((await post('specialist', `${at}/send-acceptance`, {}, key)).status).toBe(200);
    const before = await contentsOf(service.db);
    const [path, body] = make({ at, other });
    const reused = await post('specialist', path, body, key);
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('the same key of another account is another key', async () => {
    const key = randomUUID();
    const [one, two] = [
      await post('gp', '/v1/patients', newPatient(), key),
      await post('nurse', '/v1/patients', { ...newPatient(), name: '另一位' }, key),
    ];
    expect([one.status, two.status, isReplayed(two)]).toEqual([201, 201, false]);
    expect(two.body.id).not.toBe(one.body.id);
  });

  test.each(['k', '!'.repeat(200), `~${'a-Z_0.9:/?#'.repeat(10)}`])('any 1 to 200 visible ASCII characters are a key: %s', async (key) => {
    expect((await post('pharmacist', '/v1/tasks/0199a000-0000-7000-8000-000000000000.c1-none/claim', {}, key)).status).toBe(404);
    expect((await post('desk', '/v1/patients', newPatient(), key)).status).toBe(201);
  });
});

describe('a 4xx given before the command was stored leaves the key unused', () => {
  test.each<[string, unknown, number]>([
    ['a wrong field', { ...newPatient(), sex: 'x' }, 422],
    ['no JSON', '{', 400],
    ['too much', { ...newPatient(), name: 'x'.repeat(300_000) }, 413],
    ['not one’s own centre', { ...newPatient(), homeInstitutionId: 'inst-c02' }, 422],
  ])('%s', async (_, wrong, status) => {
    const key = randomUUID();
    expect((await post('gp', '/v1/patients', wrong, key)).status).toBe(status);
    const right = await post('gp', '/v1/patients', newPatient(), key);
    expect([right.status, isReplayed(right)]).toEqual([201, false]);
  });

  test('not visible, not allowed, taken by somebody else', async () => {
    const { taskId } = await referralTask();
    const key = randomUUID();
    expect((await post('gp2', `/v1/tasks/${taskId}/claim`, {}, key)).status).toBe(404);
    expect((await post('desk', `/v1/tasks/${taskId}/claim`, {}, key)).status).toBe(403);
    await service.post('specialist', `/v1/tasks/${taskId}/claim`, {});
    expect((await post('head', `/v1/tasks/${taskId}/claim`, {}, key)).status).toBe(409);
    await service.post('specialist', `/v1/tasks/${taskId}/release`, {});
    const claimed = await post('head', `/v1/tasks/${taskId}/claim`, {}, key);
    expect([claimed.status, isReplayed(claimed)]).toEqual([200, false]);
  });

  test('fifty wrong ones at once: fifty times 422, no row', async () => {
    const key = randomUUID();
    const before = await contentsOf(service.db);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post('gp', '/v1/patients', { ...newPatient(), homeInstitutionId: 'inst-c02' }, key)),
    );
    expect(answers.every(({ status }) => status === 422)).toBe(true);
    expect(await contentsOf(service.db)).toEqual(before);
  });
});

const seed = testSeed;

test(`few keys, many requests, all at once: each key happens at most once and has one answer (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const ask = fc.record({ key: fc.nat(3), name: fc.nat(1), account: fc.constantFrom('gp', 'nurse') });
  const property = fc.asyncProperty(fc.array(ask, { minLength: 2, maxLength: 25 }), async (asks) => {
    const round = randomUUID();
    const patients = await countOf('patient');
    const answers = await Promise.all(
      asks.map(({ key, name, account }) =>
        post(account, '/v1/patients', { ...newPatient(), name: `病人${round}${account}${key}${name}` }, `${round}-${key}`),
      ),
    );
    const groups = Map.groupBy(
      asks.map((asked, index) => ({ ...asked, answer: answers[index] as Answer })),
      ({ account, key }) => `${account} ${key}`,
    );
    for (const group of groups.values()) {
      const done = group.filter(({ answer }) => answer.status === 201);
      expect(new Set(done.map(({ answer }) => answer.body.id)).size).toBe(1);
      expect(new Set(done.map(({ name }) => name)).size).toBe(1);
      expect(done.filter(({ answer }) => !isReplayed(answer)).length).toBeLessThanOrEqual(1);
      for (const { name, answer } of group)
        if (answer.status !== 201)
          expect([answer.status, answer.body.code, name !== done[0]?.name]).toEqual([422, 'idempotency-key-reused', true]);
    }
    expect(await countOf('patient')).toBe(patients + groups.size);
  });
  await fc.assert(property, { seed, numRuns: 15 });
});
