/** The example day, before D: the things, the loads A, B, G and C, and the pack that lies at c02 already. */
import { expect } from 'vitest';
import type { Supply } from '../builders/sterile-supply.ts';
import { type Day, vehicle } from './day.ts';

/** The things, and the round of D, which is planned before anything else. */
export async function prepare(supply: Supply): Promise<Day> {
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
export async function runLoadsBeforeTheDay(supply: Supply, day: Day): Promise<void> {
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
export async function bringA1ToC02(supply: Supply, day: Day): Promise<void> {
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
