/** An exchange slip through the API: written, submitted, changed, frozen, picked up, counted, closed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freezeSlips, unfreezeSlips } from '../../../db/exchange-slip/freeze.ts';
import { noteHandOver } from '../../../db/exchange-slip/hand-over.ts';
import { pickUpSlips } from '../../../db/exchange-slip/pick-up.ts';
import { settleSlips } from '../../../db/exchange-slip/settle.ts';
import { appendLedger } from '../../../db/sterile-supply/ledger.ts';
import { deliverAll } from '../../support/builders/facts.ts';
import { endStop, HOUR_MS, performAct, placeRound } from '../../support/builders/slips.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

/** What is read once the pathways have heard of everything. */
async function delivered(account: string, path: string) {
  await deliverAll(service);
  return (await service.get(account, path)).body;
}

interface Line {
  id: string;
  direction: 'collect' | 'deliver';
  declared: number;
}

const collect = (setTypeId: string, quantity: number, over: object = {}) => ({ direction: 'collect', setTypeId, quantity, ...over });
const deliver = (setTypeId: string, quantity: number) => ({ direction: 'deliver', setTypeId, quantity });
const collectLineOf = (slip: { lines: Line[] }): Line => slip.lines.find(({ direction }) => direction === 'collect') as Line;

/** A centre of its own for each test, so that no slip of one meets that of another. */
let centres = 1;
function nextCentre(): { account: string; institutionId: string } {
  centres++;
  const number = String(centres).padStart(2, '0');
  return { account: `nurse-c${number}`, institutionId: `inst-c${number}` };
}

