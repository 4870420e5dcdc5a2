/** The example day of the machine: one round to three centres, a missing forceps, and a biological indicator that grows a day later. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createSupply, type MadePack, type Named, type Supply } from '../../support/builders/sterile-supply.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let supply: Supply;
beforeAll(async () => {
  service = await startService();
  supply = createSupply(service, { prefix: 'day' });
});
afterAll(() => service?.stop());

/** What the day is about, filled act by act. */
interface Day {
  types: Record<'dressing' | 'a' | 'b1' | 'b2' | 'c2' | 'c3' | 'e' | 'f' | 'g', Named>;
  s1: Named;
  s2: Named;
  used: { c01: Named[]; c02: Named[]; c03: Named[] };
  boxes: { sterile1: Named; sterile2: Named; soiled1: Named; soiled2: Named };
  packs: Record<'a1' | 'b1' | 'b2' | 'c1' | 'c2' | 'c3' | 'c4' | 'e1' | 'f1' | 'g1' | 'x1', MadePack>;
  round: { id: string };
  stops: Record<'c01' | 'c02' | 'c03', string>;
  slips: Record<'c01' | 'c02' | 'c03', { id: string; lines: Array<{ id: string; direction: string }> }>;
  loadC: { id: string; indicatorIds: string[] };
  recallId: string;
}

test('the example day, act by act, through the API alone', { timeout: 300_000 }, async () => {
  const day = await prepare();
  await runLoadsBeforeTheDay(day);
  await bringA1ToC02(day);
  await submitSlipsAndConfirm(day);
  await driveTheRound(day);
  await countAndClose(day);
  await failTheIndicatorOfC(day);
  await tellTheHolders(day);
  await closeTheRecall(day);
});

const vehicle: Named = { id: 'vehicle-1', code: 'vehicle-1' };

/** The things, and the round of D, which is planned before anything else. */
async function prepare(): Promise<Day> {
  const { createSetType, createSteriliser, createUsedSet, createBox, at, planRound, get } = supply;
  const pouch = (code: string) => createSetType(code);
  const types = {
    dressing: await createSetType('dressing', { packaging: 'cotton' }),
    a: await pouch('a'),
    b1: await pouch('b1'),
    b2: await pouch('b2'),
    c2: await pouch('c2'),
    c3: await pouch('c3'),
    e: await pouch('e'),
    f: await pouch('f'),
    g: await pouch('g'),
  };
  const s1 = await createSteriliser('s1');
  const s2 = await createSteriliser('s2');
  expect(s1).toMatchObject({ status: 'in-service', kind: 'prevacuum', requalification: { passed: 0, of: 3 } });
  const used = {
    c01: [await createUsedSet('used-1', types.dressing, 'inst-c01'), await createUsedSet('used-2', types.dressing, 'inst-c01')],
    c02: [await createUsedSet('used-3', types.c2, 'inst-c02'), await createUsedSet('used-4', types.c2, 'inst-c02')],
    c03: [await createUsedSet('used-5', types.c3, 'inst-c03', true)],
  };
  const boxes = {
    sterile1: await createBox('sterile-1', 'sterile'),
    sterile2: await createBox('sterile-2', 'sterile'),
    soiled1: await createBox('soiled-1', 'soiled'),
    soiled2: await createBox('soiled-2', 'soiled'),
  };
  const round = await planRound(vehicle, [
    { institutionId: 'inst-c01', arrive: '09:00' },
    { institutionId: 'inst-c02', arrive: '10:00' },
    { institutionId: 'inst-c03', arrive: '11:00' },
  ]);
  expect(round).toMatchObject({ status: 'planned', on: supply.D, vehicleId: 'vehicle-1', mode: 'soiled-first', brokenDown: false });
  const stopAt = (institutionId: string): string =>
    round.stops.find((stop: { institutionId: string }) => stop.institutionId === institutionId).id;
  const stops = { c01: stopAt('inst-c01'), c02: stopAt('inst-c02'), c03: stopAt('inst-c03') };

  const owned = 'inst-c03';
  const begin = at(-3, '08:00');
  const [a1, b1, b2, c1, c2, c3, c4, e1, f1, g1, x1] = await supply.makePacks(
    [
      { code: 'a1', type: types.a },
      { code: 'b1', type: types.b1 },
      { code: 'b2', type: types.b2 },
      { code: 'c1', type: types.dressing },
      { code: 'c2', type: types.c2 },
      { code: 'c3', type: types.c3, ownerInstitutionId: owned },
      { code: 'c4', type: types.dressing },
      { code: 'e1', type: types.e },
      { code: 'f1', type: types.f },
      { code: 'g1', type: types.g },
      { code: 'x1', type: types.a },
    ],
    begin,
  );
  const packs = { a1, b1, b2, c1, c2, c3, c4, e1, f1, g1, x1 } as Day['packs'];
  expect(await get('technician', `/v1/packs/${packs.c1.id}`)).toMatchObject({
    status: 'checked',
    packaging: 'cotton',
    loadId: null,
    expiresOn: null,
    custody: { holder: { type: 'cssd', id: 'inst-cssd' } },
  });
  expect(await supply.reasonsAgainst(packs.c1)).toEqual(['not-sterilised']);
  return { types, s1, s2, used, boxes, packs, round, stops } as Day;
}

