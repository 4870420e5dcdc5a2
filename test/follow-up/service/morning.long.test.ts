/** 36 residents whose windows open on one morning: whoever makes the visits gets one message, and there is one task for each resident. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOf } from '../../../domain/time/local-date.ts';
import { type Enrolled, followUpsOn } from '../../support/builders/enrolments.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const RESIDENTS = 36;
const followUps = followUpsOn(() => service);

test('messages to a member of staff: one at most; tasks: as many as residents', { timeout: 600_000 }, async () => {
  const enrolled: Enrolled[] = [];
  for (let n = 0; n < RESIDENTS; n++) enrolled.push(await followUps.enrol('htn-2017'));
  const [first] = enrolled;
  const seconds = Math.ceil((startOf(first.nextVisit.opensOn) + 11 * 3_600_000 - Date.parse(first.now)) / 1_000);
  const moved = await service.post('sysadmin', '/v1/demo/fast-forward', { institutionId: 'inst-c01', duration: `PT${seconds}S` });
  expect([moved.status, moved.body.code]).toEqual([200, undefined]);
  const patientIds = enrolled.map(({ patientId }) => patientId);
  const tasks = await service.db
    .selectFrom('task')
    .select('patient_id as patientId')
    .where('patient_id', 'in', patientIds)
    .where('status', '=', 'open')
    .execute();
  expect(tasks.map(({ patientId }) => patientId).toSorted()).toEqual(patientIds.toSorted());
  const messages = await service.db
    .selectFrom('message')
    .select(['recipient_id as to', 'template'])
    .where('recipient_type', '<>', 'patient')
    .execute();
  const counts = [...Map.groupBy(messages, ({ to }) => to).values()].map(({ length }) => length);
  expect(Math.max(...counts)).toBe(1);
});
