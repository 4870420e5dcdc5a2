/** Orders that wait cost nothing: no statement of the worker is about them or their episode until something comes due. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { episodesOn, plainPlan } from '../../support/builders/episodes-on-service.ts';
import { newResident } from '../../support/builders/facts.ts';
import { costOf, type SentStatement, takeOtherStatements, watchStatements } from '../../support/service/count-statements.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  watchStatements();
  service = await startService({ checkAnswers: false });
});
afterAll(() => service?.stop());

const episodes = episodesOn(() => service);
const ORDERS = 11;
const QUIET_DAYS = 20;

test(`${ORDERS} orders wait for ${QUIET_DAYS} days without a statement about them, and the first date costs one decision`, {
  timeout: 120_000,
}, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900004201' });
  const id = await episodes.begin(patientId);
  const path = `/v1/episodes/${id}`;
  const read = async () => (await costOf(() => service.get('nurse-h1', path))).answer.body;
  const say = async (account: string, command: string, body: object) =>
    expect([command, (await service.post(account, `${path}/${command}`, body)).status]).toEqual([command, 200]);
  // Whoever was not taught in the stay gets an order of that.
  await say('nurse-h1', 'educate', { topics: ['低盐饮食'], understood: 'yes' });
  await episodes.tellDischarged(id);
  const dischargedOn = localDateOf(Date.parse((await read()).stay.dischargedAt));
  const [opensOn, dueOn] = [addDays(dischargedOn, 40), addDays(dischargedOn, 45)];
  const orders = Array.from({ length: ORDERS }, (_, n) => ({ kind: 'other', title: `第${n + 1}项`, opensOn, dueOn }));
  await say('nurse-h1', 'record-plan', { ...plainPlan, orders });
  await say('nurse', 'record-contact', { channel: 'phone', outcome: 'reached' });
  await say('pharmacist', 'reconcile', { medicines: [] });

  /** To an hour of the n-th day after the discharge. The request that skips the time is not counted. */
  const until = async (day: number) => {
    const ms = startOf(addDays(dischargedOn, day)) + 12 * 3_600_000 - Date.parse((await read()).now);
    const { answer } = await costOf(() => service.fastForward(id, `PT${Math.ceil(ms / 1_000)}S`));
    expect(answer.status).toBe(200);
  };
  await until(2);
  await say('gp', 'record-visit', { visitedAt: (await read()).now, mode: 'clinic' });
  const before = await read();
  expect(before.orders.map(({ state }: { state: string }) => state)).toEqual(orders.map(() => 'waiting'));

  const isOfEpisode = ({ text, values }: SentStatement) => /episode|discharge/.test(text) || JSON.stringify(values).includes(id);
  takeOtherStatements();
  for (let day = 3; day < 3 + QUIET_DAYS; day++) await until(day);
  expect((await read()).version).toBe(before.version);
  expect(takeOtherStatements().filter(isOfEpisode)).toEqual([]);

  // The last contact opens on the 24th day: what the worker does about the episode is seen.
  await until(24);
  expect((await read()).version).toBe(before.version + 1);
  expect(takeOtherStatements().filter(isOfEpisode).length).toBeGreaterThan(0);
});