/** Loads A and B on S1, G on S2, and C, which the head nurse operates. */
async function runLoadsBeforeTheDay(day: Day): Promise<void> {
  const { at, on, planLoad, runLoad, sterilise, testBowieDick, indicator, incubate, readBi, unloadAndRelease, refusal, post, get } = supply;
  const { s1, s2, packs } = day;

  await testBowieDick(s1, -2);
  const a = await planLoad(s1, [packs.a1], at(-2, '08:00'), { indicators: [indicator('bi', { incubationMinutes: 1_440 })] });
  await runLoad(a, at(-2, '08:00'));
  await unloadAndRelease(a, [packs.a1], at(-2, '08:00'));
  await incubate(a.indicatorIds[0], at(-2, '09:00'));

  await testBowieDick(s1, -1);
  await testBowieDick(s2, -1);
  await sterilise(s1, [packs.b1, packs.b2], at(-1, '08:00'));
  expect(await readBi(a.indicatorIds[0], false, at(-1, '09:00'))).toMatchObject({ status: 'pass' });
  expect(await get('releaser', `/v1/loads/${a.id}`)).toMatchObject({ status: 'confirmed' });
  await sterilise(s2, [packs.g1], at(-1, '10:00'));

  const membersOfC = [packs.c1, packs.c2, packs.c3, packs.c4];
  const c = await planLoad(s1, membersOfC, at(-1, '14:00'), { indicators: [indicator('bi')] });
  await runLoad(c, at(-1, '14:00'), { operator: 'headnurse' });
  const unload = { packs: supply.goodUnload(membersOfC) };
  expect(await refusal('technician', `/v1/loads/${c.id}/unload`, { ...unload, happenedAt: at(-1, '15:05') })).toMatchObject({
    status: 409,
    code: 'still-cooling',
  });
  await post('technician', `/v1/loads/${c.id}/unload`, { ...unload, happenedAt: at(-1, '15:15') });
  expect(await refusal('headnurse', `/v1/loads/${c.id}/release`, { happenedAt: at(-1, '15:20') })).toMatchObject({
    status: 409,
    code: 'same-person',
  });
  expect(await supply.reasonsAgainst(packs.c1)).toEqual(['load-not-released']);
  expect(await post('releaser', `/v1/loads/${c.id}/release`, { happenedAt: at(-1, '15:20') })).toMatchObject({
    status: 'released',
    physical: 'pass',
    releasedBy: expect.anything(),
  });
  const bi = await incubate(c.indicatorIds[0], at(-1, '16:00'));
  expect(bi).toMatchObject({ status: 'incubating', dueAt: at(1, '16:00') });
  day.loadC = c;

  expect(await get('technician', `/v1/packs/${packs.c1.id}`)).toMatchObject({
    status: 'released',
    sterilisedOn: on(-1),
    expiresOn: on(13),
  });
  expect(await get('technician', `/v1/packs/${packs.c2.id}`)).toMatchObject({ status: 'released', expiresOn: on(179) });
}

