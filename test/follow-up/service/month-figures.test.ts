/** The sums of follow-up are what a count of enrolments, visits and referrals comes to, whatever happens to these, whoever folds when, and in every year. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { expect, onTestFinished, test } from 'vitest';
import { extendFollowUpHorizon, finishFills } from '../../../db/fills.ts';
import { countFollowUpIndicators, loadFollowUpIndicators } from '../../../db/follow-up/indicators.ts';
import { foldFollowUpChanges } from '../../../db/follow-up/month-figures.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { type StoredFollowUp, storeFollowUps } from '../../support/builders/follow-up-rows.ts';
import { storeReferrals } from '../../support/builders/referral-rows.ts';
import { demoDatabase } from '../../support/service/database.ts';

const at = (text: string): Date => new Date(`${text}+08:00`);
const wide = { from: at('2025-01-01T00:00'), to: at('2029-01-01T00:00') };

async function demo(): Promise<Database> {
  const db = createDatabase(createPool(await demoDatabase(), { connections: 6 }));
  onTestFinished(() => db.destroy());
  return db;
}

async function expectSumsAsCounted(db: Database): Promise<void> {
  expect(await loadFollowUpIndicators(db, wide)).toEqual(await countFollowUpIndicators(db, wide));
}

const foldAll = async (db: Database): Promise<void> => {
  while ((await foldFollowUpChanges(db)) > 0);
};

// --- what may happen to an enrolment ---------------------------------------------------------

type Change = (db: Database, enrolmentId: string) => Promise<unknown>;

const day = fc.integer({ min: 0, max: 900 }).map((days) => addDays('2025-06-01', days));

const visitOn =
  (on: string, over: { mode: 'clinic' | 'phone'; late: boolean; controlled: boolean; annualExam: boolean; refers: boolean }): Change =>
  async (db, enrolmentId) => {
    const referralId = over.refers ? uuid() : null;
    if (referralId) await storeReferrals(db, [{ id: referralId, status: 'draft', sentAt: null, legs: [], entries: [] }]);
    await db
      .insertInto('follow_up_visit')
      .values({
        id: uuid(),
        enrolment_id: enrolmentId,
        visited_at: at(`${on}T10:00`),
        recorded_by: '{}',
        mode: over.mode,
        form: JSON.stringify({ annualExam: over.annualExam }),
        entered_late: over.late,
        class: null,
        class_override: null,
        override_reason: null,
        evaluation: over.late ? null : '{}',
        opens_on: over.late ? null : addDays(on, -10),
        due_on: over.late ? null : addDays(on, over.controlled ? 3 : -3),
        measured: true,
        indicators: JSON.stringify({ payment: { controlled: over.controlled }, clinical: { controlled: !over.controlled } }),
        referral_id: referralId,
      })
      .execute();
  };

/** All referrals that its visits have started are sent, or have come as well. */
const goOnWithReferrals =
  (came: boolean): Change =>
  (db, enrolmentId) =>
    db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ id: string }>`
        select referral_id as id from follow_up_visit where enrolment_id = ${enrolmentId} and referral_id is not null order by 1`.execute(
        trx,
      );
      for (const { id } of rows) {
        await sql`
          insert into timeline (pathway_id, seq, version, happened_at, actor, event, because)
          select ${id}, coalesce(max(seq), 0) + 1, 1, now(), '{}', ${came ? 'send-outcome' : 'send-referral-package'}, '[]' from timeline where pathway_id = ${id}`.execute(
          trx,
        );
        await trx
          .updateTable('referral')
          .set({ sent_at: at('2026-01-01T00:00') })
          .where('id', '=', id)
          .execute();
      }
    });

const change =
  (set: (enrolmentId: string) => ReturnType<typeof sql>): Change =>
  (db, id) =>
    set(id).execute(db);

const changes: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        day,
        fc.record({
          mode: fc.constantFrom('clinic' as const, 'phone' as const),
          late: fc.boolean(),
          controlled: fc.boolean(),
          annualExam: fc.boolean(),
          refers: fc.boolean(),
        }),
      )
      .map(([on, over]) => visitOn(on, over)),
  },
  fc.boolean().map(goOnWithReferrals),
  fc.tuple(day, fc.constantFrom('lost', 'died', 'withdrawn')).map(([on, reason]) =>
    change(
      (
        id,
      ) => sql`update enrolment set status = 'ended', end_reason = ${reason}, ended_at = ${at(`${on}T09:00`)}, next_opens_on = null, next_due_on = null,
          pause_reason = null where id = ${id}`,
    ),
  ),
  day.map((on) =>
    change(
      (
        id,
      ) => sql`update enrolment set status = 'active', end_reason = null, ended_at = null, next_opens_on = null, next_due_on = ${on}, pause_reason = null
        where id = ${id}`,
    ),
  ),
  fc
    .constantFrom('inst-c01', 'inst-c02')
    .map((centre) => change((id) => sql`update enrolment set institution_id = ${centre} where id = ${id}`)),
  fc
    .constantFrom('patient-0001', 'patient-0002')
    .map((patient) => change((id) => sql`update enrolment set patient_id = ${patient} where id = ${id}`)),
  fc
    .constantFrom('htn-2017', 't2dm-2017')
    .map((protocol) => change((id) => sql`update enrolment set protocol_id = ${protocol} where id = ${id}`)),
  day.map(
    (on): Change =>
      (db, id) =>
        db.transaction().execute(async (trx) => {
          await sql`
            insert into timeline (pathway_id, seq, version, happened_at, actor, event, because)
            select pathway_id, (select coalesce(max(seq), 0) + 1 from timeline where timeline.pathway_id = enrolment.pathway_id), 1, now(), '{}', 'expired',
              jsonb_build_array(jsonb_build_object('evidence', jsonb_build_object('dueOn', ${on}::text, 'enrolmentIds', id::text)))
            from enrolment where id = ${id}`.execute(trx);
          await sql`update enrolment set missed = missed + 1 where id = ${id}`.execute(trx);
        }),
  ),
);

