/** IHE 360X as HL7 v2: each message means the same command as the API's, and what means nothing changes nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';
import * as his from '../support/hl7v2.ts';

let service: Service;
let centre: his.HisSystem;
let hospital: his.HisSystem;
beforeAll(async () => {
  service = await startService();
  centre = await his.hisOf(service, 'inst-c01');
  hospital = await his.hisOf(service, 'inst-h1');
});
afterAll(() => service?.stop());

const up = { from: 'inst-c01', to: 'inst-h1' };
const down = { from: 'inst-h1', to: 'inst-c01' };
const patient = 'patient-0001^^^CAREPATH^PI';

async function requested(over: Partial<his.RequestParts> = {}): Promise<{ id: string; number: string }> {
  const number = his.newNumber();
  const answer = his.read(await centre.send(his.request({ ...up, number, patient: newPatient(), ...over })));
  expect(answer).toMatchObject({ code: 'AA', errors: [] });
  return { id: answer.referralId as string, number };
}

let patients = 0;
/** A second open referral of one patient to one department would need a reason. */
const newPatient = (): string => `patient-${String((patients++ % 15) + 1).padStart(4, '0')}^^^CAREPATH^PI`;

test('a referral sent by HL7 v2 is one of the API, and is answered through the API', async () => {
  const { id } = await requested({ priority: 'A', reason: '血压\\T\\血糖' });
  const seen = await service.get('specialist', `/v1/referrals/${id}`);
  expect(seen.body).toMatchObject({ status: 'received', businessStatus: '2.0', urgency: 'same-day', reason: '血压&血糖', direction: 'up', initiator: { institutionId: 'inst-c01' } });
  expect((await service.post('specialist', `/v1/referrals/${id}/send-acceptance`, {})).status).toBe(200);
});
void [hospital, down, patient, describe];
