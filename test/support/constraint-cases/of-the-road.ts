/** Invariants 6 to 12: loads, signatures, counts, recalls, rounds, special pathogens. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import {
  act,
  at,
  atOnce,
  type Case,
  constraintOf,
  count,
  db,
  loadInIncubation,
  newBox,
  newScan,
  newSlip,
  openLine,
  readAs,
  releasedPack,
  rows,
  set,
  signedRecall,
  stow,
  today,
} from './ground.ts';

export const casesOfTheRoad: Case[] = [
  // 6
  {
    invariant: 6,
    constraint: 'steriliser_run_alone',
    async around() {
      const { steriliserId } = await releasedPack();
      await rows.bowieDick(steriliserId, at('00:40'), at('00:50'));
    },
    async race() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loads = [await rows.load(steriliserId), await rows.load(steriliserId)];
      return Promise.all(loads.map((id) => constraintOf(rows.startLoad(id, at('01:00')))));
    },
  },
  {
    invariant: 6,
    constraint: 'steriliser_run_stays',
    async around() {
      const { loadId } = await releasedPack();
      await db
        .updateTable('steriliser_run')
        .set({ started_at: at('00:50') })
        .where('id', '=', loadId)
        .execute();
    },
  },
  {
    invariant: 6,
    constraint: 'load_start_stays',
    around: async () => set('steriliser_load', (await releasedPack()).loadId, { started_at: at('00:10') })(db),
  },
  {
    invariant: 6,
    constraint: 'steriliser_back_by_requalification',
    async around() {
      const id = await rows.steriliser({ status: 'out-of-service' });
      await set('steriliser', id, { status: 'in-service' })(db);
    },
  },
  // 7
  {
    invariant: 7,
    constraint: 'pack_names_its_load',
    around: async () => set('pack', (await releasedPack()).packId, { load_id: null })(db),
  },
  {
    invariant: 7,
    constraint: 'load_pack_once',
    async around() {
      const steriliserId = await rows.steriliser();
      const packId = await rows.pack();
      for (const _ of [1, 2]) await rows.load(steriliserId, [packId]);
    },
    async race() {
      const steriliserId = await rows.steriliser();
      const packId = await rows.pack();
      const loads = [await rows.load(steriliserId), await rows.load(steriliserId)];
      return Promise.all(loads.map((load_id) => constraintOf(db.insertInto('load_pack').values({ load_id, pack_id: packId }).execute())));
    },
  },
  {
    invariant: 7,
    constraint: 'load_members_named',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loadId = await rows.load(steriliserId);
      await db
        .insertInto('load_pack')
        .values({ load_id: loadId, pack_id: await rows.pack({ checker_id: 'person-checker', labelled_on: today }) })
        .execute();
      await rows.startLoad(loadId, at('01:00'));
    },
  },
  // 8
  {
    invariant: 8,
    constraint: 'load_members_checked',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const packId = await rows.pack();
      const loadId = await rows.load(steriliserId);
      await act(async (trx) => {
        await trx.insertInto('load_pack').values({ load_id: loadId, pack_id: packId }).execute();
        await set('pack', packId, { load_id: loadId, status: 'planned' })(trx);
      });
      await rows.startLoad(loadId, at('01:00'));
    },
  },
  {
    invariant: 8,
    constraint: 'pack_hands_stay',
    around: async () => set('pack', (await releasedPack()).packId, { packer_id: 'person-headnurse' })(db),
  },
  {
    invariant: 8,
    constraint: 'slip_recount_by_another',
    async around() {
      const { id } = await newSlip(null, 'frozen', 'collect');
      for (const minute of [1, 2]) await act(count(id, 'person-technician', minute));
    },
    async race() {
      const { id } = await newSlip(null, 'frozen', 'collect');
      return atOnce(count(id, 'person-technician', 1), count(id, 'person-technician', 2));
    },
  },
  {
    invariant: 8,
    constraint: 'stop_signed_by_both',
    around: async () => rows.step((await rows.round()).stopId, 'signed', at('01:00')),
  },
  {
    invariant: 8,
    constraint: 'recall_closes_in_service',
    async around() {
      const steriliserId = await rows.steriliser({ status: 'out-of-service' });
      const id = await signedRecall(steriliserId);
      await db.updateTable('recall').set({ status: 'closed' }).where('id', '=', id).execute();
    },
  },
  // 9
  {
    invariant: 9,
    constraint: 'load_failed_recalled',
    around: async () => set('steriliser_load', (await releasedPack()).loadId, { status: 'failed' })(db),
  },
  {
    invariant: 9,
    constraint: 'recall_holds_load',
    async around() {
      const { loadId, steriliserId } = await releasedPack();
      await db
        .insertInto('recall_load')
        .values({ recall_id: await rows.recall(steriliserId, []), load_id: loadId })
        .execute();
    },
  },
  {
    invariant: 9,
    constraint: 'recall_line_not_found',
    async around() {
      const { packId, steriliserId } = await releasedPack();
      const id = await rows.recall(steriliserId, [packId]);
      await db.updateTable('recall_line').set({ state: 'ended', end: 'not-found' }).where('recall_id', '=', id).execute();
    },
  },
  {
    invariant: 9,
    constraint: 'recall_line_open',
    async around() {
      const { packId, steriliserId } = await releasedPack();
      const id = await signedRecall(steriliserId);
      await db.updateTable('recall').set({ status: 'closed' }).where('id', '=', id).execute();
      await db.insertInto('recall_line').values(openLine(id, packId)).execute();
    },
    async race() {
      const { packId, steriliserId } = await releasedPack();
      const id = await signedRecall(steriliserId);
      const answers = await atOnce(
        (trx) => trx.updateTable('recall').set({ status: 'closed' }).where('id', '=', id).execute(),
        (trx) => trx.insertInto('recall_line').values(openLine(id, packId)).execute(),
      );
      const refused = answers.find((answer) => answer !== undefined);
      expect(['recall_line_open', 'recall_closes_whole']).toContain(refused);
      return answers.map((answer) => (answer === undefined ? undefined : 'recall_line_open'));
    },
  },
  // 10
  {
    invariant: 10,
    constraint: 'load_indicator_correction',
    async around() {
      const { indicatorId } = await loadInIncubation();
      await readAs(indicatorId, 'pass')(db);
      await readAs(indicatorId, 'invalid')(db);
    },
  },
  {
    invariant: 10,
    constraint: 'scan_once',
    async around() {
      const scan = await newScan();
      await scan(db);
      await scan(db);
    },
    async race() {
      const scan = await newScan();
      return atOnce(scan, scan);
    },
  },
  {
    invariant: 10,
    constraint: 'scan_content_kept',
    async around() {
      await (await newScan())(db);
      await db.updateTable('scan').set({ type: 'opened' }).execute();
    },
  },
  ...[
    'pack_label',
    'slip_count',
    'cleaning',
    'wash_batch',
    'inspection',
    'bowie_dick_test',
    'climate_reading',
    'scan_conflict',
    'recall_load',
  ].map(
    (table): Case => ({
      invariant: 10,
      constraint: `rows of ${table} are never changed`,
      around: () => sql`delete from ${sql.table(table)}`.execute(db),
    }),
  ),
  // 11
  {
    invariant: 11,
    constraint: 'pack_expiry_only_shrinks',
    around: async () => set('pack', (await releasedPack()).packId, { expires_on: '2099-01-01' })(db),
    async race() {
      const { packId } = await releasedPack();
      // Two breaches re-date a pack at once: whichever comes last, the worse date stays.
      const answers = await atOnce(set('pack', packId, { expires_on: '2026-01-10' }), set('pack', packId, { expires_on: '2026-01-20' }));
      const { expires_on } = await db.selectFrom('pack').select('expires_on').where('id', '=', packId).executeTakeFirstOrThrow();
      expect(expires_on).toBe('2026-01-10');
      return answers[1] === undefined ? [undefined, 'pack_expiry_only_shrinks'] : answers;
    },
  },
  {
    invariant: 11,
    constraint: 'pack_label_date',
    around: async () => set('pack', (await releasedPack()).packId, { labelled_on: '2099-01-01' })(db),
  },
  {
    invariant: 11,
    constraint: 'load_members_labelled',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loadId = await rows.load(steriliserId, [await rows.pack()]);
      await act(async (trx) => {
        await trx
          .insertInto('steriliser_run')
          .values({ id: loadId, steriliser_id: steriliserId, started_at: at('01:00') })
          .execute();
        await set('steriliser_load', loadId, { status: 'running', started_at: at('01:00'), operator_id: 'person-technician' })(trx);
      });
    },
  },
  // 12
  {
    invariant: 12,
    constraint: 'consignment_special_alone',
    async around() {
      const round = await rows.round();
      const box = await newBox('soiled');
      await act(stow(round, box, null));
      await act(stow(round, box, 'prion'));
    },
    async race() {
      const round = await rows.round();
      const box = await newBox('soiled');
      return atOnce(stow(round, box, null), stow(round, box, 'prion'));
    },
  },
  {
    invariant: 12,
    constraint: 'set_instance_washed_by_batch',
    async around() {
      const id = await rows.setInstance({ status: 'in-decon', special: 'prion' });
      const endedAt = at('04:00');
      await act(async (trx) => {
        await trx
          .insertInto('wash_batch')
          .values({
            id: randomUUID(),
            washer_id: 'washer-1',
            started_at: at('03:00'),
            ended_at: endedAt,
            temperature_c: 93,
            seconds: 150,
            direct_use: false,
            result: 'pass',
            a0: 2_993,
            set_instance_ids: [id],
            recorded_by: '{}',
          })
          .execute();
        await trx
          .updateTable('set_instance')
          .set({ status: 'washed', special: null, status_since: endedAt })
          .where('id', '=', id)
          .execute();
      });
    },
  },
];