/** a1 lies at c02 before the day: a small round of its own brings it. */
async function bringA1ToC02(day: Day): Promise<void> {
  const { at, planRound, createVehicle, createBox, consign, post, visit, get } = supply;
  const small = await createVehicle('vehicle-small');
  const box = await createBox('sterile-small', 'sterile');
  const round = await planRound(small, [{ institutionId: 'inst-c02', arrive: '11:00' }], { days: -1, depart: '10:40' });
  const [stop] = round.stops;
  await post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  await consign(round.id, stop.id, box, [day.packs.a1], at(-1, '10:30'));
  await post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: at(-1, '10:35') });
  await post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: at(-1, '10:40') });
  await visit(stop.id, 'nurse-c02', at(-1, '11:00'), { sterile: [day.packs.a1] });
  await supply.returnAndHandOver(round.id, at(-1, '11:40'));
  await supply.clean('vehicles', small, at(-1, '12:00'));
  await supply.clean('boxes', box, at(-1, '12:00'));
  expect(await post('dispatcher', `/v1/rounds/${round.id}/close`)).toMatchObject({ status: 'closed' });
  expect(await get('nurse-c02', `/v1/packs/${day.packs.a1.id}`)).toMatchObject({
    status: 'at-centre',
    custody: { holder: { type: 'centre', id: 'inst-c02' }, since: at(-1, '11:05') },
  });
}

async function submitSlipsAndConfirm(day: Day): Promise<void> {
  const { post, get, refusal } = supply;
  const { types, round, used, stops, packs } = day;
  const collect = (type: Named, quantity: number, over: object = {}) => ({ direction: 'collect', setTypeId: type.id, quantity, ...over });
  const deliver = (type: Named, quantity: number) => ({ direction: 'deliver', setTypeId: type.id, quantity });
  const submit = (account: string, lines: unknown[]) => post(account, '/v1/slips', { roundId: round.id, lines });

  day.slips = {
    c01: await submit('nurse', [collect(types.dressing, 2), deliver(types.dressing, 1), deliver(types.g, 1)]),
    c02: await submit('nurse-c02', [collect(types.c2, 2), deliver(types.c2, 1), deliver(types.b1, 1)]),
    c03: await submit('nurse-c03', [collect(types.c3, 1, { setInstanceIds: used.c03.map(({ id }) => id) }), deliver(types.b2, 1)]),
  };
  for (const slip of Object.values(day.slips)) expect(slip).toMatchObject({ status: 'submitted', roundId: round.id });
  expect(await refusal('nurse', '/v1/slips', { roundId: round.id, lines: [collect(types.dressing, 1)] })).toMatchObject({
    status: 409,
    code: 'open-slip-exists',
  });

  expect(await post('dispatcher', `/v1/rounds/${round.id}/confirm`)).toMatchObject({ status: 'confirmed' });
  for (const [account, { id }] of [
    ['nurse', day.slips.c01],
    ['nurse-c02', day.slips.c02],
    ['nurse-c03', day.slips.c03],
  ] as const)
    expect(await get(account, `/v1/slips/${id}`)).toMatchObject({ status: 'frozen' });
  const allocatedTo = async (pack: MadePack) => {
    const { status, allocation } = await get('technician', `/v1/packs/${pack.id}`);
    return [status, allocation?.institutionId ?? null];
  };
  expect(await allocatedTo(packs.c1)).toEqual(['allocated', 'inst-c01']);
  expect(await allocatedTo(packs.g1)).toEqual(['allocated', 'inst-c01']);
  expect(await allocatedTo(packs.c2)).toEqual(['allocated', 'inst-c02']);
  expect(await allocatedTo(packs.b1)).toEqual(['allocated', 'inst-c02']);
  expect(await allocatedTo(packs.c3)).toEqual(['allocated', 'inst-c03']);
  expect(await allocatedTo(packs.b2)).toEqual(['allocated', 'inst-c03']);
  expect(await allocatedTo(packs.c4)).toEqual(['released', null]);
  expect(stops.c01).not.toBe(stops.c02);
}

