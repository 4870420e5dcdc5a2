/** The example day, D: slips, the round to three centres, the count with its missing forceps. */
import { expect } from 'vitest';
import type { MadePack, Named, Supply } from '../builders/sterile-supply.ts';
import { type Day, vehicle } from './day.ts';

export async function submitSlipsAndConfirm(supply: Supply, day: Day): Promise<void> {
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

export async function driveTheRound(supply: Supply, day: Day): Promise<void> {
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

export async function countAndClose(supply: Supply, day: Day): Promise<void> {
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
