/** A second, naive count over random follow-ups agrees with the indicators in every figure. */
import fc from 'fast-check';
import { v7 as uuid } from 'uuid';
import { expect, test } from 'vitest';
import type { FollowUpCounts } from '../../../db/follow-up/indicator-counts.ts';
import { loadFollowUpIndicators } from '../../../db/follow-up/indicators.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { addDays, addMonths, daysBetween, localDateOf } from '../../../domain/time/local-date.ts';
import { type StoredEnrolment, type StoredFollowUp, type StoredVisit, storeFollowUps } from '../../support/builders/follow-up-rows.ts';
import { demoDatabase } from '../../support/service/database.ts';

const seededDatabase = async (): Promise<Database> => createDatabase(createPool(await demoDatabase()));

const at = (text: string): Date => new Date(`${text}+08:00`);
const monthsFrom = (first: string, last: string): { from: Date; to: Date } => ({
  from: at(`${first}-01T00:00`),
  to: at(`${addMonths(`${last}-01`, 1)}T00:00`),
});

const nothing = (): FollowUpCounts => ({
  managed: 0,
  perSpecification: { kept: 0, decided: 0 },
  payment: { kept: 0, decided: 0 },
  clinical: { kept: 0, decided: 0 },
  enrolled: 0,
  visits: 0,
  faceToFace: 0,
  inTime: 0,
  late: 0,
  expired: 0,
  open: 0,
  referrals: 0,
  sent: 0,
  arrived: 0,
  lost: 0,
  died: 0,
  withdrawn: 0,
});
const ended = (endReason: 'lost' | 'died' | 'withdrawn', on: string) =>
  ({ status: 'ended', endReason, endedAt: at(`${on}T09:00`), nextDueOn: null }) as const;

// --- counted a second time -----------------------------------------------------------------

const protocolFacts: Record<string, { disease: string; quota: boolean; number: boolean }> = {
  'htn-2017': { disease: 'hypertension', quota: true, number: true },
  'htn-2025': { disease: 'hypertension', quota: true, number: true },
  't2dm-new': { disease: 'diabetes', quota: true, number: true },
  complications: { disease: 'complications', quota: true, number: false },
  elderly: { disease: 'elderly', quota: false, number: false },
};

const dates = fc.integer({ min: 0, max: 800 }).map((days) => addDays('2025-06-01', days));
const instants = fc.oneof(
  fc
    .constantFrom('2025-12-31T15:59:59.999Z', '2025-12-31T16:00:00Z', '2026-06-30T15:59:59.999Z', '2026-06-30T16:00:00Z')
    .map((text) => new Date(text)),
  fc.date({ min: new Date('2025-06-01T00:00:00Z'), max: new Date('2027-07-01T00:00:00Z'), noInvalidDate: true }),
);
const maybe = fc.constantFrom(true, false, null);
const entry = (event: string) => ({ event, at: new Date('2026-01-01T00:00:00Z') });
const referrals: StoredVisit['referral'][] = [
  undefined,
  undefined,
  'absent',
  { status: 'draft', sentAt: null, legs: [], entries: [] },
  { status: 'received', sentAt: new Date('2026-01-01T00:00:00Z'), legs: [], entries: [entry('send-referral-package')] },
  {
    status: 'completed',
    sentAt: new Date('2026-01-01T00:00:00Z'),
    legs: [],
    entries: [entry('send-interim-note'), entry('send-outcome')],
  },
];
const visits = fc.array(
  fc.record({
    at: instants,
    mode: fc.constantFrom('clinic' as const, 'home' as const, 'phone' as const),
    measured: fc.boolean(),
    annualExam: fc.boolean(),
    payment: maybe,
    clinical: maybe,
    dueOn: fc.option(dates),
    referral: fc.constantFrom(...referrals),
  }),
  { maxLength: 8 },
);
const enrolments = fc
  .record({
    protocol: fc.constantFrom(...Object.keys(protocolFacts)),
    startedOn: dates,
    visits,
    ending: fc.option(fc.record({ reason: fc.constantFrom('lost' as const, 'died' as const, 'withdrawn' as const), days: fc.nat(500) })),
    paused: fc.boolean(),
    nextDueOn: dates,
  })
  .map(
    ({ protocol, startedOn, visits: made, ending, paused, nextDueOn }): StoredEnrolment => ({
      id: uuid(),
      protocol,
      startedOn,
      visits: made,
      ...(ending
        ? ended(ending.reason, addDays(startedOn, ending.days))
        : {
            status: paused ? ('paused' as const) : ('active' as const),
            endReason: null,
            endedAt: null,
            nextDueOn: paused ? null : nextDueOn,
          }),
    }),
  );
