/** The demo's clock: a person who tries the product lets time pass for one pathway, for a resident or for a whole institution. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const forward = (body: object) => service.post('sysadmin', '/v1/demo/fast-forward', body);
const eventsOf = async (id: string): Promise<string[]> =>
  (await service.get('gp', `/v1/referrals/${id}/timeline`)).body.items.map(({ event }: { event: string }) => event);

/** A referral of the resident with this number among those of the first centre. */
async function sendReferral(number: number) {
  const { body: residents } = await service.get('gp', '/v1/patients');
  const { id: patientId } = residents.items[number];
  const { body } = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' }),
  );
  return { id: body.id as string, patientId: patientId as string };
}

test('a resident’s clock moves everything that is open about the resident, and nothing of anybody else', async () => {
  const first = await sendReferral(0);
  const second = await sendReferral(0);
  const other = await sendReferral(1);
  const { status, body } = await forward({ patientId: first.patientId, duration: 'P3D' });
  expect([status, body.pathways]).toEqual([200, 2]);
  expect(Date.parse(body.now)).toBeGreaterThan(Date.now() + 2 * 86_400_000);
  for (const { id } of [first, second]) expect(await eventsOf(id)).toContain('rung-50');
  expect(await eventsOf(other.id)).not.toContain('rung-50');
});

test('an institution’s clock moves what it has to act on and what is open about its residents', async () => {
  const { id } = await sendReferral(2);
  const { body } = await forward({ institutionId: 'inst-c01', duration: 'P3D' });
  expect(body.pathways).toBeGreaterThan(0);
  expect(await eventsOf(id)).toContain('rung-50');
});

test('a pathway that was refused its creation meanwhile has no clock to push: the others are moved, and nobody waits for it', async () => {
  const begun = await sendReferral(3);
  // It comes last, so that it is refused while the clock of the other one is being moved.
  const refused = 'ffffffff-ffff-4fff-8fff-ffffffffffff';
  const unbegun = { kind: 'follow-up', status: 'open', version: 0, institution_id: 'inst-c01', patient_id: begun.patientId } as const;
  await service.db
    .insertInto('pathway')
    .values({ ...unbegun, id: refused })
    .execute();
  const answer = forward({ patientId: begun.patientId, duration: 'PT1H' });
  const offset = async () =>
    (await service.db.selectFrom('pathway').select('clock_offset_ms as ms').where('id', '=', begun.id).executeTakeFirstOrThrow()).ms;
  await expect.poll(async () => Number(await offset()), { timeout: 20_000 }).toBeGreaterThan(0);
  await service.db.updateTable('pathway').set({ status: 'ended' }).where('id', '=', refused).execute();
  const { status, body } = await answer;
  expect([status, body.pathways]).toEqual([200, 1]);
});

test('exactly one of the three is given, and it is there', async () => {
  const { id, patientId } = await sendReferral(2);
  for (const wrong of [{}, { pathwayId: id, patientId }, { patientId: 'nobody' }, { institutionId: 'nowhere' }])
    expect((await forward({ ...wrong, duration: 'PT1H' })).status).toBe(422);
});