async function submitted(account: string, body: object) {
  const answer = await service.post(account, '/v1/slips', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

test('a slip goes from the centre through the round and the count to its end', async () => {
  const { account, institutionId } = nextCentre();
  const { roundId, stopIds } = await placeRound(service, [institutionId]);
  const [stopId] = stopIds as [string];
  const slip = await submitted(account, { roundId, lines: [collect('dressing-set', 2)] });
  expect(slip).toMatchObject({
    institutionId,
    roundId,
    stopId: null,
    status: 'submitted',
    allowed: ['amend', 'cancel'],
    clocks: [],
    tasks: [],
  });
  expect(slip.institution).toEqual({ id: slip.institutionId, zh: expect.any(String), en: expect.any(String) });
  expect(slip.lines).toMatchObject([
    { direction: 'collect', setTypeId: 'dressing-set', declared: 2, count: null, outcome: null, discrepancyIds: [] },
    { direction: 'deliver', setTypeId: 'dressing-set', declared: 2, allocated: 0, delivered: null },
  ]);

  expect(await performAct(service, (act) => freezeSlips(act, roundId))).toEqual([slip.id]);
  expect((await service.get(account, `/v1/slips/${slip.id}`)).body).toMatchObject({ status: 'frozen', stopId, allowed: ['amend'] });

  const stowedAt = new Date(Date.now() - 60_000);
  await performAct(service, async (act) => appendLedger(act, await pickUpSlips(act, { stopId, consignments: [{ sealNumber: 'S-1' }] })), {
    happenedAt: stowedAt,
  });
  const pickedUp = await delivered('technician', `/v1/slips/${slip.id}`);
  expect(pickedUp).toMatchObject({
    status: 'picked-up',
    clocks: [
      { name: 'dwell', budgetSeconds: 7_200, startedAt: stowedAt.toISOString(), owner: { role: 'technician', institutionId: 'inst-cssd' } },
    ],
    tasks: [{ name: 'dwell' }],
    allowed: ['count'],
  });

  await endStop(service, stopId);
  await performAct(service, (act) => settleSlips(act, [slip.id]));
  await performAct(service, (act) => noteHandOver(act, roundId));
  await delivered('technician', `/v1/slips/${slip.id}`);

  const counted = await service.post('technician', `/v1/slips/${slip.id}/count`, {
    lines: [{ lineId: collectLineOf(slip).id, received: 2 }],
  });
  expect(counted.status, JSON.stringify(counted.body)).toBe(200);
  expect(counted.body).toMatchObject({ status: 'closed', allowed: [] });
  expect(counted.body.lines).toMatchObject([
    { count: { received: 2, incomplete: 0, damaged: 0, missing: 0, extra: 0 }, suspect: null, outcome: 'counted' },
    { delivered: 0, outcome: 'short', shortReason: 'no-stock' },
  ]);
  const timeline = await delivered(account, `/v1/slips/${slip.id}/timeline`);
  expect(timeline.items.map(({ event }: { event: string }) => event)).toEqual([
    'submit',
    'slip-frozen',
    'slip-picked-up',
    'slip-handed-over',
    'slip-counted',
    'slip-closed',
  ]);

  // The rest joins the next slip.
  const next = await submitted(account, { lines: [collect('suture-set', 1)] });
  expect(next.lines.map(({ direction, setTypeId, declared }: Line & { setTypeId: string }) => [direction, setTypeId, declared])).toEqual([
    ['collect', 'suture-set', 1],
    ['deliver', 'suture-set', 1],
    ['deliver', 'dressing-set', 2],
  ]);
});

test('a slip of a whole course costs at most 60 history events', async () => {
  const { account, institutionId } = nextCentre();
  const { roundId, stopIds } = await placeRound(service, [institutionId]);
  const [stopId] = stopIds as [string];
  const slip = await submitted(account, { roundId, lines: [collect('dressing-set', 2)] });
  await performAct(service, (act) => freezeSlips(act, roundId));
  await performAct(service, async (act) => appendLedger(act, await pickUpSlips(act, { stopId })));
  await performAct(service, (act) => noteHandOver(act, roundId));
  await endStop(service, stopId);
  await service.post('technician', `/v1/slips/${slip.id}/count`, { lines: [{ lineId: collectLineOf(slip).id, received: 2 }] });
  await delivered(account, `/v1/slips/${slip.id}/timeline`);
  const handle = service.client.workflow.getHandle(`exchange-slip/${slip.id}`);
  await handle.result();
  const { historyLength } = await handle.describe();
  expect(historyLength).toBeGreaterThan(10);
  expect(historyLength).toBeLessThanOrEqual(60);
});

describe('who writes a slip', () => {
  test('a nurse writes for the own centre, and says no overrides', async () => {
    const { account, institutionId } = nextCentre();
    const lines = [collect('dressing-set', 1)];
    expect((await service.post(account, '/v1/slips', { institutionId: 'inst-c39', lines })).status).toBe(403);
    expect((await service.post(account, '/v1/slips', { overrideReason: '急用', lines })).status).toBe(403);
    expect((await service.post('technician', '/v1/slips', { institutionId, lines })).status).toBe(403);
    expect((await service.post('dispatcher', '/v1/slips', { lines })).body).toMatchObject({
      status: 422,
      errors: [{ path: 'institutionId' }],
    });
    expect((await service.post('dispatcher', '/v1/slips', { institutionId: 'inst-h1', lines })).status).toBe(422);
    const slip = await service.post('dispatcher', '/v1/slips', { institutionId, lines });
    expect(slip).toMatchObject({ status: 201, body: { institutionId } });
    expect((await service.get('nurse-c39', `/v1/slips/${slip.body.id}`)).status).toBe(404);
    expect((await service.get('courier', `/v1/slips/${slip.body.id}`)).status).toBe(404);
    expect((await service.get('auditor', `/v1/slips/${slip.body.id}`)).status).toBe(200);
  });

  test('the courier of its round sees it', async () => {
    const { account, institutionId } = nextCentre();
    const { roundId } = await placeRound(service, [institutionId]);
    const slip = await submitted(account, { roundId, lines: [collect('dressing-set', 1)] });
    expect((await service.get('courier', `/v1/slips/${slip.id}`)).status).toBe(200);
    expect((await service.get('courier', `/v1/slips?roundId=${roundId}`)).body.items).toMatchObject([{ id: slip.id }]);
    expect((await service.get('driver', '/v1/slips?status=submitted')).body.items.map(({ id }: Line) => id)).toContain(slip.id);
    expect((await service.get('nurse', `/v1/slips?institutionId=${institutionId}`)).body.items).toEqual([]);
  });
});

describe('drafts', () => {
  test('a draft is changed, cancelled and submitted by the row alone, and one centre has one open slip', async () => {
    const { account } = nextCentre();
    const draft = await submitted(account, { draft: true, lines: [collect('dressing-set', 1)] });
    expect(draft).toMatchObject({ status: 'draft', version: 1, allowed: ['submit', 'amend', 'cancel'], clocks: [], tasks: [] });
    expect(await service.db.selectFrom('pathway').select('id').where('id', '=', draft.id).execute()).toEqual([]);
    expect((await service.get(account, `/v1/slips/${draft.id}/timeline`)).body).toEqual({ items: [] });
    for (const second of [{ draft: true }, {}])
      expect((await service.post(account, '/v1/slips', { ...second, lines: [collect('dressing-set', 1)] })).body).toMatchObject({
        status: 409,
        code: 'open-slip-exists',
        slipId: draft.id,
      });
    const amended = await service.post(
      account,
      `/v1/slips/${draft.id}/amend`,
      { lines: [collect('dressing-set', 3)] },
      { headers: { 'if-match': '"1"' } },
    );
    expect(amended.body).toMatchObject({ status: 'draft', version: 2, lines: [{ declared: 3 }, { direction: 'deliver', declared: 3 }] });
    expect((await service.post(account, `/v1/slips/${draft.id}/submit`, {}, { headers: { 'if-match': '"1"' } })).status).toBe(412);
    const sent = await service.post(account, `/v1/slips/${draft.id}/submit`, {});
    expect(sent).toMatchObject({ status: 200, body: { id: draft.id, status: 'submitted' } });
    expect((await service.post(account, `/v1/slips/${draft.id}/submit`, {})).body).toMatchObject({
      code: 'transition-not-allowed',
      state: 'submitted',
      allowed: ['amend', 'cancel'],
    });
    const cancelled = await service.post(account, `/v1/slips/${draft.id}/cancel`, { reason: '重复' });
    expect(cancelled.body).toMatchObject({ status: 'cancelled', cancelReason: '重复', allowed: [] });
    const another = await submitted(account, { draft: true, lines: [collect('dressing-set', 1)] });
    expect((await service.post(account, `/v1/slips/${another.id}/cancel`, { reason: '误填' })).body).toMatchObject({ status: 'cancelled' });
    expect((await service.post(account, `/v1/slips/${another.id}/cancel`, { reason: '误填' })).body).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
    });
  });

  test.each([
    ['two drafts', true],
    ['two slips', false],
  ])('of %s at once one is written', async (_, draft) => {
    const { account, institutionId } = nextCentre();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => service.post(account, '/v1/slips', { draft, lines: [collect('dressing-set', 1)] })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    for (const { status, body } of answers) if (status === 409) expect(body.code).toBe('open-slip-exists');
    const rows = await service.db.selectFrom('exchange_slip').select('id').where('institution_id', '=', institutionId).execute();
    expect(rows).toHaveLength(1);
  });
});

