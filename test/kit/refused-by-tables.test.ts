/** What only a constraint of the tables refuses: the person who asked is told, and the pathway goes on. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReferral } from '../support/builders/referrals.ts';
import { createRoundGround } from '../support/builders/supply-round.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
  // Stands for a race: whatever the friendly checks have found, the tables say no when the row is written.
  await sql`create function say_no() returns trigger language plpgsql as $$
    begin raise exception 'no' using errcode = 'check_violation', constraint = tg_argv[0]; end $$`.execute(service.db);
});
afterAll(() => service?.stop());

const refuseOn = (event: 'insert' | 'update', table: string, constraint: string) =>
  service.pool.query(`create or replace trigger says_no before ${event} on ${table} for each row execute function say_no('${constraint}')`);
const allow = (table: string) => service.pool.query(`drop trigger says_no on ${table}`);

test('a creation that a constraint refuses is answered as refused, also when repeated, and leaves no pathway open', async () => {
  await refuseOn('insert', 'referral', 'referral_of_the_test');
  const body = await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' });
  const first = await service.post('gp', '/v1/referrals', body, { key: 'refused-by-tables', pendingIsAnswer: true });
  expect([first.status, first.body.code]).toEqual([409, 'conflicts-with-records']);
  await allow('referral');
  const again = await service.post('gp', '/v1/referrals', body, { key: 'refused-by-tables', pendingIsAnswer: true });
  expect([again.status, again.body.code]).toEqual([409, 'conflicts-with-records']);
  expect(
    await service.db.selectFrom('pathway').select('id').where('kind', '=', 'referral').where('ended_at', 'is', null).execute(),
  ).toEqual([]);
  expect((await service.post('gp', '/v1/referrals', body)).status).toBe(201);
});

test('a later command that a constraint refuses changes nothing, and the next one is taken', async () => {
  const referral = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
  const cancel = () => service.post('gp', `/v1/referrals/${referral.body.id}/withdraw`, { reason: '误发' }, { pendingIsAnswer: true });
  await refuseOn('update', 'referral', 'referral_of_the_test');
  const refused = await cancel();
  expect([refused.status, refused.body.code]).toEqual([409, 'conflicts-with-records']);
  await allow('referral');
  expect((await service.get('gp', `/v1/referrals/${referral.body.id}`)).body.version).toBe(referral.body.version);
  expect((await cancel()).status).toBe(200);
});

test('a constraint with a name of its own in the catalogue is answered by that name', async () => {
  const ground = createRoundGround(service, { prefix: 'tables' });
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c10', arrive: '09:00' }]);
  await refuseOn('update', 'supply_round', 'supply_round_closes_whole');
  const refused = await service.post('dispatcher', `/v1/rounds/${round.id}/cancel`, { reason: 'no need' }, { pendingIsAnswer: true });
  expect([refused.status, refused.body.code]).toEqual([409, 'lines-without-outcome']);
  await allow('supply_round');
});
