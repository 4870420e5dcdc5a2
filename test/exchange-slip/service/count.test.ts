/** The count of a slip: what it does to sets and packs, what it opens, what a recount changes, what is refused. */
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countSlip } from '../../../db/exchange-slip/count.ts';
import { freezeSlips } from '../../../db/exchange-slip/freeze.ts';
import { pickUpSlips } from '../../../db/exchange-slip/pick-up.ts';
import { settleSlips } from '../../../db/exchange-slip/settle.ts';
import { appendLedger } from '../../../db/sterile-supply/ledger.ts';
import { endStop, performAct, placeRound, technician } from '../../support/builders/slips.ts';
import { addPack, addSet, addSetType, appendEvents, atCentre } from '../../support/builders/supply-ground.ts';
import { type Service, startService } from '../../support/service/service.ts';
import { StatementCounter } from '../../support/service/statement-counter.ts';

let service: Service;
const TYPE = 'counted-set';
beforeAll(async () => {
  service = await startService();
  await addSetType(service.db, TYPE);
  await addSetType(service.db, 'other-set');
});
afterAll(() => service?.stop());

interface Line {
  id: string;
  direction: string;
}

let centres = 1;
let sets = 0;

/** A used set that lies at the centre. */
async function usedSet(institutionId: string, over: Parameters<typeof addSet>[3] = {}, setTypeId = TYPE): Promise<string> {
  sets++;
  const id = await addSet(service.db, `counted-${sets}`, setTypeId, { status: 'used', ...over });
  await appendEvents(
    service.db,
    [{ thing: { type: 'set-instance', id }, event: 'opened', holder: atCentre(institutionId) }],
    new Date(Date.now() - 7_200_000),
  );
  return id;
}

interface Ground {
  institutionId: string;
  account: string;
  slipId: string;
  lineId: string;
  roundId: string;
  stopId: string;
}

/** A slip of a centre of its own that was picked up; its stop is over. */
async function pickedUpSlip(
  line: object = { quantity: 2 },
  { courierCount, before = async () => {} }: { courierCount?: number; before?: (institutionId: string) => Promise<unknown> } = {},
): Promise<Ground> {
  centres++;
  const number = String(centres).padStart(2, '0');
  const institutionId = `inst-c${number}`;
  const account = `nurse-c${number}`;
  await before(institutionId);
  const { roundId, stopIds } = await placeRound(service, [institutionId]);
  const [stopId] = stopIds as [string];
  const { status, body } = await service.post(account, '/v1/slips', {
    roundId,
    lines: [{ direction: 'collect', setTypeId: TYPE, ...line }],
  });
  expect(status, JSON.stringify(body)).toBe(201);
  await performAct(service, (act) => freezeSlips(act, roundId));
  const lineId = body.lines.find(({ direction }: Line) => direction === 'collect').id;
  const courierCounts = courierCount === undefined ? [] : [{ lineId, quantity: courierCount }];
  await performAct(service, async (act) => appendLedger(act, await pickUpSlips(act, { stopId, courierCounts })), {
    happenedAt: new Date(Date.now() - 3_600_000),
  });
  await endStop(service, stopId);
  await performAct(service, (act) => settleSlips(act, [body.id]));
  return { institutionId, account, slipId: body.id, lineId, roundId, stopId };
}

const count = ({ slipId, lineId }: Ground, line: object, over: object = {}, account = 'technician') =>
  service.post(account, `/v1/slips/${slipId}/count`, { lines: [{ lineId, ...line }], ...over });

const setOf = (id: string) =>
  service.db.selectFrom('set_instance').select(['status', 'special']).where('id', '=', id).executeTakeFirstOrThrow();
const packOf = (id: string) =>
  service.db.selectFrom('pack').select(['status', 'reject_reason']).where('id', '=', id).executeTakeFirstOrThrow();
const holderOf = (id: string) =>
  service.db
    .selectFrom('custody')
    .select(['holder_type as type', 'holder_id as id'])
    .where('thing_id', '=', id)
    .where('until', 'is', null)
    .executeTakeFirstOrThrow();
