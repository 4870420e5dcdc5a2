/** Orders and a plan that come in a FHIR transaction about a stay: each entry is kept, held or taken back, and the answer says which. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { medicationRequest, orderedService, stayTransaction } from '../../support/builders/stay-transactions.ts';
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
  // The discharge was at ten yesterday, so by the time of the day the plan is overdue already.
  expect(episode.duties).toMatchObject([{ duty: 'plan', state: expect.stringMatching(/^(open|overdue)$/) }, {}, {}, {}, {}]);
});

const statusesOf = ({ body }: { body: { entry: { response: { status: string } }[] } }) => body.entry.map(({ response }) => response.status);

test('a transaction that nobody knew the patient of keeps its orders, and one decision releases them', async () => {
  const patientId = await newResident(service);
  const visitNumber = newVisitNumber();
  const unknown = { identifier: { system: 'urn:his-h1', value: randomUUID() } };
  const beside = [medicationRequest(unknown, 'M1'), orderedService(unknown, 'S1')];
  const held = await post(stayTransaction({ subject: unknown, visitNumber, status: 'finished', beside }));
  expect(statusesOf(held)).toEqual(['202 Accepted', '202 Accepted', '202 Accepted']);
  const { items } = (await service.get('office', '/v1/identity-reviews?limit=200')).body;
  const review = items.find(({ fact }: { fact: { visitNumber?: string } }) => fact.visitNumber === visitNumber);
  expect((await service.post('office', `/v1/identity-reviews/${review.id}/resolve`, { patientId })).status).toBe(200);
  expect((await episodeOf(visitNumber)).orders.map(({ kind }) => kind).toSorted()).toEqual(['medicine', 'retest']);
});

test('ten at once and one later get the same answer, and a message written before it changes nothing', async () => {
  const named = await stay();
  const due = (occurrenceDateTime: string) => [orderedService(named.subject, 'S1', { occurrenceDateTime })];
  const body = stayTransaction({ ...named, status: 'finished', beside: due('2099-12-30') });
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(body)));
  expect(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
  const before = new Date(Date.parse(body.timestamp) - 60_000).toISOString();
  expect((await post(stayTransaction({ ...named, status: 'finished', timestamp: before, beside: due('2099-11-30') }))).status).toBe(200);
  expect((await post(body)).body).toEqual(answers[0]?.body);
  const { orders } = await episodeOf(named.visitNumber);
  expect(orders.map(({ dueOn }) => dueOn)).toEqual(['2099-12-30']);
  await post(stayTransaction({ ...named, status: 'finished', beside: [orderedService(named.subject, 'S1', { status: 'revoked' })] }));
  expect((await episodeOf(named.visitNumber)).orders).toMatchObject([{ state: 'closed', outcome: 'withdrawn' }]);
  const closed = await post(stayTransaction({ ...named, status: 'finished', beside: due('2099-12-28') }));
  expect([statusesOf(closed)[1], closed.body.entry[1].response.outcome.issue[0].details.coding[0].code]).toEqual([
    '200 OK',
    'order-closed',
  ]);
});
