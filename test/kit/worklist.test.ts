/** The worklist over the service: who is called sees the case, what an item says, and the counts of the list. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followUpsOn } from '../support/builders/enrolments.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const { enrol, forwardToDay, read } = followUpsOn(() => service);

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Item = any;

async function listOf(account: string, query = ''): Promise<Item[]> {
  const { status, body } = await service.get(account, `/v1/worklist?limit=200${query}`);
  expect([status, body.code]).toEqual([200, undefined]);
  return body.items;
}
const itemOf = async (account: string, pathwayId: string, query = ''): Promise<Item> =>
  (await listOf(account, query)).find((item) => item.pathwayId === pathwayId);

test('a visit that is due stands on the lists of nurse and doctor, and says whom and what it is about', async () => {
  const enrolment = await enrol();
  await forwardToDay(enrolment, (await read(enrolment.id)).nextVisit.opensOn);
  const [nurse, gp] = [await itemOf('nurse', enrolment.pathwayId, '&kind=follow-up-visit'), await itemOf('gp', enrolment.pathwayId)];
  expect(nurse).toMatchObject({
    kind: 'follow-up-visit',
    name: 'follow-up-visit',
    title: { zh: '随访', en: 'Follow-up visit' },
    number: enrolment.pathwayId.slice(-8),
    subject: { type: 'enrolment', id: enrolment.id },
    patient: { id: enrolment.patientId, name: expect.any(String), birthDate: expect.stringMatching(/^1950-/) },
    about: { enrolmentIds: [enrolment.id] },
    escalatedTo: [],
    role: 'nurse',
    clock: { name: 'follow-up-visit' },
    allowed: expect.arrayContaining(['claim', 'record-visit', 'reschedule']),
  });
  expect(nurse.patient.age).toBeGreaterThanOrEqual(75);
  // The instants are on the clock of the pathway, and so is its present instant.
  expect(Date.parse(nurse.now)).toBeGreaterThanOrEqual(Date.parse(nurse.openedAt));
  expect(gp.id).toBe(nurse.id);
  const found = await listOf('gp', `&query=${nurse.number}`);
  expect(found.map(({ pathwayId }) => pathwayId)).toContain(enrolment.pathwayId);
  // The doctor may take it on.
  expect((await service.post('gp', `/v1/tasks/${gp.id}/claim`, {})).status).toBe(200);
});

test('the office has an emergency on its list as soon as it is called about it, although nothing is overdue', async () => {
  const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { urgency: 'urgent', emergency: true }));
  const item = await itemOf('office', body.id);
  expect(item).toMatchObject({ kind: 'answer-referral', emergency: true, overdue: false });
  expect(item.escalatedTo.map(({ role }: Item) => role)).toEqual(['head', 'office']);
  expect(item.about).toMatchObject({ direction: 'up', fromInstitutionId: 'inst-c01', toInstitutionId: 'inst-h1' });
});

test.each(['gp', 'nurse', 'specialist', 'office', 'head'])('the counts of %s are those of the list, with every filter', async (account) => {
  for (const query of [
    '',
    '&mine=true',
    '&overdue=true',
    '&emergency=true',
    '&kind=follow-up-visit&kind=answer-referral',
    '&dueBefore=2030-01-01',
  ]) {
    const items = await listOf(account, query);
    const { body } = await service.get(account, `/v1/worklist/counts?${query.slice(1)}`);
    const kinds = Object.fromEntries([...Map.groupBy(items, ({ kind }) => kind)].map(([kind, of]) => [kind, of.length]));
    const mine = items.filter(({ owner }) => owner?.personId === `person-${account}`).length;
    const counted = (member: string) => items.filter((item) => item[member]).length;
    expect(body).toEqual({ all: items.length, mine, overdue: counted('overdue'), emergency: counted('emergency'), kinds });
  }
});