const people = fc.array(
  fc.record({
    institutionId: fc.constantFrom('inst-c01', 'inst-c02'),
    enrolments: fc.array(enrolments, { minLength: 1, maxLength: 4 }),
    expired: fc.array(fc.record({ dueOn: dates, all: fc.boolean() }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 25 },
);

const span = { first: '2025-11', last: '2026-12' };

/** By the definitions alone, person by person. */
function countAgain(followUps: readonly StoredFollowUp[]): Map<string, FollowUpCounts> {
  const all = new Map<string, FollowUpCounts>();
  const of = (institutionId: string, on: string, protocol: string): FollowUpCounts => {
    const key = `${institutionId} ${on.slice(0, 7)} ${protocolFacts[protocol]?.disease}`;
    const counts = all.get(key) ?? nothing();
    all.set(key, counts);
    return counts;
  };
  const isAsked = (on: string) => on.slice(0, 7) >= span.first && on.slice(0, 7) <= span.last;

  for (const { institutionId, enrolments: own, expired } of followUps) {
    const add = (on: string | null, protocol: string, figure: keyof FollowUpCounts) => {
      if (on !== null && isAsked(on)) (of(institutionId, on, protocol)[figure] as number) += 1;
    };
    for (const { id, protocol, startedOn, visits: made, endReason, endedAt, nextDueOn } of own) {
      add(startedOn, protocol, 'enrolled');
      if (endReason && endedAt) add(localDateOf(endedAt.getTime()), protocol, endReason);
      add(nextDueOn, protocol, 'open');
      for (const { dueOn, enrolmentIds } of expired) if (enrolmentIds.includes(id)) add(dueOn, protocol, 'expired');
      for (const { at: instant, mode, dueOn, referral } of made) {
        const on = localDateOf(instant.getTime());
        add(on, protocol, 'visits');
        if (mode !== 'phone') add(on, protocol, 'faceToFace');
        add(dueOn, protocol, dueOn !== null && on <= dueOn ? 'inTime' : 'late');
        if (referral) add(on, protocol, 'referrals');
        if (referral && referral !== 'absent' && referral.sentAt) add(on, protocol, 'sent');
        if (referral && referral !== 'absent' && referral.status === 'completed') add(on, protocol, 'arrived');
      }
    }
    for (let month = span.first; month <= span.last; month = addMonths(`${month}-01`, 1).slice(0, 7)) {
      const lastDay = addDays(addMonths(`${month}-01`, 1), -1);
      const newYear = `${month.slice(0, 4)}-01-01`;
      for (const disease of new Set(Object.values(protocolFacts).map((facts) => facts.disease))) {
        const latest = own
          .filter((one) => protocolFacts[one.protocol]?.disease === disease && one.startedOn <= lastDay)
          .toSorted((a, b) => (`${a.startedOn} ${a.id}` < `${b.startedOn} ${b.id}` ? -1 : 1))
          .at(-1);
        if (!latest) continue;
        const endedOn = latest.endedAt && localDateOf(latest.endedAt.getTime());
        if (endedOn && endedOn < newYear) continue;
        const counts = of(institutionId, lastDay, latest.protocol);
        const facts = protocolFacts[latest.protocol];
        counts.managed += 1;
        const soFar = latest.visits
          .map((one) => ({ ...one, on: localDateOf(one.at.getTime()) }))
          .filter(({ on }) => on >= newYear && on <= lastDay)
          .toSorted((a, b) => a.at.getTime() - b.at.getTime());
        if (facts?.quota) {
          const begin = latest.startedOn > newYear ? latest.startedOn : newYear;
          const end = endedOn && endedOn < lastDay ? endedOn : lastDay;
          const owed = Math.min(4, Math.floor((daysBetween(begin, end) + 1) / 91));
          const seen = soFar.filter(({ mode, measured }) => mode !== 'phone' && measured);
          const days = new Set(seen.filter(({ annualExam }) => !annualExam).map(({ on }) => on)).size;
          const done = days + (seen.some(({ annualExam }) => annualExam) ? 1 : 0);
          counts.perSpecification.decided += 1;
          if (done >= owed) counts.perSpecification.kept += 1;
        }
        const last = soFar.at(-1);
        const lost = latest.endReason === 'lost' && endedOn !== null && endedOn <= lastDay;
        for (const number of ['payment', 'clinical'] as const) {
          if (facts?.number) counts[number].decided += 1;
          if (last?.[number] === true && !lost) counts[number].kept += 1;
        }
      }
    }
  }
  return all;
}

test('a second count over random follow-ups agrees in every figure', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(people, async (told) => {
      const followUps = told.map(
        ({ institutionId, enrolments: own, expired }, index): StoredFollowUp => ({
          patientId: `patient-${String(index + 1).padStart(4, '0')}`,
          institutionId,
          enrolments: own,
          expired: expired.map(({ dueOn, all }) => ({ dueOn, enrolmentIds: own.map(({ id }) => id).slice(0, all ? undefined : 1) })),
        }),
      );
      const db = await seededDatabase();
      try {
        await storeFollowUps(db, followUps);
        const question = monthsFrom(span.first, span.last);
        const rows = await loadFollowUpIndicators(db, question);
        expect(new Map(rows.map((row) => [`${row.institutionId} ${row.month} ${row.disease}`, row.counts]))).toEqual(countAgain(followUps));
        expect(await loadFollowUpIndicators(db, { ...question, institutionId: 'inst-c02' })).toEqual(
          rows.filter(({ institutionId }) => institutionId === 'inst-c02'),
        );
      } finally {
        await db.destroy();
      }
    }),
    { numRuns: 15 },
  );
});
