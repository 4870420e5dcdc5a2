/** Orders and a plan that come in a FHIR transaction about a stay: each entry is kept, held or taken back, and the answer says which. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { medicationRequest, stayTransaction } from '../../support/builders/stay-transactions.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const newVisitNumber = () => `V-${randomUUID().slice(0, 8)}`;
const subjectOf = (patientId: string) => ({ identifier: { system: 'urn:carepath:patient', value: patientId } });
const post = (body: object) => service.post('gateway', '/fhir', body);

interface Order {
  id: string;
  kind: string;
  title: string;
  state: string;
  outcome: string | null;
  opensOn: string | null;
  dueOn: string | null;
  reviewReasons: string[];
  medicine: object | null;
}
async function episodeOf(visitNumber: string) {
  await deliverAll(service);
  const { items } = (await service.get('office', `/v1/episodes?visitNumber=${visitNumber}`)).body;
  expect(items).toHaveLength(1);
  return items[0] as {
    id: string;
    status: string;
    version: number;
    plan: { state: string; template: string | null };
    orders: Order[];
    duties: { duty: string; state: string }[];
  };
}
const stay = async (over: Partial<Parameters<typeof stayTransaction>[0]> = {}) => {
  const patientId = await newResident(service);
  const visitNumber = newVisitNumber();
  return { subject: subjectOf(patientId), visitNumber, ...over };
};

test('a medicine of somebody who is discharged becomes an order of the episode, with the words as they were written', async () => {
  const named = await stay();
  const body = stayTransaction({ ...named, status: 'finished', beside: [medicationRequest(named.subject, 'M1')] });
  const answer = await post(body);
  expect([answer.status, answer.body.entry.map(({ response }: { response: { status: string } }) => response.status)]).toEqual([
    200,
    ['201 Created', '201 Created'],
  ]);
  const episode = await episodeOf(named.visitNumber);
  expect(episode.orders).toMatchObject([{ kind: 'medicine', title: '呋塞米片', medicine: { unit: '片', perDay: 1, supplyDays: 14 } }]);
  expect(episode.duties).toMatchObject([{ duty: 'plan', state: 'open' }, {}, {}, {}, {}]);
});