describe('what a frozen slip still takes', () => {
  test('its deliver lines stay, its collect lines change until they are stowed', async () => {
    const { account, institutionId } = nextCentre();
    const { roundId, stopIds } = await placeRound(service, [institutionId]);
    const [stopId] = stopIds as [string];
    const slip = await submitted(account, { roundId, lines: [collect('dressing-set', 1), deliver('dressing-set', 2)] });
    await performAct(service, (act) => freezeSlips(act, roundId));
    const amend = (lines: object[]) => service.post(account, `/v1/slips/${slip.id}/amend`, { lines });
    expect((await amend([collect('dressing-set', 1), deliver('dressing-set', 3)])).body).toMatchObject({
      status: 409,
      code: 'slip-frozen',
    });
    expect((await amend([collect('dressing-set', 1), deliver('suture-set', 2)])).body).toMatchObject({ status: 409, code: 'slip-frozen' });
    const amended = (await amend([collect('dressing-set', 2), collect('suture-set', 1)])).body;
    expect(amended.lines.map(({ direction, declared }: Line) => [direction, declared]).sort()).toEqual([
      ['collect', 1],
      ['collect', 2],
      ['deliver', 2],
    ]);
    expect((await service.post(account, `/v1/slips/${slip.id}/cancel`, { reason: '不需要' })).body).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
      state: 'frozen',
      allowed: ['amend'],
    });
    await performAct(service, async (act) => appendLedger(act, await pickUpSlips(act, { stopId })));
    expect((await amend([collect('dressing-set', 1)])).body).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
      state: 'picked-up',
    });
  });

  test('a slip that only collects joins a confirmed round, one that delivers does not', async () => {
    const { account, institutionId } = nextCentre();
    const { roundId, stopIds } = await placeRound(service, [institutionId], { status: 'confirmed' });
    const [stopId] = stopIds as [string];
    expect((await service.post(account, '/v1/slips', { roundId, lines: [deliver('dressing-set', 1)] })).body).toMatchObject({
      status: 409,
      code: 'slip-frozen',
    });
    const slip = await submitted(account, { roundId, lines: [collect('dressing-set', 1)] });
    expect(slip).toMatchObject({ status: 'frozen', stopId, lines: [{ direction: 'collect' }] });
    const stowed = { id: slip.id, stop_id: stopId, step: 'soiled-stowed' as const, happened_at: new Date(), done_by: '{}' };
    await service.db.insertInto('stop_step').values(stowed).execute();
    expect((await service.post(account, '/v1/slips', { roundId, lines: [collect('dressing-set', 1)] })).body).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
      state: 'confirmed',
    });
  });

  test('a round that does not come gives its slips back, and what joined meanwhile is one slip with them', async () => {
    const { account, institutionId } = nextCentre();
    const { roundId, stopIds } = await placeRound(service, [institutionId]);
    const first = await submitted(account, { roundId, lines: [collect('dressing-set', 1)] });
    await performAct(service, (act) => freezeSlips(act, roundId));
    await performAct(service, (act) => unfreezeSlips(act, stopIds));
    expect((await service.get(account, `/v1/slips/${first.id}`)).body).toMatchObject({ status: 'submitted', roundId: null, stopId: null });

    const again = await placeRound(service, [institutionId]);
    await performAct(service, (act) => freezeSlips(act, again.roundId));
    const second = await submitted(account, { lines: [collect('suture-set', 1)] });
    await performAct(service, (act) => unfreezeSlips(act, again.stopIds));
    expect((await service.get(account, `/v1/slips/${first.id}`)).body).toMatchObject({
      status: 'closed',
      lines: [{ outcome: 'not-collected' }, { outcome: 'short', delivered: 0, shortReason: 'stop-failed' }],
    });
    const joined = (await service.get(account, `/v1/slips/${second.id}`)).body;
    expect(
      joined.lines.map(({ direction, setTypeId, declared }: Line & { setTypeId: string }) => [direction, setTypeId, declared]),
    ).toEqual([
      ['collect', 'suture-set', 1],
      ['deliver', 'suture-set', 1],
      ['collect', 'dressing-set', 1],
      ['deliver', 'dressing-set', 1],
    ]);
  });
});

