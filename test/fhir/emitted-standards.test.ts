/** Whatever a referral has been through and whoever reads it: what leaves as FHIR and as HL7 v2 is valid for two validators each, and tells no more than the API. */
import type { Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliverAll, newFact, newResident, postFact } from '../support/builders/facts.ts';
import * as his from '../support/builders/hl7v2.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { complaintsOf as complaintsOfFhir } from '../support/oracles/fhir-validators.ts';
import { complaintsOf as complaintsOfHl7 } from '../support/oracles/hl7v2-validators.ts';
import { accountOf, bodyOf, findShortestWay, states } from '../support/oracles/transition-table.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Json = any;
type Step = [account: string, trigger: string, body?: object];

const plan = { 用药: ['氨氯地平 5 mg', '每日一次'], 目标: '< 140/90 mmHg & 无症状', 复诊天数: 30, 自测: true };
const onward: Step = [
  'specialist',
  'refer-onward',
  { toInstitutionId: 'inst-h2', toDepartmentId: 'dept-h2-neurology', reason: '专科在二院' },
];
const accept: Step = ['specialist', 'send-acceptance'];
const schedule: Step = ['specialist', 'schedule-visit'];

async function sent(form: object = {}, account = 'gp'): Promise<{ id: string; patientId: string }> {
  const patientId = await newResident(service);
  const whole = await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' });
  const { status, body } = await service.post(account, '/v1/referrals', { ...whole, ...form });
  expect([status, body]).toMatchObject([201, {}]);
  return { id: body.id, patientId };
}

async function went(id: string, ...steps: Step[]): Promise<void> {
  for (const [account, trigger, body = bodyOf(trigger)] of steps)
    expect([trigger, (await service.post(account, `/v1/referrals/${id}/${trigger}`, body)).status]).toEqual([trigger, 200]);
}

async function told(patientId: string, fact: object): Promise<void> {
  expect((await postFact(service, newFact({ patientId, ...fact }))).status).toBe(202);
  await deliverAll(service);
}

const down = { direction: 'down', toInstitutionId: 'inst-c01', toDepartmentId: undefined, managementPlan: plan };

const stories: [what: string, write: () => Promise<string>][] = [
  ...states.map((state): [string, () => Promise<string>] => [
    state,
    async () => {
      const { id } = await sent({ draft: true });
      await went(id, ...findShortestWay(state).map(({ actor, trigger }): Step => [accountOf(actor), trigger]));
      return id;
    },
  ]),
  ['an emergency without consent', async () => (await sent({ emergency: true, consent: undefined })).id],
  [
    'an emergency whose consent came later',
    async () => {
      const { id } = await sent({ emergency: true, consent: undefined, summary: '突发胸痛 | 2 小时^&~\\\n第二行' });
      await went(id, ['gp', 'record-consent', { consent: { given: true, recordedAt: '2026-01-02T00:00:00Z' } }]);
      return id;
    },
  ],
  ['a draft down', async () => (await sent({ ...down, draft: true }, 'specialist')).id],
  ['down, its plan in parts', async () => (await sent(down, 'specialist')).id],
  [
    'down, followed up and reviewed',
    async () => {
      const { id } = await sent(down, 'specialist');
      await went(id, ['gp', 'send-acceptance'], ['gp', 'send-outcome', { outcome: '血压 128/78' }], ['specialist', 'review-result']);
      return id;
    },
  ],
  [
    'referred onward, and accepted there',
    async () => {
      const { id } = await sent({ summary: '𠮷、䶮：既往史' });
      await went(id, accept, schedule, onward, ['specialist2', 'send-acceptance']);
      return id;
    },
  ],
  [
    'asked back and answered',
    async () => {
      const { id } = await sent();
      await went(id, ['specialist', 'request-information', { question: '心电图?' }], ['gp', 'answer-information', { answer: '已上传' }]);
      return id;
    },
  ],
  [
    'that nobody answered',
    async () => {
      const { id } = await sent();
      expect((await service.fastForward(id, 'P15D')).status).toBe(200);
      return id;
    },
  ],
  [
    'reopened',
    async () => {
      const { id } = await sent();
      await went(id, ['specialist', 'send-decline'], ['gp', 'review-result'], ['gp', 'reopen', { reason: '病情变化' }]);
      return id;
    },
  ],
  [
    'of a patient whose record was merged',
    async () => {
      const { id, patientId } = await sent();
      await told(patientId, { type: 'patients-merged', survivorPatientId: await newResident(service) });
      return id;
    },
  ],
  [
    'of a patient who moved before a visit',
    async () => {
      const { id, patientId } = await sent();
      await went(id, accept, schedule);
      await told(patientId, { type: 'patient-moved', homeInstitutionId: 'inst-c02' });
      return id;
    },
  ],
  [
    'of a patient who died',
    async () => {
      const { id, patientId } = await sent();
      await told(patientId, { type: 'patient-died' });
      return id;
    },
  ],
  [
    'that came by HL7 v2',
    async () => {
      const centre = await his.hisOf(service, 'inst-c01');
      const patient = `${await newResident(service)}^^^CAREPATH^PI`;
      const parts = { from: 'inst-c01', to: 'inst-h1', patient, person: '', number: his.newNumber() };
      const answer = his.read(await centre.send(his.request(parts)));
      expect(answer.code).toBe('AA');
      return answer.referralId as string;
    },
  ],
];