async function driveTheRound(day: Day): Promise<void> {
  const { at, consign, post, get, refusal, step, visit, sterilise, testBowieDick, soiledConsignment, reasonsAgainst } = supply;
  const { round, stops, packs, boxes, s1 } = day;

  await testBowieDick(s1, 0);
  await sterilise(s1, [packs.e1], at(0, '08:00'));

  await consign(round.id, stops.c01, boxes.sterile1, [packs.c1, packs.g1], at(0, '08:10'));
  await consign(round.id, stops.c02, boxes.sterile1, [packs.c2, packs.b1], at(0, '08:15'));
  await consign(round.id, stops.c03, boxes.sterile2, [packs.c3, packs.b2], at(0, '08:20'));
  expect(
    await refusal('technician', `/v1/rounds/${round.id}/consignments`, {
      stopId: stops.c01,
      boxId: boxes.soiled1.id,
      sealNumber: supply.nextSeal(),
      packIds: [packs.c4.id],
      happenedAt: at(0, '08:25'),
    }),
  ).toMatchObject({ status: 409, code: 'wrong-lane' });
  expect(await post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: at(0, '08:30') })).toMatchObject({
    status: 'loaded',
    totals: { loaded: 6, delivered: 0, returned: 0, aboard: 6 },
  });
  expect(await reasonsAgainst(packs.c3, 'inst-c02', at(0, '08:30'))).toEqual(['wrong-owner', 'held-elsewhere']);
  expect(await reasonsAgainst(packs.c3, 'inst-c03', at(0, '08:30'))).toEqual([]);
  expect((await get('courier', `/v1/rounds/${round.id}/bundle`)).jws).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(await post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: at(0, '08:40') })).toMatchObject({ status: 'departed' });

  expect(
    await visit(stops.c01, 'nurse', at(0, '09:00'), { soiled: [soiledConsignment(boxes.soiled1)], sterile: [packs.c1, packs.g1] }),
  ).toMatchObject({ status: 'left' });
  await visit(stops.c02, 'nurse-c02', at(0, '10:00'), { soiled: [soiledConsignment(boxes.soiled1)], sterile: [packs.c2, packs.b1] });

  await step(stops.c03, { step: 'arrived' }, at(0, '11:00'));
  await step(stops.c03, { step: 'soiled-stowed', consignments: [soiledConsignment(boxes.soiled2)] }, at(0, '11:02'));
  await step(stops.c03, { step: 'gloves-off' }, at(0, '11:03'));
  const handed = { step: 'sterile-handed', packIds: [packs.c3.id, packs.b2.id] };
  expect(await refusal('courier', `/v1/stops/${stops.c03}/steps`, { ...handed, happenedAt: at(0, '11:04') })).toMatchObject({
    status: 409,
    code: 'step-out-of-order',
  });
  await step(stops.c03, { step: 'hand-hygiene' }, at(0, '11:04'));
  await step(stops.c03, handed, at(0, '11:05'));
  await step(stops.c03, { step: 'checked', accepted: [packs.c3.id, packs.b2.id], rejected: [] }, at(0, '11:06'), 'nurse-c03');
  expect(
    await refusal('courier', `/v1/stops/${stops.c03}/steps`, {
      step: 'signed',
      signatures: [{ personId: 'person-courier', method: 'session' }],
      happenedAt: at(0, '11:07'),
    }),
  ).toMatchObject({ status: 409, code: 'signature-missing' });
  await step(stops.c03, { step: 'signed', signatures: supply.signaturesOf('nurse-c03') }, at(0, '11:07'));
  await step(stops.c03, { step: 'left' }, at(0, '11:08'));

  for (const [pack, centre] of [
    [packs.c1, 'inst-c01'],
    [packs.g1, 'inst-c01'],
    [packs.c2, 'inst-c02'],
    [packs.b1, 'inst-c02'],
    [packs.c3, 'inst-c03'],
    [packs.b2, 'inst-c03'],
  ] as const)
    expect(await get('technician', `/v1/packs/${pack.id}`)).toMatchObject({
      status: 'at-centre',
      custody: { holder: { type: 'centre', id: centre } },
    });
  const opened = await post('nurse-c02', `/v1/packs/${packs.c2.id}/open`, {
    innerCi: 'pass',
    patientReference: 'c02-2026-0815',
    happenedAt: at(0, '15:00'),
  });
  expect(opened).toMatchObject({ status: 'opened', use: { at: at(0, '15:00'), patientReference: 'c02-2026-0815' } });
}

