import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { loadReceivedIndicators, loadSentIndicators, type Outcomes, type Received } from '../../db/referral/indicators.ts';
import { newResident } from '../support/builders/facts.ts';
import { type StoredEntry, type StoredReferral, storeReferrals } from '../support/builders/referral-rows.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { expectTotalsToAddUp } from '../support/oracles/indicator-totals.ts';
import { recountReceivedIndicators, recountSentIndicators } from '../support/oracles/referral-indicators.ts';
import { demoDatabase } from '../support/service/database.ts';
import { type Service, startService } from '../support/service/service.ts';

const HOUR = 3_600_000;
const LATE = 'referral/received at 100 %';

const at = (text: string): Date => new Date(`${text}+08:00`);
const later = (from: Date, hours: number): Date => new Date(from.getTime() + hours * HOUR);

const seededDatabase = async (): Promise<Database> => createDatabase(createPool(await demoDatabase()));

/** Of one test. */
async function seeded(): Promise<Database> {
  const db = await seededDatabase();
  onTestFinished(() => db.destroy());
  return db;
}

const wide = { from: at('2026-01-01T00:00'), to: at('2026-12-31T00:00') };
const onlyOf = <Counts>(
  rows: { institutionId: string; month: string; counts: Counts }[],
  institutionId: string,
  month = '2026-03',
): Counts => {
  const found = rows.find((row) => row.institutionId === institutionId && row.month === month);
  if (!found) throw new Error(`No row of ${institutionId} in ${month}.`);
  return found.counts;
};

const sentEntry = (sentAt: Date): StoredEntry => ({ event: 'send-referral-package', at: sentAt, from: 'draft', to: 'received' });
const accepted = (when: Date): StoredEntry => ({ event: 'send-acceptance', at: when, from: 'received', to: 'accepted' });
const late = (when: Date, clause = LATE): StoredEntry => ({ event: 'rung-100', at: when, from: 'received', to: 'received', clause });

/** Sent by the first centre to the first hospital, accepted after so many hours, or never. */
function answeredAfter(sentAt: Date, hours: number | null, over: Partial<StoredReferral> = {}): StoredReferral {
  return {
    status: hours === null ? 'received' : 'accepted',
    sentAt,
    legs: [{ institutionId: 'inst-h1', from: sentAt }],
    entries: [sentEntry(sentAt), ...(hours === null ? [] : [accepted(later(sentAt, hours))])],
    ...over,
  };
}

