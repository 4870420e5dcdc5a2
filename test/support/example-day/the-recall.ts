/** The example day, D+1 and after: the indicator of C grows, the holders are told, the recall is closed. */
import { expect, vi } from 'vitest';
import type { Supply } from '../builders/sterile-supply.ts';
import type { Day } from './day.ts';

/** D+1: load F runs with a good indicator, then that of C grows. */
export async function failTheIndicatorOfC(supply: Supply, day: Day): Promise<void> {
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

  expect(await holdersOfLines(supply, day)).toEqual({
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
async function holdersOfLines(supply: Supply, day: Day): Promise<Record<string, string[]>> {
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

export async function tellTheHolders(supply: Supply, day: Day): Promise<void> {
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
  expect((await supply.service.fastForward(day.recallId, 'PT61M')).status).toBe(200);
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

export async function closeTheRecall(supply: Supply, day: Day): Promise<void> {
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
