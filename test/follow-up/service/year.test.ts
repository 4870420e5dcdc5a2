/** Follow-up on the skipped clock: what it costs, what it keeps, and what happens in the middle of it; year.long.test.ts lives whole year. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readClockOffsetMs, skipTime } from '../../../platform/time-skipping.ts';
import { followUpsOn, offTarget, onTarget } from '../../support/builders/enrolments.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { plusMonths, workedBy } from '../../support/oracles/follow-up-oracle.ts';
import { eventsWithoutSkipping } from '../../support/oracles/history-events.ts';
import { type Service, startService } from '../../support/service/service.ts';
import { statementOf } from '../../support/service/statement-of.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const DAY_MS = 86_400_000;
const { enrol, read, visit, forwardToDay, attendFor, events } = followUpsOn(() => service);

test('a reminder and its visit cost at most 20 history events, twelve visits a year at most 240; also one that refers, and with word to the patient', {
  timeout: 120_000,
}, async () => {
  const enrolment = await enrol('t2dm-2017', await newResident(service, 'inst-c01', { phone: '13900000001' }));
  const at: number[] = [];
  for (const form of [onTarget, offTarget, offTarget, onTarget]) {
    const before = await events(enrolment.pathwayId);
    await forwardToDay(enrolment, (await read(enrolment.id)).nextVisit.opensOn);
    expect((await read(enrolment.id)).visitPlan.stage).toBe('open');
    expect((await visit(enrolment, form)).status).toBe(201);
    at.push((await events(enrolment.pathwayId)) - before);
  }
  const { referrals } = await read(enrolment.id);
  const told = service.db
    .selectFrom('message')
    .select('template')
    .where('recipient_id', '=', enrolment.patientId)
    .where('template', '=', 'follow-up-open');
  console.log(`events for a reminder and its visit: ${at.join(', ')}`);
  expect([referrals.length, (await told.execute()).length]).toEqual([1, 4]);
  for (const cost of at) expect(cost).toBeLessThanOrEqual(20);
  expect(Math.max(...at) * 12).toBeLessThanOrEqual(240);
});

test('a quarter in which nothing is due costs no workflow task and no statement of ours', { timeout: 60_000 }, async () => {
  const { pathwayId } = await enrol('elderly');
  const workflow = `follow-up/${pathwayId}`;
  const before = await eventsWithoutSkipping(service.client, workflow);
  const statements: string[] = [];
  const client = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = client;
  client.query = function (this: unknown, ...args: unknown[]): unknown {
    // The relays of this process look for work; what counts is what names the sleeper.
    if (JSON.stringify(args.slice(0, 2)).includes(pathwayId)) statements.push(statementOf(args).text ?? '');
    return query.apply(this, args);
  };
  try {
    await skipTime(service.client, workflow, 91 * DAY_MS, pathwayId);
    expect(await readClockOffsetMs(service.client, workflow)).toBeGreaterThan(90 * DAY_MS);
  } finally {
    client.query = query;
  }
  expect(statements).toEqual([]);
  expect(await eventsWithoutSkipping(service.client, workflow)).toHaveLength(before.length);
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
    form: onTarget,
  });
  expect([late.status, late.body.code]).toEqual([409, 'patient-died']);
});

test('another version in the middle: dates move with the reason, the enrolment stays pinned until then', { timeout: 60_000 }, async () => {
  const enrolment = await enrol('t2dm-2017');
  const { document } = (await service.get('office', '/v1/protocols/t2dm-2017')).body;
  const next = {
    ...document,
    version: 2,
    phases: document.phases.map((phase: { every: object }) => ({ ...phase, every: { ...phase.every, due: { months: 2 } } })),
  };
  expect((await service.post('office', '/v1/protocols', next)).status).toBe(201);
  expect((await service.post('office', '/v1/protocols/t2dm-2017/versions/2/publish', {})).status).toBe(200);
  expect((await read(enrolment.id)).protocol.version).toBe(1);
  const moved = await service.post('gp', `/v1/enrolments/${enrolment.id}/move-version`, {});
  expect([moved.status, moved.body.errors, moved.body.protocol?.version]).toEqual([200, undefined, 2]);
  const twoMonths = workedBy(plusMonths(enrolment.startedOn, 2));
  expect([enrolment.nextVisit.dueOn, moved.body.nextVisit.dueOn]).toEqual([workedBy(plusMonths(enrolment.startedOn, 3)), twoMonths]);
  const { items } = (await service.get('gp', `/v1/enrolments/${enrolment.id}/timeline`)).body;
  expect(items.at(-1)).toMatchObject({ event: 'move-version', because: [{ evidence: { from: 't2dm-2017/1', to: 't2dm-2017/2' } }, {}] });
});

// Calendars last: what is published holds for everybody.
test('a calendar is published in the middle: previewed, then the visit that is not asked for yet moves, and only that', {
  timeout: 60_000,
}, async () => {
  const planned = await enrol('htn-2017');
  const asked = await enrol('htn-2017');
  await forwardToDay(asked, asked.nextVisit.opensOn);
  const year = Number(planned.nextVisit.dueOn.slice(0, 4));
  const holiday = { name: { zh: '放假', en: 'Holiday' }, from: planned.nextVisit.dueOn, to: planned.nextVisit.dueOn };
  const source = { title: '通知', reference: 'test', publishedOn: '2026-11-01' };
  const calendar = { year, version: 9, source, holidays: [holiday], makeUpWorkdays: [] };
  const preview = await service.post('office', '/v1/calendars/preview', calendar);
  const movedOf = (answer: typeof preview) =>
    answer.body.items.find(({ pathwayId }: { pathwayId: string }) => pathwayId === planned.pathwayId);
  expect([preview.status, movedOf(preview)?.dueOnBefore]).toEqual([200, planned.nextVisit.dueOn]);
  expect((await read(planned.id)).nextVisit).toEqual(planned.nextVisit);
  expect((await service.post('gp', '/v1/calendars', calendar)).status).toBe(403);
  const published = await service.post('office', '/v1/calendars', calendar);
  expect([published.status, movedOf(published)]).toEqual([201, movedOf(preview)]);
  await deliverAll(service);
  expect((await read(planned.id)).nextVisit.dueOn).toBe(movedOf(preview).dueOn);
  expect(movedOf(preview).dueOn < planned.nextVisit.dueOn).toBe(true);
  expect((await read(asked.id)).nextVisit).toMatchObject({ opensOn: asked.nextVisit.opensOn, dueOn: asked.nextVisit.dueOn });
  const again = await service.post('office', '/v1/calendars', calendar);
  expect([again.status, again.body.code]).toEqual([409, 'already-exists']);
});

test('a visit that falls into a year without published working days is said to be unconfirmed; once they are published it moves', {
  timeout: 60_000,
}, async () => {
  const enrolment = await enrol('htn-2017');
  const year = Number(enrolment.nextVisit.dueOn.slice(0, 4)) + 1;
  // The last visit before a year that nobody knows yet.
  for (let seen = enrolment; !seen.nextVisit.dueOn.startsWith(String(year)); seen = await read(enrolment.id)) {
    await forwardToDay(enrolment, seen.nextVisit.dueOn);
    expect((await visit(enrolment, onTarget)).status).toBe(201);
  }
  const { nextVisit } = await read(enrolment.id);
  const { dueOn } = nextVisit;
  const unconfirmed = async () => {
    const { because } = (await service.get('gp', `/v1/enrolments/${enrolment.id}/why`)).body;
    return because.map(({ evidence }: { evidence: { calendar?: string } }) => evidence.calendar).filter(Boolean);
  };
  expect([nextVisit.calendarConfirmed, await unconfirmed()]).toEqual([false, ['unconfirmed']]);

  // In the middle of the wait: a week off around the day, and the Sunday before it is worked.
  const day = (offset: number) => new Date(Date.parse(dueOn) + offset * DAY_MS).toISOString().slice(0, 10);
  const weekday = new Date(dueOn).getUTCDay();
  const [sunday, saturday] = [day(-weekday), day(6 - weekday)];
  await forwardToDay(enrolment, day(-60));
  const source = { title: '通知', reference: 'test', publishedOn: '2026-11-01' };
  const holiday = { name: { zh: '放假', en: 'Holiday' }, from: day(1 - weekday), to: saturday };
  const published = await service.post('office', '/v1/calendars', {
    year,
    version: 1,
    source,
    holidays: [holiday],
    makeUpWorkdays: [sunday],
  });
  expect([published.status, published.body.errors]).toEqual([201, undefined]);
  await deliverAll(service);
  const moved = await read(enrolment.id);
  expect(moved.nextVisit).toMatchObject({ dueOn: sunday, calendarConfirmed: true });
  expect([moved.visitPlan.dueOn, await unconfirmed()]).toEqual([sunday, []]);
});