test('a slip that was meant for a round which was cancelled goes with the next one, one that waits for a planned round does not', async () => {
  const { account, institutionId } = nextCentre();
  const meant = await placeRound(service, [institutionId]);
  const next = await placeRound(service, [institutionId]);
  const slip = await submitted(account, { roundId: meant.roundId, lines: [collect('dressing-set', 1)] });
  expect(await performAct(service, (act) => freezeSlips(act, next.roundId))).toEqual([]);
  await performAct(service, (act) => unfreezeSlips(act, meant.stopIds));
  expect((await service.get(account, `/v1/slips/${slip.id}`)).body).toMatchObject({ status: 'submitted', roundId: null });
  expect(await performAct(service, (act) => freezeSlips(act, next.roundId))).toEqual([slip.id]);
});

describe('low-use packs', () => {
  test('are asked for 24 hours before the planned arrival, unless the dispatcher says why not', async () => {
    const { account, institutionId } = nextCentre();
    const soon = await placeRound(service, [institutionId], { arriveAt: Date.now() + 23 * HOUR_MS });
    const lines = [deliver('tracheotomy-set', 1)];
    for (const body of [{ roundId: soon.roundId, lines }, { lines }])
      expect((await service.post(account, '/v1/slips', body)).body).toMatchObject({ status: 409, code: 'low-use-notice' });
    const overridden = await service.post('dispatcher', '/v1/slips', {
      institutionId,
      roundId: soon.roundId,
      lines,
      overrideReason: '电话申请，急用',
    });
    expect(overridden).toMatchObject({ status: 201, body: { overrideReason: '电话申请，急用' } });
    const other = nextCentre();
    const later = await placeRound(service, [other.institutionId], { arriveAt: Date.now() + 25 * HOUR_MS });
    await submitted(other.account, { roundId: later.roundId, lines });
  });
});

