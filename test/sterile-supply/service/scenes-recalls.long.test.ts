/** Scenes of recall and storage: an indicator that grows after twelve centres have been served, an implant, a drill beside a real recall, a warm room. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MadePack, Named, Supply } from '../../support/builders/sterile-supply.ts';
import { centres, nurseOf, openScene, releasedPacks, type Scene } from '../../support/builders/supply-round-day.ts';
import { eventsWithoutSkipping } from '../../support/oracles/history-events.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const idsOf = (packs: readonly Named[]) => packs.map(({ id }) => id);

/** A load that is released while its indicator incubates. */
async function releasedLoad(
  { supply, steriliser }: Scene,
  packs: readonly MadePack[],
  startAt: string,
): Promise<{ id: string; bi: string }> {
  const load = await supply.planLoad(steriliser, packs, startAt, { indicators: [supply.indicator('bi')] });
  await supply.runLoad(load, startAt);
  await supply.unloadAndRelease(load, packs, startAt);
  await supply.incubate(load.indicatorIds[0], supply.minutesAfter(startAt, 120));
  return { id: load.id, bi: load.indicatorIds[0] };
}

const recallOf = async (supply: Supply, loadId: string): Promise<string> => {
  const { recallIds } = await supply.get('headnurse', `/v1/loads/${loadId}`);
  expect(recallIds).toHaveLength(1);
  return recallIds[0];
};

describe('the weekly indicator grows 30 hours after twelve centres were served', { timeout: 300_000 }, () => {
  test('all twelve are told to stop, the packs come back with the next round, and the last of twelve is accounted for', async () => {
    const scene = await openScene(service, 'weekly');
    const { supply, rounds, steriliser } = scene;
    const { at, post, get } = supply;
    const type = await supply.createSetType('set');
    const packs = await supply.makePacks(
      Array.from({ length: 12 }, (_, index) => ({ code: `set-${index + 1}`, type })),
      at(-2, '10:00'),
    );
    await supply.testBowieDick(steriliser, -1);
    const load = await releasedLoad(scene, packs, at(-1, '08:00'));
    const visits = centres(12, 1).map((institutionId, index) => ({
      institutionId,
      arrive: `${String(9 + Math.floor(index / 3)).padStart(2, '0')}:${String((index % 3) * 20).padStart(2, '0')}`,
      packs: [packs[index] as MadePack],
    }));
    const ground = await rounds.createGround('g');
    await rounds.driveRound(ground, visits, 0);

    await supply.readBi(load.bi, true, at(1, '15:00'));
    const id = await recallOf(supply, load.id);
    const path = `/v1/recalls/${id}`;
    const opened = await get('infection', path);
    expect(opened).toMatchObject({ counts: { inScope: 12, ended: 0 } });
    expect(opened.holders.filter(({ type: of }: { type: string }) => of === 'centre')).toHaveLength(12);
    // Each centre is told by telephone, SMS or group, never by mail alone.
    await expect
      .poll(
        async () => {
          const { items } = await get('sysadmin', '/v1/demo/outbox?limit=200');
          return items.filter(
            (message: { pathwayId?: string; channel?: string }) => message.pathwayId === id && message.channel !== 'email',
          ).length;
        },
        { timeout: 15_000 },
      )
      .toBeGreaterThanOrEqual(12);
    for (const { institutionId } of visits) await post(nurseOf(institutionId), `${path}/acknowledge`);

    const next = await rounds.confirmRound(
      ground,
      visits.map((visit) => ({ ...visit, packs: [] })),
      3,
    );
    await rounds.loadAndDepart(next);
    for (const [index, visit] of next.visits.entries()) {
      const stop = await get('courier', `/v1/stops/${visit.stopId}`);
      expect(stop.pickups).toEqual([packs[index]?.id]);
      const packIds = stop.pickups;
      await supply.visit(visit.stopId, visit.nurse, at(3, visit.arrive), {
        soiled: [supply.soiledConsignment(ground.soiledBox, { packIds })],
      });
    }
    await supply.returnAndHandOver(next.id, at(3, '16:00'));
    const { items: lines } = await get('headnurse', `${path}/lines?state=open&limit=200`);
    if (lines.length > 0)
      await post('technician', `${path}/account`, {
        lines: lines.map(({ packId }: { packId: string }) => ({ packId, end: 'retrieved' })),
        happenedAt: undefined,
      });
    expect(await get('headnurse', path)).toMatchObject({ counts: { inScope: 12, ended: 12 } });
    for (const pack of packs)
      expect(await get('technician', `/v1/packs/${pack.id}`)).toMatchObject({ custody: { holder: { type: 'cssd', id: 'inst-cssd' } } });
    expect((await eventsWithoutSkipping(service.client, `recall/${id}`)).length).toBeLessThanOrEqual(300);
    expect((await eventsWithoutSkipping(service.client, `steriliser-load/${load.id}`)).length).toBeLessThanOrEqual(40);
  });
});