async function countAndClose(day: Day): Promise<void> {
  const { at, post, get, refusal, clean, returnAndHandOver } = supply;
  const { round, slips, boxes, used } = day;
  expect(await returnAndHandOver(round.id, at(0, '12:00'))).toMatchObject({ status: 'handed-over' });
  expect(await refusal('dispatcher', `/v1/rounds/${round.id}/close`)).toMatchObject({ status: 409 });

  const collectLine = (slip: Day['slips']['c01']) => slip.lines.find(({ direction }) => direction === 'collect')?.id;
  const count = (slip: Day['slips']['c01'], received: number, over: object, instant: string) =>
    post('technician', `/v1/slips/${slip.id}/count`, {
      lines: [{ lineId: collectLine(slip), received, ...over }],
      happenedAt: instant,
    });
  const idsOf = (sets: readonly Named[]) => sets.map(({ id }) => id);
  const c01 = await count(slips.c01, 2, { setInstanceIds: idsOf(used.c01) }, at(0, '13:00'));
  const c03 = await count(slips.c03, 1, { setInstanceIds: idsOf(used.c03) }, at(0, '13:10'));
  const c02 = await count(
    slips.c02,
    2,
    {
      setInstanceIds: idsOf(used.c02),
      incomplete: [{ setInstanceId: used.c02[0]?.id, missingItems: [{ itemCode: 'forceps', quantity: 1 }] }],
    },
    at(0, '13:20'),
  );
  expect(c01).toMatchObject({ status: 'closed' });
  expect(c03).toMatchObject({ status: 'closed' });
  expect(c02).toMatchObject({ status: 'disputed' });
  const line = c02.lines.find(({ direction }: { direction: string }) => direction === 'collect');
  expect(line).toMatchObject({ declared: 2, count: { received: 2, incomplete: 1, damaged: 0, missing: 0, extra: 0 } });
  expect(line.discrepancyIds).toHaveLength(1);
  expect(await get('headnurse', `/v1/discrepancies/${line.discrepancyIds[0]}`)).toMatchObject({
    kind: 'missing-item',
    status: 'open',
    slipId: slips.c02.id,
  });
  for (const delivered of c02.lines.filter(({ direction }: { direction: string }) => direction === 'deliver'))
    expect(delivered).toMatchObject({ declared: 1, delivered: 1, outcome: 'delivered' });

  expect(await refusal('dispatcher', `/v1/rounds/${round.id}/close`)).toMatchObject({ status: 409, code: 'not-cleaned' });
  await clean('vehicles', vehicle, at(0, '13:30'));
  for (const box of Object.values(boxes)) await clean('boxes', box, at(0, '13:35'));
  expect(await post('dispatcher', `/v1/rounds/${round.id}/close`)).toMatchObject({
    status: 'closed',
    totals: { loaded: 6, delivered: 6, returned: 0, aboard: 0 },
  });
}