const discrepanciesOf = ({ slipId }: Ground) =>
  service.db
    .selectFrom('discrepancy')
    .select(['id', 'kind', 'subject_type', 'subject_id', 'status', 'resolution', 'suspect', 'owner_role', 'owner_institution_id'])
    .where('slip_id', '=', slipId)
    .orderBy('created_at')
    .orderBy('kind')
    .execute();

describe('what was counted', () => {
  test('goes aboard with the courier and to decontamination with the count, with its pathogen, also where nobody read a code', async () => {
    const ids: string[] = [];
    const ground = await pickedUpSlip(
      { quantity: 2, special: 'prion' },
      { before: async (institutionId) => ids.push(await usedSet(institutionId), await usedSet(institutionId)) },
    );
    for (const id of ids) {
      expect(await setOf(id)).toMatchObject({ status: 'in-transit-soiled' });
      expect(await holderOf(id)).toEqual({ type: 'round', id: ground.roundId });
    }
    const counted = await count(ground, { received: 2 });
    expect(counted, JSON.stringify(counted.body)).toMatchObject({ status: 200, body: { status: 'closed' } });
    for (const id of ids) {
      expect(await setOf(id)).toEqual({ status: 'in-decon', special: 'prion' });
      expect(await holderOf(id)).toEqual({ type: 'cssd', id: 'inst-cssd' });
    }
  });

  test('a set goes aboard by an act on a slip that waits for it, although its use was recorded for a later hour', async () => {
    let id = '';
    const before = async (institutionId: string) => {
      id = await usedSet(institutionId, { status_since: new Date() });
      return id;
    };
    await pickedUpSlip({ quantity: 1 }, { before });
    expect(await setOf(id)).toMatchObject({ status: 'in-transit-soiled' });
  });

  test('a set that was used again since its count stays where it is when its stowing is told at last', async () => {
    const institutionId = 'inst-c39';
    const id = await usedSet(institutionId, { status_since: new Date(Date.now() - 7_200_000) });
    const { roundId, stopIds } = await placeRound(service, [institutionId]);
    const lines = [{ direction: 'collect', setTypeId: TYPE, quantity: 1, setInstanceIds: [id] }];
    const { body: slip } = await service.post('nurse-c39', '/v1/slips', { roundId, lines });
    await performAct(service, (act) => freezeSlips(act, roundId));
    const lineId = slip.lines.find(({ direction }: Line) => direction === 'collect').id;
    const counted = await service.post('technician', `/v1/slips/${slip.id}/count`, { lines: [{ lineId, received: 1 }] });
    expect(counted.status, JSON.stringify(counted.body)).toBe(200);
    await service.db.updateTable('set_instance').set({ status: 'used', status_since: new Date() }).where('id', '=', id).execute();
    const [stopId] = stopIds as [string];
    await performAct(service, (act) => pickUpSlips(act, { stopId }), { happenedAt: new Date(Date.now() - 3_600_000) });
    expect(await setOf(id)).toMatchObject({ status: 'used' });
  });

  test('packs that were opened end, and what came back unopened is rejected', async () => {
    let opened = '';
    let unrecorded = '';
    let unopened = '';
    const gone = { outer_ci: 'pass' as const };
    const ground = await pickedUpSlip(
      { quantity: 2 },
      {
        before: async (institutionId) => {
          opened = await addPack(service.db, 'counted-opened', TYPE, { ...gone, status: 'opened', opened_institution_id: institutionId });
          unrecorded = await addPack(service.db, 'counted-unrecorded', TYPE, { ...gone, status: 'at-centre' });
          unopened = await addPack(service.db, 'counted-unopened', TYPE, { ...gone, status: 'at-centre' });
          await service.db.updateTable('set_instance').set({ status: 'used' }).where('id', '=', 'set-counted-opened').execute();
        },
      },
    );
    const answer = await count(
      ground,
      { received: 2, setInstanceIds: ['set-counted-opened', 'set-counted-unrecorded'] },
      { packIds: ['counted-unopened-1'] },
    );
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
    expect(await packOf(opened)).toEqual({ status: 'ended', reject_reason: null });
    expect(await packOf(unrecorded)).toEqual({ status: 'ended', reject_reason: null });
    expect(await packOf(unopened)).toEqual({ status: 'rejected', reject_reason: 'returned-unopened' });
    expect((await setOf('set-counted-unopened')).status).toBe('packed');
    expect((await setOf('set-counted-unrecorded')).status).toBe('in-decon');
    for (const id of [opened, unrecorded, unopened]) expect(await holderOf(id)).toMatchObject({ type: 'cssd' });
  });
});