describe('an implant goes out early, and its indicator grows', { timeout: 300_000 }, () => {
  test('only by the form, only to its centre; afterwards its patient is followed up and the rest never left', async () => {
    const scene = await openScene(service, 'implant');
    const { supply, rounds } = scene;
    const { at, post, get, refusal, reasonsAgainst } = supply;
    const steriliser = await supply.createSteriliser('recent', { qualifiedAt: at(-5, '08:00') });
    const implantType = await supply.createSetType('plate', { implant: true, surgical: true, packaging: 'container' });
    const plainType = await supply.createSetType('plain');
    const [implant, plain] = (await supply.makePacks(
      [
        { code: 'plate-1', type: implantType },
        { code: 'plain-1', type: plainType },
      ],
      at(-2, '10:00'),
    )) as [MadePack, MadePack];
    await supply.testBowieDick(steriliser, -1);
    const startAt = at(-1, '08:00');

    const without = await supply.planLoad(steriliser, [implant], startAt);
    expect(await refusal('technician', `/v1/loads/${without.id}/start`, { happenedAt: startAt })).toMatchObject({
      status: 409,
      code: 'bi-required',
    });
    await post('technician', `/v1/loads/${without.id}/packs`, { remove: [implant.id], happenedAt: startAt });

    const load = await supply.planLoad(steriliser, [implant, plain], startAt, {
      indicators: [supply.indicator('bi'), supply.indicator('pcd-ci')],
      reprint: '改装另一锅次',
    });
    await supply.runLoad(load, startAt);
    const { items: indicators } = await get('releaser', `/v1/load-indicators?loadId=${load.id}`);
    const idOfKind = (kind: string): string => indicators.find((one: { kind: string }) => one.kind === kind).id;
    await post('releaser', `/v1/load-indicators/${idOfKind('pcd-ci')}/read`, { result: 'pass', happenedAt: at(-1, '09:00') });
    expect(await supply.unloadAndRelease(load, [implant, plain], startAt)).toMatchObject({ status: 'quarantined' });
    await supply.incubate(idOfKind('bi'), at(-1, '10:00'));
    expect(await reasonsAgainst(implant)).toEqual(['load-not-released', 'implant-bi-pending']);

    const form = { packIds: [implant.id], forInstitutionId: 'inst-c02', clinician: '李医生', reason: '开放性骨折急诊手术' };
    const early = `/v1/loads/${load.id}/emergency-release`;
    expect((await refusal('releaser', early, form)).status).toBe(403);
    expect(await post('headnurse', early, { ...form, happenedAt: at(-1, '11:10') })).toMatchObject({ status: 'released-early' });
    expect(await reasonsAgainst(implant, 'inst-c02')).toEqual([]);
    expect(await reasonsAgainst(implant, 'inst-c01')).toEqual(['emergency-only']);
    expect(await reasonsAgainst(plain, 'inst-c02')).toEqual(['emergency-only']);

    const ground = await rounds.createGround('g');
    await rounds.driveRound(ground, [{ institutionId: 'inst-c02', arrive: '10:00', packs: [implant] }], 0);
    await post('nurse-c02', `/v1/packs/${implant.id}/open`, {
      innerCi: 'pass',
      patientReference: 'c02-implant-1',
      happenedAt: at(0, '11:00'),
    });

    await supply.readBi(idOfKind('bi'), true, at(1, '10:00'));
    expect(await get('headnurse', `/v1/loads/${load.id}`)).toMatchObject({ status: 'failed' });
    const id = await recallOf(supply, load.id);
    const { items: lines } = await get('infection', `/v1/recalls/${id}/lines`);
    const holders = Object.fromEntries(
      lines.map(({ packId, holder }: { packId: string; holder: { type: string } }) => [packId, holder.type]),
    );
    expect(holders).toEqual({ [implant.id]: 'infection', [plain.id]: 'cssd' });
    expect(await reasonsAgainst(plain)).toEqual(['load-failed', 'recalled']);
    // Only those who treat or follow up the patient see who it was.
    expect((await get('infection', `/v1/packs/${implant.id}`)).use).toMatchObject({ patientReference: 'c02-implant-1' });
    expect((await get('technician', `/v1/packs/${implant.id}`)).use?.patientReference ?? null).toBeNull();
    await post('infection', `/v1/recalls/${id}/account`, { lines: [{ packId: implant.id, end: 'used', note: '随访三十日' }] });
    await post('technician', `/v1/recalls/${id}/account`, { lines: [{ packId: plain.id, end: 'retrieved' }] });
    expect(await get('headnurse', `/v1/recalls/${id}`)).toMatchObject({ counts: { inScope: 2, ended: 2 } });
  });
});

