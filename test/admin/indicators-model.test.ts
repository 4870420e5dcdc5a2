/** A second, naive count over random referrals agrees with the indicators in every figure. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { loadAnswerTimes } from '../../db/referral/answer-times.ts';
import {
  type AnswerTimes,
  loadReceivedIndicators,
  loadSentIndicators,
  type Outcomes,
  type Received,
} from '../../db/referral/indicators.ts';
import { foldReferralChanges } from '../../db/referral/month-figures.ts';
import { type StoredEntry, type StoredReferral, storeReferrals } from '../support/builders/referral-rows.ts';
import { demoDatabase } from '../support/service/database.ts';

const HOUR = 3_600_000;
const LATE = 'referral/received at 100 %';

const at = (text: string): Date => new Date(`${text}+08:00`);
const later = (from: Date, hours: number): Date => new Date(from.getTime() + hours * HOUR);

const seededDatabase = async (): Promise<Database> => createDatabase(createPool(await demoDatabase()));

const wide = { from: at('2026-01-01T00:00'), to: at('2026-12-31T00:00') };

const sentEntry = (sentAt: Date): StoredEntry => ({ event: 'send-referral-package', at: sentAt, from: 'draft', to: 'received' });
const late = (when: Date, clause = LATE): StoredEntry => ({ event: 'rung-100', at: when, from: 'received', to: 'received', clause });

// --- counted a second time -----------------------------------------------------------------

const hospitals = ['inst-h1', 'inst-h2', 'inst-h3'];
const urgencies = ['urgent', 'same-day', 'routine'] as const;

/** What happens to a referral at one institution after another. */
const legStory = fc.record({
  hoursToAnswer: fc.double({ min: 0.01, max: 100, noNaN: true }),
  budgetHours: fc.constantFrom(0.5, 4, 24),
  answer: fc.constantFrom('send-acceptance', 'send-decline', 'refer-onward', 'none'),
  noShow: fc.boolean(),
  note: fc.boolean(),
  ending: fc.constantFrom('open', 'completed', 'reviewed', 'cancelled'),
});
const story = fc.record({
  initiatorId: fc.constantFrom('inst-c01', 'inst-c02'),
  urgency: fc.constantFrom(...urgencies),
  sentAt: fc.oneof(
    fc
      .constantFrom('2026-02-28T15:59:59.999Z', '2026-02-28T16:00:00.000Z', '2026-03-31T15:59:59.999Z', '2026-03-31T16:00:00.000Z')
      .map((text) => new Date(text)),
    fc.date({ min: new Date('2026-02-01T00:00:00Z'), max: new Date('2026-04-30T00:00:00Z'), noInvalidDate: true }),
  ),
  legs: fc.array(legStory, { minLength: 3, maxLength: 3 }),
});

type Story = typeof story extends fc.Arbitrary<infer Told> ? Told : never;

interface Counted {
  sent: Map<string, Outcomes>;
  received: Map<string, Received & { seconds: Record<(typeof urgencies)[number], number[]> }>;
}

const monthOf = (instant: Date): string => new Date(instant.getTime() + 8 * HOUR).toISOString().slice(0, 7);
const none = (): Outcomes => ({ referrals: 0, arrived: 0, completed: 0, closedLoops: 0, noShows: 0, cancelled: 0, expired: 0 });

function quantile(values: number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] as number, sorted[Math.ceil(place)] as number];
  return Math.round(below + (above - below) * (place - Math.floor(place)));
}

