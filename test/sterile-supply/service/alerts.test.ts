/** An alert goes with its cause, whoever ends that: no sweep is needed for it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '../../../db/kit/transaction.ts';
import { raiseAlerts } from '../../../db/sterile-supply/alerts.ts';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'alert' });
});
afterAll(() => service?.stop());

async function raise(name: string, type: string, id: string, thresholds: readonly string[]): Promise<void> {
  await inTransaction(service.db, { system: true, part: 'operator' }, (trx) =>
    raiseAlerts(
      trx,
      thresholds.map((threshold) => ({ name, subject: { type, id }, threshold, institutionId: null, raisedAt: new Date() })),
    ),
  );
}

/** The thresholds of the alerts about a subject that still stand. */
async function standingAbout(id: string): Promise<string[]> {
  const { items } = await ground.get('headnurse', '/v1/supply-alerts?limit=200');
  return items
    .filter((alert: { subject: { id: string }; clearedAt: string | null }) => alert.subject.id === id && alert.clearedAt === null)
    .map(({ name, threshold }: { name: string; threshold: string }) => `${name} ${threshold}`)
    .sort();
}

test('a pack that nobody can use any more expires for nobody', async () => {
  const [torn, kept] = await ground.storePacks(await ground.newType(), 2);
  if (!torn || !kept) throw new Error('The store has two packs.');
  for (const { id } of [torn, kept]) {
    await raise('expiry', 'pack', id, ['30', '14']);
    await raise('expires-before-visit', 'pack', id, ['2026-12-01']);
  }
  await ground.post('technician', `/v1/packs/${torn.id}/compromise`, { reason: 'torn' });
  expect(await standingAbout(torn.id)).toEqual([]);
  expect(await standingAbout(kept.id)).toEqual(['expires-before-visit 2026-12-01', 'expiry 14', 'expiry 30']);
});

test('a set that has left the centre is not overdue there', async () => {
  const [lost = '', lying = ''] = await ground.usedSets(await ground.newType(), 'inst-c07', 2);
  for (const id of [lost, lying]) await raise('return-overdue', 'set-instance', id, ['7']);
  await ground.post('nurse-c07', `/v1/set-instances/${lost}/report-missing`, { reason: '找不到' });
  expect(await standingAbout(lost)).toEqual([]);
  expect(await standingAbout(lying)).toEqual(['return-overdue 7']);
});

test('a passed Bowie-Dick test clears the alert of its date and of no other; one that failed clears nothing', async () => {
  const steriliser = await ground.createSteriliser('bd');
  await raise('bowie-dick', 'steriliser', steriliser.id, [ground.on(-1), ground.on(0)]);
  await ground.testBowieDick(steriliser, -1, 'fail');
  expect(await standingAbout(steriliser.id)).toHaveLength(2);
  await ground.testBowieDick(steriliser, 0);
  expect(await standingAbout(steriliser.id)).toEqual([`bowie-dick ${ground.on(-1)}`]);
});

test('a run with a biological indicator clears that one is due, a run without one does not', async () => {
  const steriliser = await ground.createSteriliser('bi');
  await ground.testBowieDick(steriliser, 0);
  await raise('bi-due', 'steriliser', steriliser.id, ['7']);
  const run = async (startAt: string, indicators: unknown[]) => {
    await ground.runLoad(await ground.planLoad(steriliser, [], startAt, { indicators }), startAt);
  };
  await run(ground.at(0, '08:00'), []);
  expect(await standingAbout(steriliser.id)).toEqual(['bi-due 7']);
  await run(ground.at(0, '10:00'), [ground.indicator('bi')]);
  expect(await standingAbout(steriliser.id)).toEqual([]);
});

test('an alert is read like every resource: it stands as raised, and as cleared once its cause is gone', async () => {
  const [pack] = await ground.storePacks(await ground.newType(), 1);
  if (!pack) throw new Error('The store has a pack.');
  await raise('expiry', 'pack', pack.id, ['30']);
  const read = async () =>
    (await ground.get('headnurse', '/v1/supply-alerts?name=expiry&limit=200')).items.find(
      ({ subject }: { subject: { id: string } }) => subject.id === pack.id,
    );
  const raised = await read();
  expect(raised).toMatchObject({ status: 'raised', version: 1, createdAt: raised.raisedAt, clearedAt: null, allowed: [] });
  await ground.post('technician', `/v1/packs/${pack.id}/compromise`, { reason: 'torn' });
  expect(await read()).toMatchObject({ id: raised.id, status: 'cleared', version: 2, clearedAt: expect.any(String) });
});