describe('what differs', () => {
  test('a missing set is a discrepancy of its line, the head of the centre has to say why, and the others of the round may have it', async () => {
    const ground = await pickedUpSlip({ quantity: 2 });
    const counted = await count(ground, { received: 1 });
    expect(counted.body).toMatchObject({ status: 'disputed' });
    expect(counted.body.lines[0]).toMatchObject({ count: { received: 1, missing: 1, extra: 0 }, suspect: 'centre' });
    const [discrepancy] = await discrepanciesOf(ground);
    expect(counted.body.lines[0].discrepancyIds).toEqual([discrepancy?.id]);
    expect(discrepancy).toMatchObject({
      kind: 'count',
      subject_type: 'slip-line',
      subject_id: ground.lineId,
      owner_role: 'head',
      owner_institution_id: ground.institutionId,
    });
    const other = await pickedUpSlip({ quantity: 1 });
    await service.db.updateTable('exchange_slip').set({ round_id: ground.roundId }).where('id', '=', other.slipId).execute();
    expect((await count(other, { received: 2 })).body).toMatchObject({ status: 'disputed' });
    expect((await service.get(ground.account, `/v1/discrepancies/${discrepancy?.id}`)).body.candidates).toMatchObject([
      { slipId: other.slipId, lineId: other.lineId, institutionId: other.institutionId, setTypeId: TYPE, quantity: 1 },
    ]);
  });

  test('is suspected of the transport where the courier counted what was declared, or the seal was broken', async () => {
    const ground = await pickedUpSlip({ quantity: 2 }, { courierCount: 2 });
    expect((await count(ground, { received: 1 })).body.lines[0]).toMatchObject({ courierCount: 2, suspect: 'transport' });
    expect(await discrepanciesOf(ground)).toMatchObject([
      { suspect: 'transport', owner_role: 'dispatcher', owner_institution_id: 'inst-cssd' },
    ]);
    const broken = await pickedUpSlip({ quantity: 2 });
    const { roundId, stopId } = broken;
    const unit = {
      id: stopId,
      round_id: roundId,
      stop_id: stopId,
      lane: 'soiled' as const,
      box_id: 'box-soiled-1',
      seal_number: stopId,
      intact: false,
    };
    await service.db.insertInto('consignment').values(unit).execute();
    expect((await count(broken, { received: 1 })).body.lines[0]).toMatchObject({ suspect: 'transport' });
  });

  test('each incomplete set and what is damaged is a discrepancy, also where all came', async () => {
    let id = '';
    const ground = await pickedUpSlip({ quantity: 3 }, { before: async (institutionId) => (id = await usedSet(institutionId)) });
    const missingItems = [{ itemCode: 'forceps', quantity: 1 }];
    const counted = await count(ground, { received: 3, damaged: 1, incomplete: [{ setInstanceId: id, missingItems }, { missingItems }] });
    expect(counted.body).toMatchObject({ status: 'disputed' });
    expect(counted.body.lines[0].count).toEqual({ received: 3, incomplete: 2, damaged: 1, missing: 0, extra: 0 });
    expect((await discrepanciesOf(ground)).map(({ kind, subject_type }) => [kind, subject_type]).sort()).toEqual([
      ['damage', 'slip-line'],
      ['missing-item', 'set-instance'],
      ['missing-item', 'slip-line'],
    ]);
  });

  test('what no line declares is a line of its own, and a set of another centre is told so', async () => {
    const ground = await pickedUpSlip({ quantity: 1 });
    const foreign = await usedSet('inst-c39', { ownership: 'centre-owned', owner_institution_id: 'inst-c39' }, 'other-set');
    const counted = await count(ground, { received: 1 }, { extras: [{ setTypeId: 'other-set', quantity: 1, setInstanceIds: [foreign] }] });
    expect(counted.body).toMatchObject({ status: 'disputed' });
    expect(counted.body.lines.at(-1)).toMatchObject({
      direction: 'collect',
      setTypeId: 'other-set',
      declared: 0,
      count: { received: 1, extra: 1 },
    });
    expect((await discrepanciesOf(ground)).map(({ kind }) => kind)).toEqual(['count', 'wrong-centre']);
    expect(await setOf(foreign)).toMatchObject({ status: 'in-decon' });
  });
});