describe('counted by hand', () => {
  test('time to answer: median and 90th percentile in seconds, by urgency, of what was answered', async () => {
    const db = await seeded();
    const sentAt = at('2026-03-10T09:00');
    await storeReferrals(db, [
      ...[1, 2, 3, 4, 5].map((hours) => answeredAfter(sentAt, hours)),
      answeredAfter(sentAt, null),
      answeredAfter(sentAt, 0.25, { urgency: 'urgent' }),
      answeredAfter(sentAt, 0.5, { urgency: 'urgent' }),
    ]);
    const { answers, referrals } = onlyOf(await loadReceivedIndicators(db, wide), 'inst-h1');
    expect(referrals).toBe(8);
    // of 1, 2, 3, 4, 5 h the middle one is 3 h; the 90th percentile lies 0.6 of the way from 4 h to 5 h
    expect(answers).toEqual({
      routine: { count: 5, medianSeconds: 3 * 3_600, p90Seconds: 4.6 * 3_600 },
      urgent: { count: 2, medianSeconds: 1_350, p90Seconds: 1_710 },
      'same-day': { count: 0, medianSeconds: null, p90Seconds: null },
    });
  });

  test('half a second is rounded up, whichever number it leads to', async () => {
    const db = await seeded();
    const sentAt = at('2026-03-10T09:00');
    const afterSeconds = (seconds: number, urgency: 'urgent' | 'routine') => answeredAfter(sentAt, seconds / 3_600, { urgency });
    await storeReferrals(db, [afterSeconds(100.5, 'urgent'), afterSeconds(101.5, 'routine')]);
    const { answers } = onlyOf(await loadReceivedIndicators(db, wide), 'inst-h1');
    expect([answers.urgent, answers.routine]).toEqual([
      { count: 1, medianSeconds: 101, p90Seconds: 101 },
      { count: 1, medianSeconds: 102, p90Seconds: 102 },
    ]);
  });

  test('the SLA is kept by an answer before the rung at 100 % of the time to answer, whatever other clocks say', async () => {
    const db = await seeded();
    const sentAt = at('2026-03-10T09:00');
    const story = (status: string, ...entries: StoredEntry[]): StoredReferral => ({
      status,
      sentAt,
      legs: [
        { institutionId: 'inst-h1', from: sentAt, ...(status === 'cancelled' ? { to: later(sentAt, 30), endReason: 'cancelled' } : {}) },
      ],
      entries: [sentEntry(sentAt), ...entries],
    });
    await storeReferrals(db, [
      story('accepted', accepted(later(sentAt, 23))), // kept
      story('accepted', accepted(later(sentAt, 23)), late(later(sentAt, 24))), // kept: a routine referral's clock runs on after acceptance
      story('accepted', late(later(sentAt, 20), 'referral/consent at 100 %'), accepted(later(sentAt, 23))), // kept: another clock
      story('accepted', late(later(sentAt, 24)), accepted(later(sentAt, 25))), // too late
      story('received', late(later(sentAt, 24))), // too late, and still waiting
      story('received'), // still in time: says nothing
      story('cancelled', { event: 'withdraw', at: later(sentAt, 1), from: 'received', to: 'cancelled' }), // withdrawn in time: says nothing
    ]);
    const { sla, answers, cancelled } = onlyOf(await loadReceivedIndicators(db, wide), 'inst-h1');
    expect(sla).toEqual({ kept: 3, decided: 5 });
    expect(answers.routine.count).toBe(4);
    expect(cancelled).toBe(1);
  });

  test('a referral that goes on counts for each institution with its own part, and ends for the last', async () => {
    const db = await seeded();
    const sentAt = at('2026-03-10T09:00');
    const [first, second, third] = [24, 30, 40].map((hours) => later(sentAt, hours)) as [Date, Date, Date];
    await storeReferrals(db, [
      {
        status: 'completed',
        sentAt,
        reviewedAt: later(sentAt, 90),
        closedAt: later(sentAt, 90),
        legs: [
          { institutionId: 'inst-h1', from: sentAt, to: first, endReason: 'no-answer' },
          { institutionId: 'inst-h2', from: first, to: second, endReason: 'referred-onward' },
          { institutionId: 'inst-h3', from: second, to: later(sentAt, 80), endReason: 'completed' },
        ],
        entries: [
          sentEntry(sentAt),
          late(first),
          { event: 'reroute', at: first, from: 'received', to: 'received' },
          { event: 'refer-onward', at: second, from: 'received', to: 'received' },
          accepted(third),
          { event: 'report-no-show', at: later(sentAt, 60), from: 'in-progress/5.1.1', to: 'in-progress/5.1.2' },
          { event: 'send-outcome', at: later(sentAt, 80), from: 'accepted', to: 'completed' },
          { event: 'review-result', at: later(sentAt, 90), from: 'completed', to: 'completed' },
        ],
      },
    ]);
    const received = await loadReceivedIndicators(db, wide);
    const [h1, h2, h3] = ['inst-h1', 'inst-h2', 'inst-h3'].map((id) => onlyOf(received, id)) as [Received, Received, Received];
    expect(h1).toMatchObject({ referrals: 1, arrived: 0, completed: 0, expired: 1, noShows: 0, sla: { kept: 0, decided: 1 } });
    expect(h1.answers.routine.count).toBe(0);
    expect(h2).toMatchObject({ referrals: 1, arrived: 0, completed: 0, expired: 0, sla: { kept: 1, decided: 1 } });
    expect(h2.answers.routine).toMatchObject({ count: 1, medianSeconds: 6 * 3_600 });
    expect(h3).toMatchObject({
      referrals: 1,
      arrived: 1,
      completed: 1,
      closedLoops: 1,
      expired: 0,
      noShows: 1,
      sla: { kept: 1, decided: 1 },
    });
    expect(h3.answers.routine).toMatchObject({ count: 1, medianSeconds: 10 * 3_600 });
    const sent = onlyOf(await loadSentIndicators(db, wide), 'inst-c01');
    expect(sent).toEqual({ referrals: 1, arrived: 1, completed: 1, closedLoops: 1, noShows: 1, cancelled: 0, expired: 0 });
  });

  test('a loop is closed by the review, not by what else closes a referral', async () => {
    const db = await seeded();
    const sentAt = at('2026-03-10T09:00');
    const ended = later(sentAt, 80);
    const done = (over: Partial<StoredReferral>): StoredReferral => ({
      status: 'completed',
      sentAt,
      legs: [{ institutionId: 'inst-h1', from: sentAt, to: ended, endReason: 'completed' }],
      entries: [sentEntry(sentAt), accepted(later(sentAt, 1)), { event: 'send-outcome', at: ended, from: 'accepted', to: 'completed' }],
      ...over,
    });
    await storeReferrals(db, [done({ reviewedAt: ended, closedAt: ended }), done({ closedAt: ended }), done({})]);
    for (const counts of [
      onlyOf(await loadSentIndicators(db, wide), 'inst-c01'),
      onlyOf(await loadReceivedIndicators(db, wide), 'inst-h1'),
    ])
      expect(counts).toMatchObject({ completed: 3, closedLoops: 1 });
  });

  test('months end at midnight in Asia/Shanghai, for the sending and for each leg by itself', async () => {
    const db = await seeded();
    const lastOfMarch = new Date('2026-03-31T15:59:59.999Z');
    const firstOfApril = new Date('2026-03-31T16:00:00.000Z');
    const rerouted = answeredAfter(lastOfMarch, null, {
      legs: [
        { institutionId: 'inst-h1', from: lastOfMarch, to: firstOfApril, endReason: 'no-answer' },
        { institutionId: 'inst-h2', from: firstOfApril },
      ],
    });
    await storeReferrals(db, [answeredAfter(lastOfMarch, 1), answeredAfter(firstOfApril, 1), rerouted]);
    const months = <Counts extends Outcomes>(rows: { institutionId: string; month: string; counts: Counts }[]) =>
      rows.map(({ institutionId, month, counts }) => `${institutionId} ${month} ${counts.referrals}`).sort();
    expect(months(await loadSentIndicators(db, wide))).toEqual(['inst-c01 2026-03 2', 'inst-c01 2026-04 1']);
    expect(months(await loadReceivedIndicators(db, wide))).toEqual(['inst-h1 2026-03 2', 'inst-h1 2026-04 1', 'inst-h2 2026-04 1']);
    const march = { from: new Date('2026-02-28T16:00:00Z'), to: firstOfApril };
    expect(months(await loadSentIndicators(db, march))).toEqual(['inst-c01 2026-03 2']);
    expect(months(await loadReceivedIndicators(db, march))).toEqual(['inst-h1 2026-03 2']);
  });

  test('drafts do not count; after a move the referral counts for who sent it', async () => {
    const db = await seeded();
    const sentAt = at('2026-03-10T09:00');
    await storeReferrals(db, [
      { status: 'draft', sentAt: null, legs: [], entries: [] },
      answeredAfter(sentAt, 1, { initiatorId: 'inst-c02', formerInitiators: ['inst-c01'] }),
    ]);
    expect((await loadSentIndicators(db, wide)).map(({ institutionId, counts }) => [institutionId, counts.referrals])).toEqual([
      ['inst-c01', 1],
    ]);
  });
});