describe('a drill beside a real recall', { timeout: 300_000 }, () => {
  test('the drill blocks no pack and stops no steriliser; the real one does both; each is accounted for by itself', async () => {
    const scene = await openScene(service, 'drill');
    const { supply, steriliser } = scene;
    const { at, post, get, reasonsAgainst } = supply;
    const type = await supply.createSetType('set');
    const [practised, failed] = (await supply.makePacks(
      [
        { code: 'd-1', type },
        { code: 'r-1', type },
      ],
      at(-2, '10:00'),
    )) as [MadePack, MadePack];
    const other = await supply.createSteriliser('other', { qualifiedAt: at(-5, '08:00') });
    await supply.testBowieDick(steriliser, -1);
    await supply.testBowieDick(other, -1);
    const good = await releasedLoad({ ...scene, steriliser: other }, [practised], at(-1, '08:00'));
    const bad = await releasedLoad(scene, [failed], at(-1, '08:00'));

    const drill = await post('infection', '/v1/recalls', { loadId: good.id, reason: '季度演练', drill: true });
    expect(drill).toMatchObject({ drill: true, status: 'open', counts: { inScope: 1, ended: 0 } });
    expect(await get('technician', `/v1/sterilisers/${other.id}`)).toMatchObject({ status: 'in-service' });
    expect(await reasonsAgainst(practised)).toEqual([]);

    await supply.readBi(bad.bi, true, at(1, '10:00'));
    const id = await recallOf(supply, bad.id);
    expect(id).not.toBe(drill.id);
    expect(await reasonsAgainst(failed)).toEqual(['load-failed', 'recalled']);
    expect(await reasonsAgainst(practised)).toEqual([]);

    const path = `/v1/recalls/${drill.id}`;
    await post('technician', `${path}/acknowledge`);
    await post('technician', `${path}/account`, { lines: [{ packId: practised.id, end: 'retrieved' }] });
    await post('headnurse', `${path}/cause`, { text: '演练' });
    await post('headnurse', `${path}/report`, { text: '演练用时 40 分钟' });
    await post('headnurse', `${path}/sign`);
    expect(await post('infection', `${path}/sign`)).toMatchObject({ status: 'closed' });
    expect(await get('headnurse', `/v1/recalls/${id}`)).toMatchObject({ status: 'open', drill: false });
    expect(await reasonsAgainst(practised)).toEqual([]);
  });
});