/** Both sides, the next hospital, the next centre, and who reads everything. */
const readers = ['gp', 'gp2', 'specialist', 'specialist2', 'office'];

describe.each(stories)('a referral %s', (_, write) => {
  test('is valid for everybody who may read it, and for nobody else', async () => {
    const id = await write();
    let messages = 0;
    for (const reader of readers) {
      const seen = await service.get(reader, `/v1/referrals/${id}`);
      const [request, task] = await Promise.all([
        service.get(reader, `/fhir/ServiceRequest/${id}`),
        service.get(reader, `/fhir/Task/${id}`),
      ]);
      const hl7v2 = await service.get(reader, `/v1/referrals/${id}/hl7v2`);
      expect([request.status, task.status, hl7v2.status], reader).toEqual([seen.status, seen.status, seen.status]);
      for (const { body } of [request, task]) expect(complaintsOfFhir(body as Resource), reader).toEqual([]);
      if (seen.status !== 200) continue;
      expect(request.body.reasonCode?.[0].text ?? null, reader).toBe(seen.body.reason);
      expect(request.body.note?.[0].text ?? null, reader).toBe(seen.body.summary);
      const contained = (type: string) => request.body.contained?.some(({ resourceType }: Json) => resourceType === type) ?? false;
      expect([contained('Consent'), contained('CarePlan')], reader).toEqual([!!seen.body.consent, !!seen.body.managementPlan]);
      expect(task.body.executionPeriod?.start ?? null, reader).toBe(seen.body.appointment?.startsAt ?? null);
      expect(task.body.statusReason?.text ?? null, reader).toBe(seen.body.statusReason);
      for (const { message } of hl7v2.body.items) {
        messages += 1;
        expect(complaintsOfHl7(message), message).toEqual([]);
        if (seen.body.reason === null) expect(message).not.toContain('请会诊');
      }
    }
    const { sentAt } = (await service.get('gp', `/v1/referrals/${id}`)).body;
    expect(messages > 0).toBe(sentAt !== null && sentAt !== undefined);
  });
});

test('each message names the department that was asked at the time', async () => {
  const { id } = await sent();
  await went(id, onward);
  const asked = async (reader: string) =>
    (await service.get(reader, `/v1/referrals/${id}/hl7v2`)).body.items.map(
      ({ message }: Json) => /\rOBR\|1\|[^|]*\|[^|]*\|(\w+)/.exec(message)?.[1],
    );
  expect(await asked('gp')).toEqual(['cardiology', 'neurology']);
});