test('a count of many lines costs the same 12 statements at most as one of a single line', async () => {
  const codes: string[] = [];
  for (let n = 0; n < 12; n++) codes.push(await addSetType(service.db, `many-${n}`));
  const costOf = async (setTypeIds: readonly string[]): Promise<number> => {
    const ground = await pickedUpSlip({ quantity: 2 });
    const lines = setTypeIds.map((set_type_id, n) => ({
      id: uuid(),
      slip_id: ground.slipId,
      position: 10 + n,
      direction: 'collect' as const,
      set_type_id,
      declared: 2,
    }));
    if (lines.length > 0) await service.db.insertInto('slip_line').values(lines).execute();
    const set = await usedSet(ground.institutionId);
    const counted = [{ id: ground.lineId }, ...lines].map(({ id }) => ({
      lineId: id,
      received: 1,
      setInstanceIds: id === ground.lineId ? [set] : [],
    }));
    const counter = new StatementCounter();
    const db = service.db.withPlugin(counter);
    await performAct({ db }, (act) => countSlip(act, ground.slipId, { lines: counted }), { actor: technician });
    expect((await discrepanciesOf(ground)).length).toBe(counted.length);
    return counter.statements;
  };
  const ofOne = await costOf([]);
  expect(ofOne).toBeLessThanOrEqual(12);
  expect(await costOf(codes)).toBe(ofOne);
});

