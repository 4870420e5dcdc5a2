/** The sums of the months are what a count of the referrals comes to: whatever happens to these, whoever folds when, and for what was there before the sums. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { finishFills } from '../../../db/fills.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import type { IndicatorRow } from '../../../db/kit/indicators.ts';
import { loadReceivedIndicators, loadSentIndicators } from '../../../db/referral/indicators.ts';
import { foldReferralChanges } from '../../../db/referral/month-figures.ts';
import { storeReferrals } from '../../support/builders/referral-rows.ts';
import { recountReceivedIndicators, recountSentIndicators } from '../../support/oracles/referral-indicators.ts';
import { demoDatabase } from '../../support/service/database.ts';

const at = (text: string): Date => new Date(`${text}+08:00`);
const wide = { from: at('2025-01-01T00:00'), to: at('2027-01-01T00:00') };
const hospitals = ['inst-h1', 'inst-h2', 'inst-h3'];

async function demo(): Promise<Database> {
  const db = createDatabase(createPool(await demoDatabase(), { connections: 4 }));
  onTestFinished(() => db.destroy());
  return db;
}

const byPlace = (rows: IndicatorRow<unknown>[]) => new Map(rows.map((row) => [`${row.institutionId} ${row.month}`, row.counts]));

async function expectSumsAsCounted(db: Database): Promise<void> {
  expect(byPlace(await loadSentIndicators(db, wide))).toEqual(byPlace(await recountSentIndicators(db, wide)));
  expect(byPlace(await loadReceivedIndicators(db, wide))).toEqual(byPlace(await recountReceivedIndicators(db, wide)));
}

const sumsOf = async (db: Database): Promise<unknown> => [
  byPlace(await loadSentIndicators(db, wide)),
  byPlace(await loadReceivedIndicators(db, wide)),
];

// --- what may happen to a referral: each in a transaction that writes its row, as every decision does ----------------------

const minute = 60_000;
type Change = (db: Database, id: string) => Promise<void>;

const addEntry =
  (event: string, at: Date, from: string | null, clause: string): Change =>
  async (db, id) => {
    await sql`
      insert into timeline (pathway_id, seq, version, happened_at, actor, event, from_status, to_status, because)
      select ${id}, coalesce(max(seq), 0) + 1, 1, ${at}, '{"system": true}', ${event}, ${from}, 'accepted', ${JSON.stringify([{ clause }])}::jsonb
      from timeline where pathway_id = ${id}`.execute(db);
  };

/** The referral goes on to the next hospital that it has not been at. */
const goOn =
  (at: Date, reason: string): Change =>
  async (db, id) => {
    await sql`
      with last as (select * from referral_leg where referral_id = ${id} order by n desc limit 1),
      ended as (update referral_leg set to_at = ${at}, end_reason = ${reason} from last where referral_leg.referral_id = last.referral_id
        and referral_leg.n = last.n and last.to_at is null and last.n < 3 returning last.n)
      select n from ended`.execute(db);
    await sql`
      insert into referral_leg (referral_id, n, institution_id, from_at)
      select referral_id, n + 1, (${hospitals}::text[])[n + 1], ${at} from referral_leg as last
      where referral_id = ${id} and n < 3 and to_at is not null and not exists (select from referral_leg where referral_id = ${id} and n > last.n)`.execute(
      db,
    );
  };

const setStatus =
  (status: string): Change =>
  async (db, id) => {
    await db.updateTable('referral').set({ status }).where('id', '=', id).execute();
  };

const setState =
  (member: 'reviewedAt' | 'formerInitiators', value: unknown): Change =>
  async (db, id) => {
    await sql`update pathway set state = jsonb_set(state, ${`{${member}}`}, ${JSON.stringify(value)}::jsonb) where id = ${id}`.execute(db);
  };

const moveToOtherCentre: Change = async (db, id) => {
  await setState('formerInitiators', ['inst-c01'])(db, id);
  await db.updateTable('referral').set({ initiator_institution_id: 'inst-c02' }).where('id', '=', id).execute();
};

const instant = fc.integer({ min: 0, max: 70 * 24 * 60 }).map((minutes) => new Date(at('2026-01-20T00:00').getTime() + minutes * minute));
const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(fc.constantFrom('send-acceptance', 'send-decline', 'refer-onward'), instant, fc.constantFrom('received', 'accepted'))
    .map(([event, when, from]) => addEntry(event, when, from, event)),
  fc
    .tuple(fc.constantFrom('send-interim-note', 'send-outcome', 'report-no-show', 'expire'), instant)
    .map(([event, when]) => addEntry(event, when, 'accepted', event)),
  fc
    .tuple(instant, fc.constantFrom('referral/received at 100 %', 'referral/first-follow-up at 100 %', 'referral/consent at 100 %'))
    .map(([when, clause]) => addEntry('rung-100', when, 'received', clause)),
  fc.tuple(instant, fc.constantFrom('no-answer', 'referred-onward')).map(([when, reason]) => goOn(when, reason)),
  fc.constantFrom('accepted', 'completed', 'cancelled', 'rejected', 'received').map(setStatus),
  fc.constantFrom(at('2026-03-03T00:00').getTime(), null).map((reviewedAt) => setState('reviewedAt', reviewedAt)),
  fc.constant(moveToOtherCentre),
);