/** D+1: load F runs with a good indicator, then that of C grows. */
async function failTheIndicatorOfC(day: Day): Promise<void> {
  const { at, planLoad, runLoad, unloadAndRelease, testBowieDick, indicator, incubate, readBi, get, refusal, reasonsAgainst } = supply;
  const { s1, packs, loadC } = day;
  await testBowieDick(s1, 1);
  const f = await planLoad(s1, [packs.f1], at(1, '08:00'), { indicators: [indicator('bi', { incubationMinutes: 180 })] });
  await runLoad(f, at(1, '08:00'));
  await unloadAndRelease(f, [packs.f1], at(1, '08:00'));
  await incubate(f.indicatorIds[0], at(1, '09:00'));
  await readBi(f.indicatorIds[0], false, at(1, '12:00'));

  const radius = await get('releaser', `/v1/loads/${loadC.id}/blast-radius?at=${at(1, '16:00')}`);
  expect(radius.loadIds).toHaveLength(4);
  expect(radius.packIds).toHaveLength(8);

  const x = await planLoad(s1, [packs.x1], at(1, '17:00'));
  expect(await readBi(loadC.indicatorIds[0] as string, true, at(1, '16:00'))).toMatchObject({ status: 'fail' });

  const c = await get('releaser', `/v1/loads/${loadC.id}`);
  expect(c).toMatchObject({ status: 'failed' });
  expect(await get('releaser', `/v1/sterilisers/${s1.id}`)).toMatchObject({ status: 'out-of-service' });
  expect(c.recallIds).toHaveLength(1);
  day.recallId = c.recallIds[0];
  const recall = await get('headnurse', `/v1/recalls/${day.recallId}`);
  expect(recall).toMatchObject({
    status: 'open',
    drill: false,
    policy: 'cn-ws310',
    loadId: loadC.id,
    steriliserId: s1.id,
    outOfServiceAt: at(1, '16:00'),
    counts: { inScope: 8, ended: 0 },
  });
  expect(new Set(recall.loadIds)).toEqual(new Set(radius.loadIds));
  expect(recall.lowerLoadId).toBe(radius.lowerLoadId);

  expect(await holdersOfLines(day)).toEqual({
    'centre inst-c01': ['c1'],
    'centre inst-c02': ['b1'],
    'centre inst-c03': ['b2', 'c3'],
    'cssd inst-cssd': ['c4', 'e1', 'f1'],
    infection: ['c2'],
  });
  expect(await reasonsAgainst(packs.c1, 'inst-c01')).toEqual(['load-failed', 'recalled']);
  expect(await reasonsAgainst(packs.b1, 'inst-c02')).toEqual(['recalled']);
  expect(await reasonsAgainst(packs.c3, 'inst-c01')).toEqual(['load-failed', 'recalled', 'wrong-owner', 'held-elsewhere']);
  expect(await reasonsAgainst(packs.g1, 'inst-c01')).toEqual([]);
  expect(await reasonsAgainst(packs.a1, 'inst-c02')).toEqual([]);
  expect(await refusal('technician', `/v1/loads/${x.id}/start`, { happenedAt: at(1, '17:00') })).toMatchObject({
    status: 409,
    code: 'steriliser-out-of-service',
  });
}

/** The names of the packs in the recall, by who has to account for them. */
async function holdersOfLines(day: Day): Promise<Record<string, string[]>> {
  const { items } = await supply.get('headnurse', `/v1/recalls/${day.recallId}/lines`);
  const names = new Map(Object.entries(day.packs).map(([name, { id }]) => [id, name]));
  const held: Record<string, string[]> = {};
  for (const { packId, holder, state } of items) {
    expect(state).toBe('open');
    const who = holder.type === 'infection' ? 'infection' : `${holder.type} ${holder.id}`;
    held[who] = [...(held[who] ?? []), names.get(packId) ?? packId].sort();
  }
  return held;
}

async function tellTheHolders(day: Day): Promise<void> {
  const { post, get, at, on, refusal } = supply;
  const path = `/v1/recalls/${day.recallId}`;
  expect(await refusal('headnurse', `${path}/sign`)).toMatchObject({
    status: 409,
    code: 'recall-not-complete',
    missing: ['acknowledgement', 'lines', 'cause', 'service', 'report'],
  });
  for (const account of ['nurse', 'nurse-c02', 'technician', 'infection']) await post(account, `${path}/acknowledge`);

  interface Clock {
    name: string;
    owner: { institutionId: string };
    startedAt: string;
    rungs: Array<{ percent: number; dueAt: string; firedAt: string | null }>;
  }
  const stopUseOfC03 = async (): Promise<Clock> =>
    (await get('headnurse', path)).clocks.find(({ name, owner }: Clock) => name === 'stop-use' && owner.institutionId === 'inst-c03');
  let clock = await stopUseOfC03();
  const minutes = clock.rungs.map(({ dueAt }) => (Date.parse(dueAt) - Date.parse(clock.startedAt)) / 60_000);
  expect(minutes.slice(0, 3)).toEqual([30, 48, 60]);
  expect((await service.fastForward(day.recallId, 'PT61M')).status).toBe(200);
  clock = await stopUseOfC03();
  expect(clock.rungs.slice(0, 3).map(({ firedAt }) => firedAt !== null)).toEqual([true, true, true]);
  const { items } = await get('headnurse', `${path}/timeline`);
  expect(items.map(({ event }: { event: string }) => event)).toEqual(expect.arrayContaining(['rung-50', 'rung-80', 'rung-100']));

  await post('nurse', '/v1/climate-readings', {
    readings: [
      { measuredAt: at(1, '17:00'), temperatureC: 26.5, humidityPercent: 60 },
      { measuredAt: at(1, '17:20'), temperatureC: 26.8, humidityPercent: 61 },
    ],
  });
  expect(await get('nurse', `/v1/packs/${day.packs.c1.id}`)).toMatchObject({ expiresOn: on(6), exposed: true });

  await post('nurse-c03', `${path}/acknowledge`);
  await vi.waitFor(
    async () => {
      const { holders } = await get('headnurse', path);
      for (const { acknowledgedAt } of holders) expect(acknowledgedAt).not.toBeNull();
    },
    { timeout: 5_000 },
  );
}

