/** The alliance's extensions through the service: sent on, rerouted, asked back, reopened, doubled; and what bad input is told. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inDays } from '../../support/builders/appointment-times.ts';
import { actOnReferral, createReferral, extensionBodies, walkReferral } from '../../support/builders/referral-steps.ts';
import { type NewReferral, newReferral } from '../../support/builders/referrals.ts';
import { expectAgreement } from '../../support/oracles/agreement.ts';
import { contentsOf } from '../../support/oracles/contents.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const HOUR = 3_600_000;

const refused = (code: string, state: string | null) => ({ status: 409, code, state });

describe('refer-onward', () => {
  const live: [string, [string, string][]][] = [
    ['received', []],
    ['accepted', [['specialist', 'send-acceptance']]],
    [
      'scheduled',
      [
        ['specialist', 'send-acceptance'],
        ['specialist', 'schedule-visit'],
      ],
    ],
    [
      'no-show',
      [
        ['specialist', 'send-acceptance'],
        ['specialist', 'schedule-visit'],
        ['specialist', 'report-no-show'],
      ],
    ],
    [
      'appointment cancelled',
      [
        ['specialist', 'send-acceptance'],
        ['specialist', 'schedule-visit'],
        ['specialist', 'cancel-appointment'],
      ],
    ],
    [
      'noted',
      [
        ['specialist', 'send-acceptance'],
        ['specialist', 'send-interim-note'],
      ],
    ],
  ];
  test.each(live)('from %s begins a new leg at the next institution; the former one reads its leg and may act no more', async (_, way) => {
    const id = await createReferral(service);
    await walkReferral(service, id, ...way);
    const onward = await actOnReferral(service, 'specialist', id, 'refer-onward', extensionBodies['refer-onward']);
    expect(onward.status).toBe(200);
    expect(onward.body).toMatchObject({
      status: 'received',
      businessStatus: '2.0',
      allowed: [],
      legs: [{ institutionId: 'inst-h1', endReason: 'referred-onward' }],
    });
    expect((await actOnReferral(service, 'specialist', id, 'send-acceptance')).body).toMatchObject({
      status: 409,
      code: 'not-current-recipient',
    });
    const seen = await service.get('specialist2', `/v1/referrals/${id}`);
    expect(seen.body).toMatchObject({
      status: 'received',
      appointment: null,
      legs: [{ n: 1 }, { n: 2, institutionId: 'inst-h2', to: null }],
    });
    expect(seen.body.clocks[0]).toMatchObject({ name: 'received', budgetSeconds: 86_400, owner: { institutionId: 'inst-h2' } });
    await expectAgreement(service, id);
  });
  test('to an institution that was asked before, or to the initiator, is refused', async () => {
    const id = await createReferral(service);
    await walkReferral(service, id, ['specialist', 'refer-onward']);
    expect(
      (await actOnReferral(service, 'specialist2', id, 'refer-onward', { toInstitutionId: 'inst-h1', reason: '退回' })).body,
    ).toMatchObject(refused('institution-already-asked', 'received'));
    expect((await actOnReferral(service, 'specialist2', id, 'refer-onward', { toInstitutionId: 'inst-c05', reason: '错' })).status).toBe(
      422,
    );
  });
  test('by the initiator, on a requested cancellation or on an ended referral is refused', async () => {
    const id = await createReferral(service);
    expect((await actOnReferral(service, 'gp', id, 'refer-onward', extensionBodies['refer-onward'])).body).toMatchObject(
      refused('transition-not-allowed', 'received'),
    );
    await walkReferral(service, id, ['gp', 'request-cancellation']);
    expect((await actOnReferral(service, 'specialist', id, 'refer-onward', extensionBodies['refer-onward'])).body).toMatchObject(
      refused('transition-not-allowed', 'in-progress/5.2'),
    );
    await walkReferral(service, id, ['specialist', 'confirm-cancellation']);
    expect((await actOnReferral(service, 'specialist', id, 'refer-onward', extensionBodies['refer-onward'])).body).toMatchObject(
      refused('transition-not-allowed', 'cancelled'),
    );
  });
});

describe('reroute by the alliance office', () => {
  test('asks the next institution of the list, or the one it names; nobody else may', async () => {
    const id = await createReferral(service);
    expect((await actOnReferral(service, 'gp', id, 'reroute', {})).status).toBe(403);
    expect((await actOnReferral(service, 'office', id, 'reroute', {})).body).toMatchObject({ status: 'received' });
    expect((await actOnReferral(service, 'office', id, 'reroute', { toInstitutionId: 'inst-h3' })).body).toMatchObject({
      legs: [{}, { institutionId: 'inst-h2' }, { institutionId: 'inst-h3' }],
    });
    expect((await actOnReferral(service, 'office', id, 'reroute', {})).body).toMatchObject(refused('transition-not-allowed', 'received'));
    await expectAgreement(service, id);
  });
  test('not of an accepted referral and not of an emergency', async () => {
    const accepted = await createReferral(service);
    await walkReferral(service, accepted, ['specialist', 'send-acceptance']);
    expect((await actOnReferral(service, 'office', accepted, 'reroute', {})).body).toMatchObject(
      refused('transition-not-allowed', 'accepted'),
    );
    expect((await actOnReferral(service, 'office', await createReferral(service, { emergency: true }), 'reroute', {})).body).toMatchObject(
      refused('transition-not-allowed', 'received'),
    );
  });
});

describe('a question to the initiator', () => {
  test('stops the recipient’s clock and starts the initiator’s; the answer lets it go on where it stood', async () => {
    const id = await createReferral(service);
    await service.fastForward(id, 'PT6H');
    const asked = await actOnReferral(service, 'specialist', id, 'request-information', extensionBodies['request-information']);
    expect(asked.body).toMatchObject({ status: 'received', informationRequest: { question: '请补充心电图' } });
    const names = asked.body.clocks.map((clock: { name: string; dueAt: string | null }) => [clock.name, clock.dueAt === null]);
    expect(names).toEqual([
      ['received', true],
      ['information', false],
    ]);
    expect(
      (await actOnReferral(service, 'specialist', id, 'request-information', extensionBodies['request-information'])).body,
    ).toMatchObject(refused('transition-not-allowed', 'received'));
    await service.fastForward(id, 'PT10H');
    const answered = await actOnReferral(service, 'gp', id, 'answer-information', extensionBodies['answer-information']);
    expect(answered.body).toMatchObject({ informationRequest: null, status: 'received' });
    const [clock] = answered.body.clocks;
    expect((Date.parse(clock.dueAt) - Date.parse(answered.body.sentAt)) / HOUR).toBeCloseTo(34, 1);
    expect(clock.elapsedSeconds / 3_600).toBeCloseTo(6, 1);
    expect((await actOnReferral(service, 'gp', id, 'answer-information', extensionBodies['answer-information'])).body).toMatchObject(
      refused('transition-not-allowed', 'received'),
    );
    await service.fastForward(id, 'PT6H30M');
    const { body } = await service.get('gp', `/v1/referrals/${id}/timeline`);
    const rungs = body.items
      .filter((item: { event: string }) => item.event === 'rung-50')
      .map((item: { happenedAt: string }) => (Date.parse(item.happenedAt) - Date.parse(answered.body.sentAt)) / HOUR);
    expect(rungs).toEqual([expect.closeTo(22, 1)]);
    await expectAgreement(service, id);
  });
  test('is moot after any change of state, and the clock that runs on goes on', async () => {
    const id = await createReferral(service);
    await walkReferral(service, id, ['specialist', 'request-information']);
    const accepted = await actOnReferral(service, 'specialist', id, 'send-acceptance');
    expect(accepted.body).toMatchObject({ status: 'accepted', informationRequest: null });
    expect(accepted.body.clocks.map((clock: { name: string; dueAt: string | null }) => [clock.name, clock.dueAt !== null])).toEqual([
      ['received', true],
    ]);
  });
  test('is not asked in an emergency, by the wrong side, of a no-show or of an ended referral', async () => {
    const emergency = await createReferral(service, { emergency: true });
    expect(
      (await actOnReferral(service, 'specialist', emergency, 'request-information', extensionBodies['request-information'])).body,
    ).toMatchObject(refused('transition-not-allowed', 'received'));
    const id = await createReferral(service);
    expect((await actOnReferral(service, 'gp', id, 'request-information', extensionBodies['request-information'])).body).toMatchObject(
      refused('transition-not-allowed', 'received'),
    );
    await walkReferral(service, id, ['specialist', 'send-acceptance'], ['specialist', 'schedule-visit'], ['specialist', 'report-no-show']);
    expect((await actOnReferral(service, 'specialist', id, 'request-information', extensionBodies['request-information'])).status).toBe(
      409,
    );
    await walkReferral(service, id, ['specialist', 'send-decline']);
    expect((await actOnReferral(service, 'specialist', id, 'request-information', extensionBodies['request-information'])).status).toBe(
      409,
    );
  });
});

describe('reopen', () => {
  const endings: [string, [string, string][], string, string][] = [
    [
      'completed and reviewed',
      [
        ['specialist', 'send-acceptance'],
        ['specialist', 'send-outcome'],
        ['gp', 'review-result'],
      ],
      'accepted',
      'accepted',
    ],
    ['rejected', [['specialist', 'send-decline']], 'received', 'received'],
    ['cancelled', [['gp', 'withdraw']], 'received', 'received'],
  ];
  test.each(endings)('%s, by either side within seven days; it clears the review', async (_, way, status, clock) => {
    for (const account of ['gp', 'specialist']) {
      const id = await createReferral(service);
      await walkReferral(service, id, ...way);
      await service.fastForward(id, 'P6DT23H');
      const reopened = await actOnReferral(service, account, id, 'reopen', extensionBodies.reopen);
      expect(reopened.body).toMatchObject({ status, reviewedAt: null, closedAt: null, legs: [{ to: null, endReason: null }] });
      expect(reopened.body.clocks[0]).toMatchObject({ name: clock, budgetSeconds: 86_400 });
      await expectAgreement(service, id);
    }
  });
  test.each(endings)('%s, not after seven days', async (_, way) => {
    const id = await createReferral(service);
    await walkReferral(service, id, ...way);
    await service.fastForward(id, 'P7DT1M');
    expect((await actOnReferral(service, 'gp', id, 'reopen', extensionBodies.reopen)).body).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
    });
  });
  test('not what nobody answered, not a draft that was withdrawn, not what is open', async () => {
    const unanswered = await createReferral(service);
    await service.fastForward(unanswered, 'P4D');
    expect((await actOnReferral(service, 'gp', unanswered, 'reopen', extensionBodies.reopen)).body).toMatchObject(
      refused('transition-not-allowed', 'rejected'),
    );
    const draft = await createReferral(service, { draft: true });
    await walkReferral(service, draft, ['gp', 'withdraw']);
    expect((await actOnReferral(service, 'gp', draft, 'reopen', extensionBodies.reopen)).body).toMatchObject(
      refused('transition-not-allowed', 'cancelled'),
    );
    expect((await actOnReferral(service, 'gp', await createReferral(service), 'reopen', extensionBodies.reopen)).body).toMatchObject(
      refused('transition-not-allowed', 'received'),
    );
  });
});

describe('a second open referral of a patient to the same department', () => {
  test('is refused unless a reason overrides it or it replaces the first; nothing of it stays', async () => {
    const { overrideReason: _, ...form } = await newReferral(service, { patientId: 'patient-0015', toDepartmentId: 'dept-h1-nephrology' });
    const first = await service.post('gp', '/v1/referrals', form);
    expect(first.status).toBe(201);
    const listed = async () => (await service.get('gp', '/v1/referrals?patientId=patient-0015&limit=200')).body.items.length;
    const before = await listed();
    const second = await service.post('gp', '/v1/referrals', form);
    expect(second.body).toMatchObject({ status: 409, code: 'open-referral-exists' });
    expect(await listed()).toBe(before);
    expect((await service.post('gp', '/v1/referrals', { ...form, toDepartmentId: 'dept-h1-neurology' })).status).toBe(201);
    expect((await service.post('gp', '/v1/referrals', { ...form, replaces: first.body.id })).status).toBe(201);
    expect((await service.post('gp', '/v1/referrals', { ...form, overrideReason: '另一病情' })).status).toBe(201);
    expect((await service.post('gp', '/v1/referrals', { ...form, replaces: '00000000-0000-7000-8000-000000000000' })).status).toBe(422);
  });
  test('at once from two: one stands', async () => {
    const { overrideReason: _, ...form } = await newReferral(service, { patientId: 'patient-0014', toDepartmentId: 'dept-h1-nephrology' });
    const answers = await Promise.all([1, 2, 3].map(() => service.post('gp', '/v1/referrals', form)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });
});

describe('bad input is answered with its place, and nothing of it is written', () => {
  test('a slot that has begun, an appointment in the past, one that ends before it begins', async () => {
    const slotId = (
      await service.post('specialist', '/v1/slots', {
        departmentId: 'dept-h1-cardiology',
        startsAt: new Date(Date.now() + 2 * HOUR).toISOString(),
        endsAt: new Date(Date.now() + 3 * HOUR).toISOString(),
      })
    ).body.id;
    const id = await createReferral(service, { toDepartmentId: 'dept-h1-cardiology' });
    await walkReferral(service, id, ['specialist', 'send-acceptance']);
    expect((await service.fastForward(id, 'PT150M')).status).toBe(200); // on this pathway's clock the slot has begun
    const before = await contentsOf(service.db);
    const wrong: [object, string][] = [
      [{ slotId }, 'slotId'],
      [{ startsAt: '2001-01-01T00:00:00Z', endsAt: '2001-01-01T01:00:00Z' }, 'startsAt'],
      [{ startsAt: inDays(100, '01:00'), endsAt: inDays(100) }, 'endsAt'],
    ];
    for (const [body, place] of wrong) {
      const answer = await actOnReferral(service, 'specialist', id, 'schedule-visit', body);
      expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([422, 'invalid-request', place]);
    }
    expect(await contentsOf(service.db)).toEqual(before);
  });
  test('a down referral without its plan, an up referral without consent, one to oneself', async () => {
    const before = await contentsOf(service.db);
    const wrong: [string, Partial<NewReferral>, string][] = [
      ['specialist', { direction: 'down', toInstitutionId: 'inst-c01' }, 'managementPlan'],
      ['gp', { consent: { given: false, recordedAt: '2026-01-01T00:00:00Z' } }, 'consent'],
      ['gp', { toInstitutionId: 'inst-c01' }, 'toInstitutionId'],
    ];
    for (const [account, form, place] of wrong) {
      const answer = await service.post(account, '/v1/referrals', await newReferral(service, form));
      expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([422, 'invalid-request', place]);
    }
    expect(await contentsOf(service.db)).toEqual(before);
  });
});

test('what a post may not do is not shown to it as allowed', async () => {
  const id = await createReferral(service);
  const allowed = async (account: string) => (await service.get(account, `/v1/referrals/${id}`)).body.allowed;
  expect(await allowed('gp')).toEqual(['request-cancellation', 'withdraw']);
  expect(await allowed('specialist')).toContain('send-acceptance');
  for (const reader of ['nurse', 'auditor']) expect([reader, await allowed(reader)]).toEqual([reader, []]);
  expect(await allowed('office')).toEqual(['reroute']);
});