const monthOf = (instant: Date): string => new Date(instant.getTime() + 8 * HOUR).toISOString().slice(0, 7);

// --- over the API ------------------------------------------------------------------------------

describe('over the API', () => {
  let service: Service;
  let month: string;

  beforeAll(async () => {
    service = await startService();
    month = monthOf(new Date());
  });
  afterAll(() => service?.stop());

  const ask = (account: string, query: string) => service.get(account, `/v1/indicators?${query}`);
  const span = () => `from=${month}&to=${month}`;

  test('referrals that really ran are counted: nobody answers one, one goes all the way', async () => {
    const silent = await service.post('gp', '/v1/referrals', await newReferral(service));
    await service.fastForward(silent.body.id, 'P4D');
    const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { urgency: 'urgent' }));
    for (const [account, trigger, form] of [
      ['specialist', 'send-acceptance', {}],
      ['specialist', 'send-outcome', { outcome: '治疗完成' }],
      ['gp', 'review-result', {}],
    ] as const)
      expect((await service.post(account, `/v1/referrals/${body.id}/${trigger}`, form)).status).toBe(200);

    // The one nobody answers may run into the next month on its own clock.
    const [year = 0, number = 0] = month.split('-').map(Number);
    const next = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
    const answer = await ask('auditor', `from=${month}&to=${next}`);
    expect(answer.status).toBe(200);
    type Item = { institutionId: string; month: string; sent: Outcomes; received: Outcomes & { sla: { kept: number; decided: number } } };
    const items: Item[] = answer.body.items;
    const centre = items.find((item) => item.institutionId === 'inst-c01' && item.month === month);
    expect(centre?.sent).toMatchObject({
      referrals: 2,
      arrived: 1,
      arrivalsDecided: 2,
      arrivalRate: 0.5,
      completed: 1,
      closedLoops: 1,
      closedLoopsDecided: 1,
      closedLoopShare: 1,
      expired: 1,
    });
    expect(centre?.received).toMatchObject({ referrals: 0, arrivalRate: null, sla: { kept: 0, decided: 0, share: null } });
    const first = items.find((item) => item.institutionId === 'inst-h1' && item.month === month);
    expect(first?.received).toMatchObject({ referrals: 2, arrived: 1, expired: 1, sla: { kept: 1, decided: 2, share: 0.5 } });
    for (const id of ['inst-h2', 'inst-h3']) {
      const received = items.filter((item) => item.institutionId === id).map((item) => item.received);
      expect(received).toMatchObject([{ referrals: 1, arrived: 0, expired: 1, sla: { kept: 0, decided: 1, share: 0 } }]);
    }
  });

  test('whoever still has time owes nothing: an open referral, and a result that may yet be reviewed', async () => {
    const ofCentre = async (): Promise<Outcomes> => {
      const { body } = await ask('office', `${span()}&institutionId=inst-c02`);
      return body.total.sent;
    };
    const patientId = await newResident(service, 'inst-c02');
    const { body, status } = await service.post('gp2', '/v1/referrals', await newReferral(service, { patientId, urgency: 'urgent' }));
    expect(status).toBe(201);
    const act = async (account: string, trigger: string, form: object) =>
      expect((await service.post(account, `/v1/referrals/${body.id}/${trigger}`, form)).status).toBe(200);
    expect(await ofCentre()).toMatchObject({ referrals: 1, arrivalsDecided: 0, arrivalRate: null });
    await act('specialist', 'send-acceptance', {});
    expect(await ofCentre()).toMatchObject({ referrals: 1, arrivalsDecided: 0, arrivalRate: null });
    await act('specialist', 'send-outcome', { outcome: '治疗完成' });
    expect(await ofCentre()).toMatchObject({
      arrivalsDecided: 1,
      arrivalRate: 1,
      completed: 1,
      closedLoopsDecided: 0,
      closedLoopShare: null,
    });
    await service.fastForward(body.id, 'P4D');
    expect(await ofCentre()).toMatchObject({ completed: 1, closedLoopsDecided: 1, closedLoopShare: 0 });
    await act('gp2', 'review-result', {});
    expect(await ofCentre()).toMatchObject({ completed: 1, closedLoopsDecided: 1, closedLoopShare: 1 });
  });

  test('the sums of referrals that really ran are what a recount of their rows comes to', async () => {
    const all = { from: at('2020-01-01T00:00'), to: at('2100-01-01T00:00') };
    const sort = <Counts>(rows: { institutionId: string; month: string; counts: Counts }[]) =>
      rows.toSorted((a, b) => `${a.month} ${a.institutionId}`.localeCompare(`${b.month} ${b.institutionId}`));
    expect(sort(await loadSentIndicators(service.db, all))).toEqual(sort(await recountSentIndicators(service.db, all)));
    expect(sort(await loadReceivedIndicators(service.db, all))).toEqual(sort(await recountReceivedIndicators(service.db, all)));
  });

  test('one call gives the totals of the alliance: each figure is the sum of the centres, and what is counted from 1 January that of the last month', async () => {
    const { body } = await ask('office', span());
    expectTotalsToAddUp(body);
    expect(body.total.received.timeToAnswer.urgent.count).toBeGreaterThan(0);
    const ofCentre = (await ask('office', `${span()}&institutionId=inst-c01`)).body;
    expect(ofCentre.totals).toEqual(ofCentre.items.map(({ institutionId: _, ...figures }: Record<string, unknown>) => figures));
  });

  test('every figure has its definition, in both languages', async () => {
    const { body } = await ask('office', span());
    expect(body.definitions.map(({ indicator }: { indicator: string }) => indicator)).toEqual(
      expect.arrayContaining(['referrals', 'arrivalRate', 'timeToAnswer', 'sla', 'closedLoopShare', 'noShows', 'cancelled', 'expired']),
    );
    for (const { zh, en } of body.definitions)
      expect([zh, en]).toEqual([expect.stringMatching(/\p{Script=Han}/u), expect.stringMatching(/[a-z]/)]);
  });

  test('nothing of a person is in it', async () => {
    const { body } = await ask('sysadmin', span());
    expect(JSON.stringify(body.items)).not.toMatch(/patient|person|\p{Script=Han}/u);
  });

  test('a head sees the own institution only; office, auditor and system administrator any', async () => {
    const own = await ask('head', span());
    expect([own.status, new Set(own.body.items.map((item: { institutionId: string }) => item.institutionId))]).toEqual([
      200,
      new Set(['inst-h1']),
    ]);
    expect((await ask('head', `${span()}&institutionId=inst-h1`)).body).toEqual(own.body);
    const other = await ask('head', `${span()}&institutionId=inst-h2`);
    expect([other.status, other.body.code]).toEqual([403, 'role-may-not']);
    const denied = await service.db.selectFrom('audit').selectAll().where('request_id', '=', other.body.requestId).execute();
    expect(denied).toMatchObject([
      { action: 'getIndicators', outcome: 'denied', target_id: 'inst-h2', actor: { personId: 'person-head' } },
    ]);
    for (const account of ['office', 'auditor', 'sysadmin']) {
      const some = await ask(account, `${span()}&institutionId=inst-c01`);
      expect([some.status, some.body.items.map((item: { institutionId: string }) => item.institutionId)]).toEqual([200, ['inst-c01']]);
    }
    for (const account of ['gp', 'specialist', 'desk', 'nurse', 'secadmin', 'gateway'])
      expect((await ask(account, span())).status).toBe(403);
  });

  test.each([
    ['', 'from'],
    ['from=2026-03', 'to'],
    ['from=2026-13&to=2026-12', 'from'],
    ['from=2026-3&to=2026-12', 'from'],
    ['from=2026-04&to=2026-03', 'to'],
    ['from=2024-01&to=2026-01', 'to'],
    ['from=2026-03&to=2026-03&institutionId=inst-nowhere', 'institutionId'],
    ['from=2026-03&to=2026-03&patientId=patient-0001', 'patientId'],
  ])('"%s" is refused and says where', async (query, where) => {
    const { status, body } = await ask('office', query);
    expect([status, body.errors?.[0]?.path]).toEqual([422, where]);
  });

  test('two years are a span that is answered', async () => {
    expect((await ask('office', 'from=2024-04&to=2026-03')).status).toBe(200);
  });
});