const followUpsFrom = (starts: readonly string[]): StoredFollowUp[] =>
  starts.map((startedOn, n) => ({
    patientId: `patient-000${(n % 3) + 1}`,
    institutionId: n % 2 === 0 ? 'inst-c01' : 'inst-c02',
    expired: [],
    enrolments: [
      {
        id: uuid(),
        protocol: n % 4 === 0 ? 't2dm-2017' : 'htn-2017',
        startedOn,
        status: 'active',
        endReason: null,
        endedAt: null,
        nextDueOn: '2026-05-05',
        visits: [],
      },
    ],
  }));

const idsOf = (followUps: readonly StoredFollowUp[]): string[] => followUps.flatMap(({ enrolments }) => enrolments.map(({ id }) => id));

test('random histories with late corrections: the sums are those of a recount at every moment, folded or not', async () => {
  const step = fc.record({ of: fc.nat(), act: changes, fold: fc.boolean(), look: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(day, { minLength: 1, maxLength: 5 }), fc.array(step, { maxLength: 25 }), async (starts, steps) => {
      const db = createDatabase(createPool(await demoDatabase(), { connections: 2 }));
      try {
        const followUps = followUpsFrom(starts);
        const ids = idsOf(followUps);
        await storeFollowUps(db, followUps);
        for (const { of, act, fold, look } of steps) {
          await act(db, ids[of % ids.length] as string);
          if (fold) await foldFollowUpChanges(db);
          if (look) await expectSumsAsCounted(db);
        }
        await expectSumsAsCounted(db);
        await foldAll(db);
        await expectSumsAsCounted(db);
      } finally {
        await db.destroy();
      }
    }),
    { numRuns: 5 },
  );
}, 120_000);

const everyday = { mode: 'clinic', late: false, controlled: true, annualExam: false, refers: true } as const;

test('what happens to one resident at once is counted once, also beside a fold', async () => {
  const db = await demo();
  const followUps = followUpsFrom(['2025-03-01', '2025-04-01', '2025-05-01', '2025-06-01']);
  const ids = idsOf(followUps);
  await storeFollowUps(db, followUps);
  for (const on of ['2025-09-01', '2025-10-01', '2026-02-03'])
    await Promise.all([...ids.flatMap((id) => [visitOn(on, everyday)(db, id), goOnWithReferrals(true)(db, id)]), foldFollowUpChanges(db)]);
  await expectSumsAsCounted(db);
});

/** As if everything had been stored by a release that knew no sums. */
const forgetSums = async (db: Database): Promise<void> => {
  await sql`truncate follow_up_part, follow_up_part_change, follow_up_month`.execute(db);
  await sql`update fill set after = null, finished_at = null where name = 'follow-up-parts'`.execute(db);
};

test('follow-ups from before the sums are filled in, once, and beside what comes meanwhile', async () => {
  const db = await demo();
  const followUps = followUpsFrom(['2025-03-01', '2025-04-01', '2025-05-01', '2025-06-01']);
  const ids = idsOf(followUps);
  await storeFollowUps(db, followUps);
  for (const id of ids) await visitOn('2025-08-01', everyday)(db, id);
  await forgetSums(db);
  await Promise.all([finishFills(db), ...ids.map((id) => visitOn('2025-09-01', everyday)(db, id))]);
  await expectSumsAsCounted(db);
  await finishFills(db);
  await expectSumsAsCounted(db);
});

test('the sums reach to the end of next year; what lies behind is counted, and once a year they reach a year further', async () => {
  const db = await demo();
  await storeFollowUps(db, followUpsFrom(['2024-03-01', '2025-04-01', '2025-12-31']));
  await forgetSums(db);
  await sql`update follow_up_horizon set filled_year = 0, target_year = 2025`.execute(db);
  await finishFills(db);
  const horizon = () => db.selectFrom('follow_up_horizon').select(['filled_year', 'target_year']).execute();
  expect(await horizon()).toEqual([{ filled_year: 2025, target_year: 2025 }]);
  await expectSumsAsCounted(db);
  await extendFollowUpHorizon(db, at('2026-01-01T00:00'));
  expect(await horizon()).toEqual([{ filled_year: 2027, target_year: 2027 }]);
  await expectSumsAsCounted(db);
  await extendFollowUpHorizon(db, at('2026-12-31T23:59'));
  expect(await horizon()).toEqual([{ filled_year: 2027, target_year: 2027 }]);
});
