/** A day of each who works with carepath, through the generated client on real servers; each says how many calls it took. */
import { afterAll, beforeAll, test } from 'vitest';
import { startService } from '../support/service/service.ts';
import { type Desk, openDesk } from './desk.ts';
import { liveGpDay } from './gp.ts';
import { liveNurseDay } from './nurse.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(await startService());
});
afterAll(async () => {
  await desk?.stop();
  await desk?.service.stop();
});

test('a GP records a visit in two diseases in two calls, corrects, refers and sees in the evening what has become of it', () =>
  liveGpDay(desk));

test('a nurse asks whom to call and does each call with two', () => liveNurseDay(desk, 3));