/** Plays a story: what is stored, and what it adds to the counts. */
function play({ initiatorId, urgency, sentAt, legs: stories }: Story, counted: Counted): StoredReferral {
  const legs: StoredReferral['legs'] = [];
  const entries: StoredEntry[] = [sentEntry(sentAt)];
  const whole = none();
  let status = 'received';
  let reviewedAt: Date | null = null;
  let from = sentAt;
  for (const [index, leg] of stories.entries()) {
    const institutionId = hospitals[index] as string;
    const key = `${institutionId} ${monthOf(from)}`;
    const part = counted.received.get(key) ?? {
      ...none(),
      answers: { urgent: noTimes(), 'same-day': noTimes(), routine: noTimes() },
      sla: { kept: 0, decided: 0 },
      firstFollowUps: { kept: 0, decided: 0 },
      seconds: { urgent: [], 'same-day': [], routine: [] },
    };
    counted.received.set(key, part);
    part.referrals += 1;
    const budgetEnds = later(from, leg.budgetHours);
    const answeredAt = new Date(Math.round(later(from, leg.hoursToAnswer).getTime()));
    const inTime = answeredAt < budgetEnds;

    if (leg.answer === 'none') {
      entries.push(late(budgetEnds));
      part.sla.decided += 1;
      part.expired += 1;
      const isLast = index === stories.length - 1;
      entries.push({ event: isLast ? 'expire' : 'reroute', at: budgetEnds, from: 'received', to: isLast ? 'rejected' : 'received' });
      legs.push({ institutionId, from, to: budgetEnds, endReason: isLast ? 'rejected' : 'no-answer' });
      if (isLast) {
        status = 'rejected';
        whole.expired += 1;
      }
      from = budgetEnds;
      continue;
    }

    if (!inTime) entries.push(late(budgetEnds));
    part.sla.decided += 1;
    if (inTime) part.sla.kept += 1;
    part.seconds[urgency].push((answeredAt.getTime() - from.getTime()) / 1_000);
    entries.push({ event: leg.answer, at: answeredAt, from: 'received', to: 'whatever' });
    if (leg.answer === 'refer-onward' && index < stories.length - 1) {
      legs.push({ institutionId, from, to: answeredAt, endReason: 'referred-onward' });
      from = answeredAt;
      continue;
    }
    if (leg.answer === 'send-decline') {
      status = 'rejected';
      legs.push({ institutionId, from, to: answeredAt, endReason: 'rejected' });
      break;
    }

    status = 'accepted';
    const came = leg.note || leg.ending === 'completed' || leg.ending === 'reviewed';
    if (leg.noShow) entries.push({ event: 'report-no-show', at: later(answeredAt, 1) });
    if (leg.note) entries.push({ event: 'send-interim-note', at: later(answeredAt, 2) });
    const endsAt = later(answeredAt, 3);
    if (leg.ending === 'completed' || leg.ending === 'reviewed') {
      status = 'completed';
      entries.push({ event: 'send-outcome', at: endsAt, from: 'accepted', to: 'completed' });
      if (leg.ending === 'reviewed') reviewedAt = later(endsAt, 1);
    }
    if (leg.ending === 'cancelled') {
      status = 'cancelled';
      entries.push({ event: 'confirm-cancellation', at: endsAt, to: 'cancelled' });
    }
    legs.push({ institutionId, from, ...(leg.ending === 'open' ? {} : { to: endsAt, endReason: status }) });
    for (const counts of [part, whole]) {
      if (came) counts.arrived += 1;
      if (leg.noShow) counts.noShows += 1;
      if (status === 'completed') counts.completed += 1;
      if (reviewedAt) counts.closedLoops += 1;
      if (status === 'cancelled') counts.cancelled += 1;
    }
    break;
  }
  const key = `${initiatorId} ${monthOf(sentAt)}`;
  const total = counted.sent.get(key) ?? none();
  counted.sent.set(key, total);
  total.referrals += 1;
  for (const name of ['arrived', 'completed', 'closedLoops', 'noShows', 'cancelled', 'expired'] as const) total[name] += whole[name];
  return { initiatorId, urgency, status, sentAt, reviewedAt, closedAt: reviewedAt, legs, entries };
}

const noTimes = (): AnswerTimes => ({ count: 0, medianSeconds: null, p90Seconds: null });

test('a second count over random referrals agrees in every figure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(story, { minLength: 1, maxLength: 60 }), fc.nat(60), async (stories, folded) => {
      const counted: Counted = { sent: new Map(), received: new Map() };
      const db = await seededDatabase();
      try {
        const referrals = stories.map((one) => play(one, counted));
        await storeReferrals(db, referrals.slice(0, folded));
        await foldReferralChanges(db);
        await storeReferrals(db, referrals.slice(folded));
        const sent = await loadSentIndicators(db, wide);
        const received = await loadReceivedIndicators(db, wide);
        expect(new Map(sent.map((row) => [`${row.institutionId} ${row.month}`, row.counts]))).toEqual(counted.sent);
        const expected = [...counted.received].map(([key, { seconds, ...counts }]) => {
          const times = (urgency: (typeof urgencies)[number]): AnswerTimes => ({
            count: seconds[urgency].length,
            medianSeconds: quantile(seconds[urgency], 0.5),
            p90Seconds: quantile(seconds[urgency], 0.9),
          });
          return [
            key,
            { ...counts, answers: { urgent: times('urgent'), 'same-day': times('same-day'), routine: times('routine') } },
          ] as const;
        });
        expect(new Map(received.map((row) => [`${row.institutionId} ${row.month}`, row.counts]))).toEqual(new Map(expected));
        // Of several institutions and months together, where nothing can be added up.
        const timesOf = (keys: (key: string) => boolean) =>
          Object.fromEntries(
            urgencies.flatMap((urgency) => {
              const seconds = [...counted.received].flatMap(([key, part]) => (keys(key) ? part.seconds[urgency] : []));
              const times = { count: seconds.length, medianSeconds: quantile(seconds, 0.5), p90Seconds: quantile(seconds, 0.9) };
              return seconds.length === 0 ? [] : [[urgency, times]];
            }),
          );
        for (const institutionId of [undefined, 'inst-h2']) {
          const isOf = (key: string) => institutionId === undefined || key.startsWith(`${institutionId} `);
          const { months, span } = await loadAnswerTimes(db, { ...wide, institutionId });
          expect(span).toEqual(timesOf(isOf));
          const named = [...new Set([...counted.received.keys()].map((key) => key.slice(-7)))];
          for (const month of named)
            expect([month, months.get(month) ?? {}]).toEqual([month, timesOf((key) => isOf(key) && key.endsWith(month))]);
        }
        for (const institutionId of ['inst-c01', 'inst-h2']) {
          expect(await loadSentIndicators(db, { ...wide, institutionId })).toEqual(
            sent.filter((row) => row.institutionId === institutionId),
          );
          expect(await loadReceivedIndicators(db, { ...wide, institutionId })).toEqual(
            received.filter((row) => row.institutionId === institutionId),
          );
        }
      } finally {
        await db.destroy();
      }
    }),
    { numRuns: 15 },
  );
});
