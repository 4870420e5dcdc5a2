/** What people do at random with slips and rounds: order, plan, load, drive, hand over, count. */
import { localDateOf } from '../../../domain/time/local-date.ts';
import { centres, NothingThere, type StormCommands, type StormTools } from './storm-tools.ts';

export const roundCommands = ({ ids, now, one, seal, service, some, world }: StormTools): StormCommands => ({
  async slip(post, random) {
    const { id, nurse } = random.pick(centres);
    const setTypeId = random.pick(world.setTypeIds);
    const collect = Math.max(1, (await some('set_instance', `status = 'used'`, 2)).length);
    const lines = [
      { direction: 'collect', setTypeId, quantity: collect },
      { direction: 'deliver', setTypeId, quantity: random.integer(1, 3) },
    ];
    const [open] = await some('exchange_slip', `institution_id = '${id}' and status in ('draft', 'submitted')`);
    const act = open === undefined ? 2 : random.integer(0, 3);
    if (act === 0) await post(nurse, `/v1/slips/${open}/cancel`, { reason: 'x' });
    else if (act === 1) await post(nurse, `/v1/slips/${open}/amend`, { lines });
    else await post(nurse, '/v1/slips', { lines });
  },
  async round(post, random) {
    const from = random.integer(0, 2);
    await post('dispatcher', '/v1/rounds', {
      on: localDateOf(Date.parse(now())),
      vehicleId: random.pick(world.vehicles),
      driverId: 'person-driver',
      courierId: 'person-courier',
      departAt: now(5),
      stops: centres
        .slice(from, from + random.integer(1, 3))
        .map(({ id }, index) => ({ institutionId: id, arriveAt: now(15 + index * 10) })),
    });
  },
  async confirm(post) {
    await post('dispatcher', `/v1/rounds/${await one('supply_round', `status = 'planned'`)}/confirm`);
  },
  async addStop(post, random) {
    const roundId = await one('supply_round', `status in ('planned', 'confirmed', 'loaded', 'departed')`);
    const stop = { institutionId: random.pick(centres).id, arriveAt: now(30), reason: 'x' };
    await post('dispatcher', `/v1/rounds/${roundId}/add-stop`, { ...stop, happenedAt: now() });
  },
  async moveStop(post) {
    const { rows } = await service.pool.query(`select stop.id, round_id, other.id as to_round_id
      from round_stop as stop join supply_round as round on round.id = round_id
        join supply_round as other on other.id <> round_id and other.status in ('planned', 'confirmed', 'loaded', 'departed')
      where round.status in ('confirmed', 'loaded', 'departed') and stop.status = 'scheduled' and stop.moved_to_round_id is null
        and not exists (select from round_stop where round_id = other.id and institution_id = stop.institution_id)
      order by random() limit 1`);
    const [stop] = rows;
    if (!stop) throw new NothingThere();
    await post('dispatcher', `/v1/rounds/${stop.round_id}/move-stop`, {
      stopId: stop.id,
      toRoundId: stop.to_round_id,
      reason: 'x',
      happenedAt: now(),
    });
  },
  async breakDown(post) {
    const id = await one('supply_round', `status = 'departed' and not broken_down`);
    await post('driver', `/v1/rounds/${id}/break-down`, { note: 'tyre', happenedAt: now() });
  },
  async carryOn(post, random) {
    const id = await one('supply_round', `status = 'departed' and broken_down`);
    const { rows } = await service.pool.query('select id, seal_number from consignment where round_id = $1', [id]);
    const consignments = rows.map((row) => ({ consignmentId: row.id, sealNumber: row.seal_number, intact: random.chance(0.8) }));
    if (random.chance(0.3)) await post('dispatcher', `/v1/rounds/${id}/abort`, { reason: 'x', happenedAt: now() });
    else await post('courier', `/v1/rounds/${id}/transfer`, { vehicleId: random.pick(world.vehicles), consignments, happenedAt: now() });
  },
  async consign(post, random) {
    const roundId = await one('supply_round', `status = 'confirmed'`);
    const stopId = await one('round_stop', `round_id = '${roundId}' and status = 'scheduled'`);
    const packIds = await some('pack', `status in ('allocated', 'released')`, random.integer(1, 2));
    const boxId = random.pick([...world.boxes.sterile, ...world.boxes.sterile, ...world.boxes.soiled]);
    await post('technician', `/v1/rounds/${roundId}/consignments`, { stopId, boxId, sealNumber: seal(), packIds, happenedAt: now() });
  },
  async takeOff(post) {
    const [packId = ''] = await some('pack', `status = 'on-vehicle'`);
    const roundId = await one('supply_round', `status in ('confirmed', 'loaded')`);
    await post('technician', `/v1/rounds/${roundId}/take-off`, { packIds: [packId], reason: 'x', happenedAt: now() });
  },
  async load(post) {
    await post('technician', `/v1/rounds/${await one('supply_round', `status = 'confirmed'`)}/complete-loading`, { happenedAt: now() });
  },
  async depart(post) {
    await post('courier', `/v1/rounds/${await one('supply_round', `status = 'loaded'`)}/depart`, { happenedAt: now() });
  },
  async clean(post, random) {
    const things = [
      ...world.vehicles.map((id) => `vehicles/${id}`),
      ...[...world.boxes.sterile, ...world.boxes.soiled].map((id) => `boxes/${id}`),
    ];
    await post('courier', `/v1/${random.pick(things)}/clean`, { method: 'wipe', happenedAt: now(1) });
  },
  async step(post, random) {
    const [stop] = (
      await service.pool.query(
        `select stop.id, stop.status, institution_id from round_stop as stop join supply_round as round on round.id = round_id
         where round.status = 'departed' and stop.status not in ('left', 'failed') order by random() limit 1`,
      )
    ).rows;
    if (!stop) return;
    const order = ['scheduled', 'arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed', 'left'];
    const step = random.chance(0.9) ? order[order.indexOf(stop.status) + 1] : random.pick(order.slice(1));
    const { nurse } = centres.find(({ id }) => id === stop.institution_id) ?? { nurse: 'nurse' };
    const packIds = await ids(
      `select pack.id from pack join consignment on consignment.id = consignment_id where stop_id = $1 and pack.status in ('on-vehicle', 'at-centre')`,
      [stop.id],
    );
    const bodies: Record<string, object> = {
      'soiled-stowed': {
        consignments: Array.from({ length: random.integer(0, 2) }, () => ({
          sealNumber: seal(),
          boxId: random.pick(world.boxes.soiled),
          intact: random.chance(0.9),
          ...(random.chance(0.2) ? { special: 'prion' } : {}),
        })),
      },
      'sterile-handed': { packIds },
      checked: { accepted: packIds, rejected: [] },
      signed: {
        signatures: [
          { personId: 'person-courier', method: 'session' },
          { personId: `person-${nurse}`, method: 'paper' },
        ],
      },
    };
    const account = step === 'checked' ? nurse : 'courier';
    await post(account, `/v1/stops/${stop.id}/steps`, { step, ...bodies[step ?? ''], happenedAt: now() });
  },
  async fail(post, random) {
    const id = await one('round_stop', `status not in ('left', 'failed', 'signed')`);
    if (random.chance(0.3)) await post('courier', `/v1/stops/${id}/fail`, { reason: 'closed', happenedAt: now() });
  },
  async return(post) {
    await post('driver', `/v1/rounds/${await one('supply_round', `status = 'departed'`)}/return`, { happenedAt: now() });
  },
  async handOver(post, random) {
    const roundId = await one('supply_round', `status = 'returned'`);
    const { rows } = await service.pool.query(`select id, seal_number from consignment where round_id = $1 and lane = 'soiled'`, [roundId]);
    const consignments = rows
      .filter(() => random.chance(0.9))
      .map(({ id, seal_number }) => ({ consignmentId: id, sealNumber: seal_number, intact: true }));
    await post('technician', `/v1/rounds/${roundId}/hand-over`, { consignments, happenedAt: now() });
  },
  async count(post, random) {
    const slipId = await one('exchange_slip', `status in ('frozen', 'picked-up', 'counted', 'disputed')`);
    const { rows } = await service.pool.query(`select id, declared from slip_line where slip_id = $1 and direction = 'collect'`, [slipId]);
    const lines = rows.map(({ id, declared }) => ({ lineId: id, received: Math.max(0, declared - (random.chance(0.2) ? 1 : 0)) }));
    await post(random.pick(['technician', 'headnurse']), `/v1/slips/${slipId}/count`, { lines, reason: 'x', happenedAt: now() });
  },
  async close(post) {
    await post('dispatcher', `/v1/rounds/${await one('supply_round', `status = 'handed-over'`)}/close`);
  },
  async restock(post) {
    await post('checker', `/v1/packs/${await one('pack', `status = 'on-vehicle'`)}/restock`, { intact: true, happenedAt: now() });
  },
});