describe('a recount', () => {
  test('is made by another person, and what shows no more resolves itself', async () => {
    const ground = await pickedUpSlip({ quantity: 2 });
    expect((await count(ground, { received: 1 })).body.status).toBe('disputed');
    expect((await count(ground, { received: 2 })).body).toMatchObject({ status: 409, code: 'same-person' });
    const recounted = await count(ground, { received: 2 }, { reason: '重新清点' }, 'headnurse');
    expect(recounted.body).toMatchObject({ status: 'counted', lines: [{ count: { received: 2, missing: 0 }, suspect: null }, {}] });
    const [discrepancy] = await discrepanciesOf(ground);
    expect(discrepancy).toMatchObject({ status: 'resolved', resolution: 'found' });
    expect((await service.post('headnurse', `/v1/discrepancies/${discrepancy?.id}/close`, {})).body).toMatchObject({ code: 'same-person' });
    const closed = await service.post('headnurse2', `/v1/discrepancies/${discrepancy?.id}/close`, {});
    expect(closed, JSON.stringify(closed.body)).toMatchObject({ status: 200, body: { status: 'closed', closedBy: 'person-headnurse2' } });
    expect((await service.get('technician', `/v1/slips/${ground.slipId}`)).body).toMatchObject({ status: 'closed' });
    expect((await count(ground, { received: 2 }, {}, 'headnurse2')).body).toMatchObject({
      code: 'transition-not-allowed',
      state: 'closed',
    });
  });

  test('keeps the discrepancy of what still differs, and moves no set that has gone on', async () => {
    let id = '';
    const ground = await pickedUpSlip({ quantity: 3 }, { before: async (institutionId) => (id = await usedSet(institutionId)) });
    await count(ground, { received: 1, setInstanceIds: [id] });
    await service.db.updateTable('set_instance').set({ status: 'inspected' }).where('id', '=', id).execute();
    const [before] = await discrepanciesOf(ground);
    expect((await count(ground, { received: 2, setInstanceIds: [id] }, {}, 'headnurse')).body.status).toBe('disputed');
    expect(await discrepanciesOf(ground)).toMatchObject([{ id: before?.id, status: 'open' }]);
    expect((await setOf(id)).status).toBe('inspected');
  });

  test('of two counts at once by one person one is a count and none a recount', async () => {
    const ground = await pickedUpSlip({ quantity: 2 });
    const answers = await Promise.all([count(ground, { received: 1 }), count(ground, { received: 2 })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

test('a set that was missing and is seen again resolves what it was missed in, also after it was written off', async () => {
  const ids: string[] = [];
  const line = { quantity: 2, setInstanceIds: ids };
  const ground = await pickedUpSlip(line, {
    before: async (institutionId) => ids.push(await usedSet(institutionId), await usedSet(institutionId)),
  });
  const [came, lost] = ids as [string, string];
  await count(ground, { received: 1, setInstanceIds: [came] });
  const [discrepancy] = await discrepanciesOf(ground);
  const at = `/v1/discrepancies/${discrepancy?.id}`;
  for (const [step, body] of [
    ['acknowledge', {}],
    ['investigate', { note: '询问中心' }],
    ['resolve', { resolution: 'written-off', note: '三次未见' }],
  ] as const)
    expect(await service.post('headnurse', `${at}/${step}`, body), step).toMatchObject({ status: 200 });
  expect((await service.post('headnurse2', `${at}/close`, {})).body).toMatchObject({ status: 'closed', resolution: 'written-off' });
  expect((await service.get('technician', `/v1/slips/${ground.slipId}`)).body.status).toBe('closed');

  const later = await pickedUpSlip({ quantity: 1 });
  expect((await count(later, { received: 1, setInstanceIds: [lost] })).status).toBe(200);
  expect((await service.get('headnurse', at)).body).toMatchObject({ status: 'resolved', resolution: 'found', allowed: ['close'] });
});

describe('a count that cannot be meant is refused at its place', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await pickedUpSlip({ quantity: 2 });
  });
  const missingItems = [{ itemCode: 'forceps', quantity: 1 }];
  test.each<[string, object, object, string]>([
    ['another line', { lineId: '0199a000-0000-7000-8000-000000000000', received: 1 }, {}, 'lines.0.lineId'],
    ['a line that is none', { lineId: "' or true", received: 1 }, {}, 'lines.0.lineId'],
    ['less than nothing', { received: -1 }, {}, 'lines.0.received'],
    ['half a set', { received: 1.5 }, {}, 'lines.0.received'],
    ['more damaged than received', { received: 1, damaged: 2 }, {}, 'lines.0.received'],
    ['more incomplete than received', { received: 0, incomplete: [{ missingItems }] }, {}, 'lines.0.received'],
    [
      'an item of no count sheet',
      { received: 1, incomplete: [{ missingItems: [{ itemCode: 'spoon', quantity: 1 }] }] },
      {},
      'lines.0.incomplete.0.missingItems.0.itemCode',
    ],
    ['an unknown set', { received: 1, setInstanceIds: ['nobody'] }, {}, 'lines.0.setInstanceIds.0'],
    ['a set of another type', { received: 1, setInstanceIds: ['dressing-set-01'] }, {}, 'lines.0.setInstanceIds.0'],
    ['more sets than received', { received: 0, setInstanceIds: ['dressing-set-01'] }, {}, 'lines.0.setInstanceIds'],
    ['an unknown extra', { received: 1 }, { extras: [{ setTypeId: 'nothing', quantity: 1 }] }, 'extras.0.setTypeId'],
    ['an unknown pack', { received: 1 }, { packIds: ['nothing-1'] }, 'packIds.0'],
  ])('%s', async (_, line, over, path) => {
    const answer = await count(ground, line, over);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });
  test('no line at all', async () => {
    const answer = await service.post('technician', `/v1/slips/${ground.slipId}/count`, { lines: [] });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'lines' }] } });
  });
  test('by people who do not count', async () => {
    for (const account of [ground.account, 'dispatcher', 'checker', 'infection'])
      expect((await count(ground, { received: 2 }, {}, account)).status, account).toBe(403);
    expect((await count(ground, { received: 2 }, {}, 'nurse')).status).toBe(404);
  });
  test('a pack that never left the store did not come back', async () => {
    await addPack(service.db, 'counted-in-store', TYPE);
    expect((await count(ground, { received: 2 }, { packIds: ['counted-in-store'] })).body).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
      state: 'released',
    });
    expect((await service.get('technician', `/v1/slips/${ground.slipId}`)).body.status).toBe('picked-up');
  });
});