const referral = fc.record({
  initiatorId: fc.constantFrom('inst-c01', 'inst-c03'),
  direction: fc.constantFrom('up' as const, 'down' as const),
  urgency: fc.constantFrom('urgent' as const, 'same-day' as const, 'routine' as const),
  status: fc.constant('received'),
  sentAt: instant,
});

const doChange = (db: Database, id: string, act: Change): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await act(trx, id);
    await sql`update referral set id = id where id = ${id}`.execute(trx);
  });

test('random histories with late corrections: the sums are those of a recount at every moment, folded or not', async () => {
  const step = fc.record({ of: fc.nat(), change, fold: fc.boolean(), look: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(referral, { minLength: 1, maxLength: 12 }), fc.array(step, { maxLength: 60 }), async (referrals, steps) => {
      const db = createDatabase(createPool(await demoDatabase(), { connections: 2 }));
      try {
        const ids = await storeReferrals(
          db,
          referrals.map((one) => ({ ...one, legs: [{ institutionId: 'inst-h1', from: one.sentAt }], entries: [] })),
        );
        for (const { of, change: act, fold, look } of steps) {
          await doChange(db, ids[of % ids.length] as string, act);
          if (fold) await foldReferralChanges(db);
          if (look) await expectSumsAsCounted(db);
        }
        await expectSumsAsCounted(db);
        while ((await foldReferralChanges(db)) > 0);
        await expectSumsAsCounted(db);
      } finally {
        await db.destroy();
      }
    }),
    { numRuns: 6 },
  );
}, 120_000);

const waiting = (sentAt: Date, status = 'received') => ({
  status,
  sentAt,
  legs: [{ institutionId: 'inst-h1', from: sentAt }],
  entries: [{ event: 'send-acceptance', at: new Date(sentAt.getTime() + 90 * minute), from: 'received', to: 'accepted' }],
});

test('changes that are folded by several at once are added once', async () => {
  const db = await demo();
  await storeReferrals(
    db,
    Array.from({ length: 1_200 }, (_, n) => waiting(new Date(at('2026-02-01T08:00').getTime() + n * minute))),
  );
  const before = await sumsOf(db);
  const folded = await Promise.all([1, 2, 3, 4].map(() => foldReferralChanges(db)));
  expect(folded.reduce((sum, some) => sum + some, 0)).toBe(2_400);
  expect(await sumsOf(db)).toEqual(before);
  await expectSumsAsCounted(db);
});

test('a referral that is written without a change of what it counts leaves the sums alone', async () => {
  const db = await demo();
  const [id] = await storeReferrals(db, [waiting(at('2026-02-01T08:00'))]);
  while ((await foldReferralChanges(db)) > 0);
  await doChange(db, id as string, async (trx) => {
    await trx
      .updateTable('referral')
      .set({ due_at: at('2026-02-03T08:00') })
      .where('id', '=', id as string)
      .execute();
  });
  expect(await foldReferralChanges(db)).toBe(0);
});

// --- what was there before -----------------------------------------------------------------------------------------

describe('referrals from before the sums', () => {
  /** As if they had been stored by a release that knew no sums. */
  async function storeOld(db: Database, count: number): Promise<string[]> {
    const stored = await storeReferrals(
      db,
      Array.from({ length: count }, (_, n) => waiting(new Date(at('2026-02-01T08:00').getTime() + n * 60 * minute))),
    );
    await sql`truncate referral_part, referral_part_change, referral_month, referral_answers_of_alliance`.execute(db);
    await sql`update fill set after = null, finished_at = null where name = 'referral-parts'`.execute(db);
    return stored;
  }

  test('are filled in, once, and beside decisions that come meanwhile', async () => {
    const db = await demo();
    const ids = await storeOld(db, 700);
    await doChange(db, ids[3] as string, setStatus('completed'));
    await Promise.all([
      finishFills(db),
      ...[5, 450, 650].map((n) => doChange(db, ids[n] as string, setStatus('completed'))),
      storeReferrals(db, [waiting(at('2026-02-20T08:00'))]),
    ]);
    await expectSumsAsCounted(db);
    await finishFills(db);
    await expectSumsAsCounted(db);
    expect((await loadSentIndicators(db, wide)).reduce((sum, { counts }) => sum + counts.referrals, 0)).toBe(701);
  });

  test('a fill waits for a decision that is being committed, and counts what it has come to once', async () => {
    const db = await demo();
    const [id] = await storeOld(db, 2);
    let filling: Promise<void> | undefined;
    await db.transaction().execute(async (trx) => {
      await setStatus('completed')(trx, id as string);
      filling = finishFills(db);
      await vi.waitFor(
        async () => {
          const { rows } = await sql`
            select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
          expect(rows).toHaveLength(1);
        },
        { timeout: 20_000 },
      );
    });
    await filling;
    await expectSumsAsCounted(db);
  });
});
