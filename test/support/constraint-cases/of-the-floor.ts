/** Invariants 1 to 5: packs, sets, lanes and steps. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Trx } from '../../../db/kit/transaction.ts';
import { createSupplyRows } from '../builders/sterile-supply-rows.ts';
import {
  act,
  at,
  atOnce,
  type Case,
  closedRound,
  db,
  departWith,
  giveTo,
  loadInIncubation,
  newBox,
  newSlip,
  newVehicle,
  readAs,
  releasedPack,
  rows,
  set,
  type Work,
} from './ground.ts';

export const casesOfTheFloor: Case[] = [
  // 1
  {
    invariant: 1,
    constraint: 'pack_dispensable',
    async around() {
      const { packId } = await releasedPack({ owner_institution_id: 'inst-c02' });
      await set('pack', packId, { status: 'allocated', allocated_institution_id: 'inst-c02', status_since: at('02:00') })(db);
      await set('pack', packId, { allocated_institution_id: 'inst-c01' })(db);
    },
    async race() {
      const { packId, loadId, steriliserId } = await releasedPack();
      const recallId = await rows.recall(steriliserId, []);
      const line = {
        id: randomUUID(),
        recall_id: recallId,
        pack_id: packId,
        holder_type: 'cssd',
        holder_id: 'inst-cssd',
        state: 'open',
      } as const;
      const failing: Work = async (trx) => {
        await trx.insertInto('recall_line').values(line).execute();
        await trx.insertInto('recall_load').values({ recall_id: recallId, load_id: loadId }).execute();
        await set('steriliser_load', loadId, { status: 'failed' })(trx);
      };
      const answers = await atOnce(failing, giveTo(packId));
      // The failure always goes through; the hand-over came before it, or not at all.
      expect(answers[0]).toBeUndefined();
      const { status } = await db.selectFrom('pack').select('status').where('id', '=', packId).executeTakeFirstOrThrow();
      expect(status).toBe(answers[1] === undefined ? 'at-centre' : 'released');
      return answers[1] === undefined ? [undefined, 'pack_dispensable'] : answers;
    },
  },
  {
    invariant: 1,
    constraint: 'pack_never_back_to_store',
    async around() {
      const { packId } = await releasedPack();
      await giveTo(packId)(db);
      await set('pack', packId, { status: 'released' })(db);
    },
  },
  {
    invariant: 1,
    constraint: 'load_follows_indicators',
    async around() {
      const { indicatorId } = await loadInIncubation();
      await readAs(indicatorId, 'fail')(db);
    },
    async race() {
      const { loadId, indicatorId } = await loadInIncubation();
      const second = randomUUID();
      await db
        .insertInto('load_indicator')
        .values({ id: second, load_id: loadId, kind: 'bi', product: '1292', lot: 'L', status: 'incubating' })
        .execute();
      await readAs(indicatorId, 'pass')(db);
      await set('steriliser_load', loadId, { status: 'quarantined' })(db);
      await readAs(second, 'pass')(db);
      // Each of the two is lawful as long as the other has not happened.
      return atOnce(set('steriliser_load', loadId, { status: 'confirmed' }), (trx) =>
        trx
          .updateTable('load_indicator')
          .set({ status: 'invalid', corrections: JSON.stringify([{ reason: 'the control did not grow' }]) })
          .where('id', '=', second)
          .execute(),
      );
    },
  },
  ...(
    [
      ['load_release_unloaded', { unloaded_at: null }],
      ['load_release_physical', { physical: 'fail' }],
    ] as const
  ).map(
    ([constraint, values]): Case => ({
      invariant: 1,
      constraint,
      async around() {
        const steriliserId = await rows.steriliser();
        await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
        const loadId = await rows.load(steriliserId, [await rows.pack()]);
        await rows.startLoad(loadId, at('00:30'));
        await rows.releaseLoad(loadId, at('01:00'), values);
      },
    }),
  ),
  {
    invariant: 1,
    constraint: 'load_release_chemical',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loadId = await rows.load(steriliserId, [await rows.pack()]);
      await db
        .insertInto('load_indicator')
        .values({ id: randomUUID(), load_id: loadId, kind: 'pcd-ci', product: 'x', lot: 'L', class: 5, status: 'fail' })
        .execute();
      await rows.startLoad(loadId, at('00:30'));
      await rows.releaseLoad(loadId, at('01:00'));
    },
  },
  {
    invariant: 1,
    constraint: 'load_never_back',
    async around() {
      const { loadId } = await releasedPack();
      await set('steriliser_load', loadId, { status: 'rejected', rejected_at: at('04:00') })(db);
      await set('steriliser_load', loadId, { status: 'released', rejected_at: null })(db);
    },
  },
  // 2
  {
    invariant: 2,
    constraint: 'rows of custody are never changed',
    around: () => sql`truncate custody`.execute(db),
    async race() {
      const packId = await rows.pack();
      await Promise.all(['inst-c01', 'inst-c02'].map((id) => rows.seen('pack', packId, { type: 'centre', id }, at('03:00'))));
      const open = await db.selectFrom('custody').select('id').where('thing_id', '=', packId).where('until', 'is', null).execute();
      return open.map((_, index) => (index === 0 ? undefined : 'two places'));
    },
  },
  // 3
  {
    invariant: 3,
    constraint: 'slip_line_frozen',
    async around() {
      const { lineId } = await newSlip(null, 'frozen', 'deliver');
      await set('slip_line', lineId, { declared: 5 })(db);
    },
    async race() {
      const { id, lineId } = await newSlip(null, 'submitted', 'deliver');
      const answers = await atOnce(set('exchange_slip', id, { status: 'frozen' }), set('slip_line', lineId, { declared: 5 }));
      // The change came before the freezing, or it was refused.
      return answers[1] === undefined ? [undefined, 'slip_line_frozen'] : answers;
    },
  },
  {
    invariant: 3,
    constraint: 'slip_line_of_open_round',
    async around() {
      const round = await closedRound();
      const { lineId } = await newSlip(round.id, 'frozen', 'deliver', { outcome: 'short', short_reason: 'no-stock', delivered: 0 });
      await set('slip_line', lineId, { outcome: null })(db);
    },
    async race() {
      const round = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
      await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
      const { lineId } = await newSlip(round.id, 'frozen', 'deliver', { outcome: 'short', short_reason: 'no-stock', delivered: 0 });
      const answers = await atOnce(set('supply_round', round.id, { status: 'closed' }), set('slip_line', lineId, { outcome: null }));
      const refused = answers.find((answer) => answer !== undefined);
      expect(['slip_line_of_open_round', 'supply_round_closes_whole']).toContain(refused);
      return answers.map((answer) => (answer === undefined ? undefined : 'slip_line_of_open_round'));
    },
  },
  {
    invariant: 3,
    constraint: 'round_stop_of_open_round',
    async around() {
      const round = await closedRound();
      await db
        .insertInto('round_stop')
        .values({ id: randomUUID(), round_id: round.id, institution_id: 'inst-c02', arrive_at: at('05:00'), status: 'scheduled' })
        .execute();
    },
    async race() {
      const round = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
      await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
      const answers = await atOnce(set('supply_round', round.id, { status: 'closed' }), (trx) =>
        trx
          .insertInto('round_stop')
          .values({ id: randomUUID(), round_id: round.id, institution_id: 'inst-c02', arrive_at: at('05:00'), status: 'scheduled' })
          .execute(),
      );
      const refused = answers.find((answer) => answer !== undefined);
      expect(['round_stop_of_open_round', 'supply_round_closes_served']).toContain(refused);
      return answers.map((answer) => (answer === undefined ? undefined : 'round_stop_of_open_round'));
    },
  },
  {
    invariant: 3,
    constraint: 'slip_line_difference_told',
    async around() {
      const { lineId } = await newSlip(null, 'frozen', 'collect');
      await set('slip_line', lineId, { received: 2, incomplete: 0, damaged: 0, missing: 1, extra: 0 })(db);
    },
  },
  {
    invariant: 3,
    constraint: 'exchange_slip_closes_whole',
    async around() {
      const { id } = await newSlip(null, 'frozen', 'collect');
      await set('exchange_slip', id, { status: 'closed' })(db);
    },
  },
  {
    invariant: 3,
    constraint: 'supply_round_closes_served',
    async around() {
      const { id } = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
      await set('supply_round', id, { status: 'closed' })(db);
    },
  },
  // 4
  {
    invariant: 4,
    constraint: 'round_leg_clean',
    async around() {
      const vehicleId = await newVehicle();
      await db
        .updateTable('vehicle')
        .set({ last_used_at: at('00:00') })
        .where('id', '=', vehicleId)
        .execute();
      const { id } = await rows.round({ vehicle_id: vehicleId, status: 'loaded' });
      await act(departWith(id, vehicleId));
    },
    async race() {
      const vehicleId = await newVehicle();
      const rounds = [
        await rows.round({ vehicle_id: vehicleId, status: 'loaded' }),
        await rows.round({ vehicle_id: vehicleId, status: 'loaded' }),
      ];
      return atOnce(...rounds.map(({ id }) => departWith(id, vehicleId)));
    },
  },
  {
    invariant: 4,
    constraint: 'supply_round_has_leg',
    around: async () => set('supply_round', (await rows.round({ status: 'loaded' })).id, { status: 'departed' })(db),
  },
  {
    invariant: 4,
    constraint: 'supply_round_closes_clean',
    async around() {
      const vehicleId = await newVehicle();
      await db
        .updateTable('vehicle')
        .set({ last_used_at: at('00:00') })
        .where('id', '=', vehicleId)
        .execute();
      const round = await rows.round({ status: 'handed-over', vehicle_id: vehicleId });
      await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
      await set('supply_round', round.id, { status: 'closed' })(db);
    },
  },
  {
    invariant: 4,
    constraint: 'vehicle_cleaning_recorded',
    around: async () =>
      db
        .updateTable('vehicle')
        .set({ last_cleaned_at: at('04:00') })
        .where('id', '=', await newVehicle())
        .execute(),
  },
  {
    invariant: 4,
    constraint: 'transport_box_use_stays',
    async around() {
      const id = await newBox('soiled');
      await db
        .updateTable('transport_box')
        .set({ last_used_at: at('04:00') })
        .where('id', '=', id)
        .execute();
      await db.updateTable('transport_box').set({ last_used_at: null }).where('id', '=', id).execute();
    },
  },
  // 5
  {
    invariant: 5,
    constraint: 'stop_step_of_person',
    around: async () => rows.step((await rows.round()).stopId, 'sterile-handed', at('01:00'), { in_order: false }),
  },
  {
    invariant: 5,
    constraint: 'stop_step_hygiene',
    async around() {
      const { stopId } = await rows.round();
      await rows.step(stopId, 'soiled-stowed', at('01:00'));
      await rows.step(stopId, 'sterile-handed', at('01:01'));
    },
    async race() {
      const { stopId } = await rows.round();
      const step = (name: 'soiled-stowed' | 'sterile-handed', time: string) => (trx: Trx) =>
        createSupplyRows(trx).step(stopId, name, at(time));
      return atOnce(step('soiled-stowed', '01:00'), step('sterile-handed', '01:01'));
    },
  },
  {
    invariant: 5,
    constraint: 'stop_step_stays',
    async around() {
      const { stopId } = await rows.round();
      await rows.step(stopId, 'gloves-off', at('01:00'));
      await db.updateTable('stop_step').set({ step: 'hand-hygiene' }).where('stop_id', '=', stopId).execute();
    },
  },
];