describe('a body that cannot be meant is refused at its place', () => {
  const set = 'dressing-set-01';
  test.each<[string, object, string]>([
    ['no lines', { lines: [] }, 'lines'],
    ['an unknown set type', { lines: [collect('no-such-set', 1)] }, 'lines.0.setTypeId'],
    ['an unknown set', { lines: [collect('dressing-set', 1, { setInstanceIds: ['nobody'] })] }, 'lines.0.setInstanceIds.0'],
    ['a set of another type', { lines: [collect('suture-set', 1, { setInstanceIds: [set] })] }, 'lines.0.setInstanceIds.0'],
    ['more sets than the quantity', { lines: [collect('dressing-set', 1, { setInstanceIds: [set, 'x'] })] }, 'lines.0.setInstanceIds'],
    ['a set twice', { lines: [collect('dressing-set', 2, { setInstanceIds: [set, set] })] }, 'lines.0.setInstanceIds.1'],
    ['sets to deliver', { lines: [{ ...deliver('dressing-set', 1), setInstanceIds: [set] }] }, 'lines.0.setInstanceIds'],
    ['nothing', { lines: [collect('dressing-set', 0)] }, 'lines.0.quantity'],
    ['a round that is none', { roundId: 'round-1', lines: [collect('dressing-set', 1)] }, 'roundId'],
    ['a round that nobody planned', { roundId: '0199a000-0000-7000-8000-000000000000', lines: [collect('dressing-set', 1)] }, 'roundId'],
    ['an unknown field', { lines: [{ ...collect('dressing-set', 1), colour: 'red' }] }, 'lines.0.colour'],
  ])('%s', async (_, body, path) => {
    for (const draft of [true, false]) {
      const answer = await service.post('nurse-c38', '/v1/slips', { draft, ...body });
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
      expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    }
  });

  test('a set of another centre is not the caller’s to send', async () => {
    const owned = await service.db
      .selectFrom('set_instance')
      .select(['id', 'owner_institution_id'])
      .where('ownership', '=', 'centre-owned')
      .execute();
    const [foreign] = owned.filter(({ owner_institution_id }) => owner_institution_id !== 'inst-c38');
    for (const draft of [true, false])
      expect(
        (await service.post('nurse-c38', '/v1/slips', { draft, lines: [collect('dental-set', 1, { setInstanceIds: [foreign?.id] })] }))
          .body,
      ).toMatchObject({ status: 409, code: 'not-owner' });
  });

  test('an id that is none finds nothing', async () => {
    for (const id of ['1', "' or 1=1 --", '%00', '..%2f..', 'ŝlip', '0199a000-0000-7000-8000-000000000000'])
      for (const account of ['nurse', 'technician'])
        expect((await service.get(account, `/v1/slips/${encodeURIComponent(id)}`)).status, id).toBe(404);
  });
});
