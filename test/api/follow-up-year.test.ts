/** A year of follow-up on the skipped clock: what it costs, what it keeps, and what happens in the middle of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { daysBetween, localDateOf } from '../../domain/follow-up/local-date.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let patients: string[];
beforeAll(async () => {
  service = await startService();
  const rows = await service.db
    .selectFrom('patient')
    .select('id')
    .where('home_institution_id', '=', 'inst-c01')
    .where('birth_date', '<', '1980-01-01')
    .orderBy('id')
    .execute();
  patients = rows.map(({ id }) => id);
});
afterAll(() => service?.stop());

const DAY_MS = 86_400_000;
const today = () => localDateOf(Date.now());
const read = async (id: string) => (await service.get('gp', `/v1/enrolments/${id}`)).body;

async function enrol(protocol: string, patientId = patients.shift() as string) {
  const answer = await service.post('gp', '/v1/enrolments', { patientId, protocol, startedOn: today() });
  expect([answer.status, answer.body.errors, answer.body.code]).toEqual([201, undefined, undefined]);
  return answer.body;
}

async function forwardTo(pathwayId: string, now: string, date: string): Promise<void> {
  const ms = Date.parse(`${date}T02:00:00Z`) - Date.parse(now);
  if (ms > 1_000) expect((await service.fastForward(pathwayId, `PT${Math.round(ms / 1_000)}S`)).status).toBe(200);
}

const controlled = { bloodPressures: [{ systolic: 126, diastolic: 78 }], fastingGlucose: { value: 6.1, unit: 'mmol/L' } };

/** Comes on the due date of whatever is asked for next, until a year has passed. */
async function attendFor(enrolment: { id: string; pathwayId: string; now: string }, days: number) {
  const until = Date.parse(enrolment.now) + days * DAY_MS;
  const visits: string[] = [];
  for (;;) {
    const seen = await read(enrolment.id);
    if (Date.parse(`${seen.nextVisit.dueOn}T02:00:00Z`) > until) return visits;
    await forwardTo(enrolment.pathwayId, seen.now, seen.nextVisit.dueOn);
    const { now } = await read(enrolment.id);
    const answer = await service.post('gp', `/v1/enrolments/${enrolment.id}/visits`, {
      visitedAt: now.replace(/\.\d+Z$/, 'Z'),
      mode: 'clinic',
      form: { ...controlled, annualExam: false },
    });
    expect([answer.status, answer.body.errors, answer.body.code]).toEqual([201, undefined, undefined]);
    visits.push(localDateOf(Date.parse(now)));
  }
}

/** Without those that skipping time adds, which a real year does not have. */
async function eventsOf(pathwayId: string): Promise<number> {
  const { events } = await service.client.workflow.getHandle(`follow-up/${pathwayId}`).fetchHistory();
  const names = (events ?? []).map((event) => Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '');
  if (process.env.X) console.log(names.join('\n'));
  return names.filter((name) => !/^(workflowExecutionOptionsUpdated|workflowExecutionTimeSkip)/.test(name)).length;
}

describe('a year for one resident of each protocol', () => {
  for (const protocol of ['htn-2017', 't2dm-2017', 'htn-2025', 't2dm-new', 'complications', 'elderly', 'high-risk']) {
    test(`${protocol}: each visit leads to the next, none later than it was due`, { timeout: 120_000 }, async () => {
      const enrolment = await enrol(protocol);
      const visits = await attendFor(enrolment, 366);
      const dates = [enrolment.startedOn, ...visits];
      const gaps = dates.slice(1).map((date, index) => daysBetween(dates[index] as string, date));
      console.log(`${protocol}: ${visits.length} visits, ${gaps.join(' ')} days apart, ${await eventsOf(enrolment.pathwayId)} events`);
      expect(Math.min(...gaps)).toBeGreaterThan(0);
      const ended = await read(enrolment.id);
      expect(ended).toMatchObject({ status: 'active', missedWindows: 0 });
      if (['htn-2017', 't2dm-2017', 'htn-2025'].includes(protocol)) expect(visits.length).toBeGreaterThanOrEqual(4);
    });
  }
});

test('a reminder and its visit cost at most 20 history events, twelve visits a year at most 240, sleeping none', {
  timeout: 120_000,
}, async () => {
  const enrolment = await enrol('t2dm-2017');
  const at: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = await eventsOf(enrolment.pathwayId);
    const seen = await read(enrolment.id);
    await forwardTo(enrolment.pathwayId, seen.now, seen.nextVisit.opensOn);
    expect((await read(enrolment.id)).visitPlan.stage).toBe('open');
    const { now } = await read(enrolment.id);
    const form = { visitedAt: now.replace(/\.\d+Z$/, 'Z'), mode: 'clinic', form: controlled };
    expect((await service.post('gp', `/v1/enrolments/${enrolment.id}/visits`, form)).status).toBe(201);
    at.push((await eventsOf(enrolment.pathwayId)) - before);
  }
  console.log(`events for a reminder and its visit: ${at.join(', ')}`);
  for (const events of at) expect(events).toBeLessThanOrEqual(20);
  expect(Math.max(...at) * 12).toBeLessThanOrEqual(240);
});

test('death in the middle: the follow-up ends, no visit after it', { timeout: 60_000 }, async () => {
  const enrolment = await enrol('htn-2017');
  await attendFor(enrolment, 100);
  const { now } = await read(enrolment.id);
  const handle = service.client.workflow.getHandle(`follow-up/${enrolment.pathwayId}`);
  await handle.signal('patient-died', { id: '01990000-0000-7000-8000-000000000001', input: { occurredAt: Date.parse(now) } });
  await expect.poll(async () => (await read(enrolment.id)).status, { timeout: 20_000 }).toBe('ended');
  expect(await read(enrolment.id)).toMatchObject({ statusReason: 'died', nextVisit: null, visitPlan: null });
  const late = await service.post('gp', `/v1/enrolments/${enrolment.id}/visits`, {
    visitedAt: new Date(Date.parse(now) + 60_000).toISOString(),
    mode: 'clinic',
    form: controlled,
  });
  expect([late.status, ['patient-died', 'pathway-ended'].includes(late.body.code)]).toEqual([409, true]);
});