async function closeTheRecall(day: Day): Promise<void> {
  const { post, get, at, refusal, planLoad, runLoad, testBowieDick, indicator, incubate, readBi } = supply;
  const path = `/v1/recalls/${day.recallId}`;
  const missing = async () => (await refusal('headnurse', `${path}/sign`)).missing;
  expect(await missing()).toEqual(['lines', 'cause', 'service', 'report']);

  const { packs } = day;
  const retrieved = [packs.b1, packs.b2, packs.c1, packs.c3, packs.c4, packs.e1, packs.f1];
  await post('technician', `${path}/account`, { lines: retrieved.map(({ id }) => ({ packId: id, end: 'retrieved' })) });
  expect(await get('technician', `/v1/packs/${packs.c1.id}`)).toMatchObject({ custody: { holder: { type: 'cssd', id: 'inst-cssd' } } });
  expect(await missing()).toEqual(['lines', 'cause', 'service', 'report']);
  await post('infection', `${path}/account`, {
    lines: [{ packId: packs.c2.id, end: 'used', note: '随访七日，无感染', patientReference: 'c02-2026-0815' }],
  });
  expect(await get('headnurse', path)).toMatchObject({ counts: { inScope: 8, ended: 8 } });
  expect(await missing()).toEqual(['cause', 'service', 'report']);
  await post('headnurse', `${path}/cause`, { text: '门封老化，抽真空不足' });
  expect(await missing()).toEqual(['service', 'report']);

  const s1 = `/v1/sterilisers/${day.s1.id}`;
  await post('headnurse', `${s1}/begin-requalification`, { cause: '更换门封', happenedAt: at(1, '18:00') });
  expect(await get('headnurse', s1)).toMatchObject({ status: 'requalifying', requalification: { passed: 0, of: 3 } });
  expect(await refusal('headnurse', `${s1}/return-to-service`, { happenedAt: at(1, '18:10') })).toMatchObject({ status: 409 });
  await testBowieDick(day.s1, 2);
  for (const [index, start] of ['08:00', '09:00', '10:00'].entries()) {
    const load = await planLoad(day.s1, [], at(2, start), {
      purpose: 'requalification',
      indicators: [indicator('bi', { incubationMinutes: 60 })],
    });
    await runLoad(load, at(2, start));
    await incubate(load.indicatorIds[0], at(2, start.replace(':00', ':45')));
    await readBi(load.indicatorIds[0], false, at(2, `${12 + index}:00`));
    expect(await get('headnurse', s1)).toMatchObject({ requalification: { passed: index + 1, of: 3 } });
  }
  expect(await missing()).toEqual(['service', 'report']);
  expect(await post('headnurse', `${s1}/return-to-service`, { happenedAt: at(2, '16:00') })).toMatchObject({ status: 'in-service' });
  expect(await missing()).toEqual(['report']);
  await post('headnurse', `${path}/report`, { text: '召回 8 包：收回 7 包，使用 1 包，患者随访无异常。' });
  expect(await post('headnurse', `${path}/sign`)).toMatchObject({ status: 'open', signatures: [expect.anything()] });
  expect(await post('infection', `${path}/sign`)).toMatchObject({ status: 'closed' });
  // What was recalled stays recalled, closed too.
  expect(await supply.reasonsAgainst(packs.b1)).toContain('recalled');
}
