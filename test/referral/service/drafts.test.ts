/** Drafts: changed before they are sent, and sent with the consent of the patient only. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, startOf } from '../../../domain/time/local-date.ts';
import { followUpsOn, offTarget, today } from '../../support/builders/enrolments.ts';
import { newResident } from '../../support/builders/facts.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { expectAgreement } from '../../support/oracles/agreement.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const consent = { given: true, recordedAt: '2026-01-01T00:00:00Z' };

const patch = (account: string, id: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  service.call(account, 'PATCH', `/v1/referrals/${id}`, { body, headers });
const send = (id: string, body: unknown = {}): Promise<Answer> => service.post('gp', `/v1/referrals/${id}/send-referral-package`, body);

async function draft(over: Record<string, unknown> = {}): Promise<string> {
  const { consent: _, ...form } = await newReferral(service);
  const created = await service.post('gp', '/v1/referrals', { ...form, draft: true, ...over });
  expect([created.status, created.body.status]).toEqual([201, 'draft']);
  return created.body.id;
}
const outcomeOf = ({ status, body }: Answer) => [status, body.code ?? body.status, body.errors?.[0]?.path].filter(Boolean);

test('a draft is changed by its writer’s institution, and by nobody else and at no other time', async () => {
  const id = await draft();
  const changed = await patch('gp', id, {
    urgency: 'same-day',
    toInstitutionId: 'inst-h2',
    toDepartmentId: 'dept-h2-cardiology',
    reason: '血压 168/102，请会诊',
    summary: '服药 3 种',
  });
  expect(changed.body).toMatchObject({
    status: 'draft',
    version: 2,
    urgency: 'same-day',
    reason: '血压 168/102，请会诊',
    summary: '服药 3 种',
  });
  expect(changed.headers.get('etag')).toBe('"2"');
  const tasks = await service.get('gp', `/v1/worklist?kind=send-referral&patientId=${changed.body.patientId}`);
  expect(tasks.body.items.filter(({ subject }: { subject: { id: string } }) => subject.id === id)).toMatchObject([{ urgency: 'same-day' }]);
  expect(outcomeOf(await patch('gp', id, { reason: '又一次' }, { 'if-match': '"1"' }))).toEqual([412, 'version-changed']);
  for (const [body, path] of [
    [{ toInstitutionId: 'inst-c01' }, 'toInstitutionId'],
    [{ toInstitutionId: 'inst-c02' }, 'toInstitutionId'],
    [{ toInstitutionId: 'inst-h1', toDepartmentId: 'dept-h2-cardiology' }, 'toDepartmentId'],
    [{ urgency: 'soon' }, 'urgency'],
    [{ patientId: 'patient-0001' }, 'patientId'],
    [{ consent: { given: true, recordedAt: '2199-01-01T00:00:00Z' } }, 'consent.recordedAt'],
    [{}, ''],
  ] as const) {
    const refused = await patch('gp', id, body);
    expect([refused.status, refused.body.errors?.[0]?.path]).toEqual([422, path]);
  }
  for (const account of ['specialist', 'office', 'gp2'])
    expect(outcomeOf(await patch(account, id, { reason: '改' }))).toEqual([404, 'not-found']);
  expect((await patch('nurse', id, { consent })).body.consent).toMatchObject({ given: true });

  expect(outcomeOf(await send(id))).toEqual([200, 'received']);
  const [late] = [await patch('gp', id, { reason: '晚了' })];
  expect([late.status, late.body.code, late.body.state]).toEqual([409, 'transition-not-allowed', 'received']);
  const { body: sent } = await service.get('gp', `/v1/referrals/${id}`);
  expect(sent.legs).toMatchObject([{ institutionId: 'inst-h2', departmentId: 'dept-h2-cardiology' }]);
  const { body: timeline } = await service.get('gp', `/v1/referrals/${id}/timeline`);
  expect(timeline.items.map(({ event }: { event: string }) => event)).toEqual([
    'create',
    'edit-draft',
    'edit-draft',
    'send-referral-package',
  ]);
  await expectAgreement(service, id);
});

test('no referral leaves without consent, however it is asked for; an emergency does', async () => {
  const { consent: _, ...form } = await newReferral(service);
  expect(outcomeOf(await service.post('gp', '/v1/referrals', form))).toEqual([422, 'invalid-request', 'consent']);
  const id = await draft();
  expect(outcomeOf(await send(id))).toEqual([409, 'consent-missing']);
  expect(outcomeOf(await send(id, { consent: { ...consent, given: false } }))).toEqual([409, 'consent-missing']);
  expect((await service.get('gp', `/v1/referrals/${id}`)).body).toMatchObject({ status: 'draft', consent: null });
  expect(outcomeOf(await patch('gp', id, { consent: { ...consent, given: false } }))).toEqual([200, 'draft']);
  expect(outcomeOf(await send(id))).toEqual([409, 'consent-missing']);
  const sent = await send(id, { consent });
  expect(sent.body).toMatchObject({ status: 'received', consent: { given: true } });
  expect(sent.body.clocks.map(({ name }: { name: string }) => name)).toEqual(['received']);

  // Consent that was given and is taken back keeps the referral where it is.
  const unwilling = await draft({ consent });
  expect(outcomeOf(await patch('gp', unwilling, { consent: { ...consent, given: false } }))).toEqual([200, 'draft']);
  expect(outcomeOf(await send(unwilling))).toEqual([409, 'consent-missing']);

  const urgent = await draft({ emergency: true });
  expect(outcomeOf(await patch('gp', urgent, { urgency: 'routine' }))).toEqual([422, 'invalid-request', 'urgency']);
  const gone = await send(urgent);
  expect(gone.body).toMatchObject({ status: 'received', consent: null });
  expect(gone.body.clocks.map(({ name }: { name: string }) => name)).toContain('consent');
});

test('a PATCH with a key is answered the same again', async () => {
  const id = await draft();
  const first = await patch('gp', id, { reason: '同一次' }, { 'idempotency-key': 'draft-once' });
  const again = await patch('gp', id, { reason: '同一次' }, { 'idempotency-key': 'draft-once' });
  expect([again.status, again.body.version, again.headers.get('idempotency-replayed')]).toEqual([200, first.body.version, 'true']);
});

test('a draft that a visit has started tells of every disease off target, and takes the consent of a later form', async () => {
  const followUps = followUpsOn(() => service);
  const patientId = await newResident(service);
  for (const protocol of ['htn-2017', 't2dm-2017']) await followUps.enrol(protocol, patientId, { startedOn: addDays(today(), -40) });
  const see = (daysAgo: number, more: object = {}) =>
    service.post('gp', `/v1/patients/${patientId}/visits`, {
      visitedAt: new Date(startOf(addDays(today(), -daysAgo)) + 12 * 3_600_000).toISOString(),
      mode: 'clinic',
      form: { ...offTarget, medications: [{ name: '氨氯地平', dose: '5 mg', timesPerDay: 1 }] },
      ...more,
    });
  const first = await see(20);
  expect([first.status, first.body.errors, first.body.referral]).toEqual([201, undefined, null]);
  const { body } = await see(6);
  expect(body.referral).toMatchObject({ status: 'draft', urgency: 'routine' });
  const readDraft = async () => (await service.get('gp', `/v1/referrals/${body.referral.id}`)).body;
  await expect.poll(async () => (await readDraft()).status, { timeout: 30_000 }).toBe('draft');
  const { summary } = await readDraft();
  expect(summary).toMatchObject({
    diseases: [
      { code: 'hypertension', lastValues: [{ value: '156/94', overTarget: true }, {}], offTargetSince: addDays(today(), -20) },
      { code: 'diabetes', zh: '2型糖尿病', lastValues: [{ kind: 'fasting-glucose', value: 8.2 }, {}] },
    ],
    medicines: ['氨氯地平 5 mg 每日 1 次'],
    text: expect.stringContaining('高血压自'),
  });
  expect((await patch('gp', body.referral.id, { summary: '请会诊' })).body.summary).toEqual({ ...summary, text: '请会诊' });
  expect(outcomeOf(await send(body.referral.id))).toEqual([409, 'consent-missing']);

  expect((await see(1, { consent: { ...consent, given: false } })).status).toBe(201);
  expect((await see(0, { visitedAt: new Date().toISOString(), consent })).status).toBe(201);
  await expect.poll(async () => (await readDraft()).consent, { timeout: 30_000 }).toMatchObject({ given: true });
  expect(outcomeOf(await send(body.referral.id))).toEqual([200, 'received']);
});