describe('a warm room', { timeout: 300_000 }, () => {
  test('re-dates cotton to seven days, downwards only, and holds paper and pouches until somebody has looked', async () => {
    const scene = await openScene(service, 'warm');
    const { supply, rounds, steriliser } = scene;
    const { at, on, post, get, refusal, reasonsAgainst } = supply;
    const packaged = async (packaging: string) => supply.createSetType(packaging, { packaging });
    const [cotton, paper, pouch] = (await supply.makePacks(
      [
        { code: 'cotton-1', type: await packaged('cotton') },
        { code: 'paper-1', type: await packaged('paper-bag') },
        { code: 'pouch-1', type: await packaged('pouch') },
      ],
      at(-2, '10:00'),
    )) as [MadePack, MadePack, MadePack];
    await supply.testBowieDick(steriliser, -1);
    // The dates go by the start of the cycle, ten minutes before midnight.
    const startAt = at(-1, '23:50');
    await supply.sterilise(steriliser, [cotton, paper, pouch], startAt, { indicators: [supply.indicator('bi')] });
    const expiry = async () =>
      Promise.all([cotton, paper, pouch].map(async ({ id }) => (await get('nurse-c31', `/v1/packs/${id}`)).expiresOn));
    const ground = await rounds.createGround('g');
    await rounds.driveRound(ground, [{ institutionId: 'inst-c31', arrive: '10:00', packs: [cotton, paper, pouch] }], 1);
    expect(await expiry()).toEqual([on(13), on(29), on(179)]);

    const measure = (time: string, temperatureC: number, humidityPercent: number) =>
      post('nurse-c31', '/v1/climate-readings', { readings: [{ measuredAt: at(8, time), temperatureC, humidityPercent }] });
    await measure('08:00', 25, 50);
    expect((await expiry())[0], 'one reading is no breach').toBe(on(13));
    await measure('08:05', 25, 50);
    expect((await expiry())[0], 'nor are two within a quarter of an hour').toBe(on(13));
    await measure('08:20', 22, 75);
    expect(await expiry(), 'cotton is expired at once').toEqual([on(6), on(29), on(179)]);
    expect(await reasonsAgainst(cotton, 'inst-c31', at(8, '09:00'))).toEqual(['expired']);
    expect(await reasonsAgainst(paper, 'inst-c31', at(8, '09:00'))).toEqual(['climate-review']);
    expect(await refusal('nurse-c31', `/v1/packs/${cotton.id}/open`, { innerCi: 'pass', happenedAt: at(8, '10:00') })).toMatchObject({
      status: 409,
      code: 'pack-not-dispensable',
    });
    await measure('09:00', 22, 50);
    await measure('09:20', 22, 50);
    const { items: breaches } = await get('headnurse', '/v1/climate-breaches?institutionId=inst-c31');
    const [breach] = breaches;
    expect(breach).toMatchObject({ institutionId: 'inst-c31', endedAt: at(8, '09:20'), review: null });
    expect(new Set(breach.packIds)).toEqual(new Set(idsOf([cotton, paper, pouch])));
    await post('infection', `/v1/climate-breaches/${breach.id}/review`, { accept: true, reason: '包装完好，干燥' });
    expect(await reasonsAgainst(paper, 'inst-c31', at(8, '10:00'))).toEqual([]);
    expect(await expiry(), 'a review gives no day back').toEqual([on(6), on(29), on(179)]);
    const shelf = (await get('nurse-c31', '/v1/shelf?institutionId=inst-c31')).items;
    expect(shelf.map(({ id }: { id: string }) => id).sort()).toEqual(idsOf([cotton, paper, pouch]).sort());
    // What comes to the centre later, the room being good again, has all its days.
    const [later] = (await releasedPacks(scene, await supply.createSetType('later', { packaging: 'cotton' }), 1, 9)) as [MadePack];
    await rounds.driveRound(ground, [{ institutionId: 'inst-c31', arrive: '10:00', packs: [later] }], 10);
    expect(await get('nurse-c31', `/v1/packs/${later.id}`)).toMatchObject({ expiresOn: on(23), exposed: false });
  });
});
