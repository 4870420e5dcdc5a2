/** A second, naive count over random follow-ups agrees with the indicators in every figure. */
import fc from 'fast-check';
import { v7 as uuid } from 'uuid';
import { expect, test } from 'vitest';
import { loadFollowUpIndicators } from '../../../db/follow-up/indicators.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { addDays, addMonths } from '../../../domain/time/local-date.ts';
import { type StoredEnrolment, type StoredFollowUp, type StoredVisit, storeFollowUps } from '../../support/builders/follow-up-rows.ts';
import { countFollowUpsAgain, protocolFacts } from '../../support/oracles/follow-up-indicators.ts';
import { demoDatabase } from '../../support/service/database.ts';

const seededDatabase = async (): Promise<Database> => createDatabase(createPool(await demoDatabase()));

const at = (text: string): Date => new Date(`${text}+08:00`);
const monthsFrom = (first: string, last: string): { from: Date; to: Date } => ({
  from: at(`${first}-01T00:00`),
  to: at(`${addMonths(`${last}-01`, 1)}T00:00`),
});

const ended = (endReason: 'lost' | 'died' | 'withdrawn', on: string) =>
  ({ status: 'ended', endReason, endedAt: at(`${on}T09:00`), nextDueOn: null }) as const;

// --- counted a second time -----------------------------------------------------------------

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
        expect(new Map(rows.map((row) => [`${row.institutionId} ${row.month} ${row.disease}`, row.counts]))).toEqual(
          countFollowUpsAgain(followUps, span),
        );
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
