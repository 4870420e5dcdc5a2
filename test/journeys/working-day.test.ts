/** A day of each who works with carepath, through the generated client on real servers; each says how many calls it took. */
import { afterAll, beforeAll, test } from 'vitest';
import { startService } from '../support/service/service.ts';
import { liveAdministratorDay } from './administrator.ts';
import { type Desk, openDesk } from './desk.ts';
import { liveGatewayDay } from './gateway.ts';
import { liveGpDay } from './gp.ts';
import { liveNurseDay } from './nurse.ts';
import { liveOfficeDay } from './office.ts';
import { liveReferralDeskDay } from './referral-desk.ts';
import { liveSpecialistDay } from './specialist.ts';

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

test('a specialist reads, accepts and books a referral in three calls, moves the appointment and tells what came of it', () =>
  liveSpecialistDay(desk));

test('a referral desk opens slots, takes one back, books in three calls and says whom a message means', () => liveReferralDeskDay(desk));

test('the alliance office sees what is overdue, sends a referral on, writes a text and reads the figures of all in one call', () =>
  liveOfficeDay(desk));

test('a gateway sends twice what it does not know to have arrived, and is told exactly what is wrong', () => liveGatewayDay(desk));

test('a system administrator finds a pathway, reads its steps and reads no patient', () => liveAdministratorDay(desk));
