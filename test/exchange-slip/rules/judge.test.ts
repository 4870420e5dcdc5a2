/** Whether a centre may write a slip, change it, and what becomes of sets and packs that a count finds. */
import { describe, expect, test } from 'vitest';
import { changeOfSet, statusOfReturned } from '../../../domain/exchange-slip/counted-things.ts';
import { judgeSubmission, keepsDeliverLines, mayBeCounted, type SlipGround, slipCommandsIn } from '../../../domain/exchange-slip/judge.ts';
import type { NewSlipLine } from '../../../domain/exchange-slip/lines.ts';
import { type EarlierFinding, planRecount } from '../../../domain/exchange-slip/recount.ts';
import { packStatuses, roundStatuses, setStatuses, slipStatuses } from '../../../domain/sterile-supply/vocabulary.ts';

const HOUR_MS = 3_600_000;
const now = Date.parse('2026-03-02T02:00:00Z');

const ground = (over: Partial<SlipGround> = {}): SlipGround => ({
  institutionId: 'inst-c02',
  round: null,
  nextArrivalAt: null,
  otherOpenSlipId: null,
  lowUseSetTypeIds: ['low'],
  foreignSetInstanceIds: [],
  noticeSeconds: 86_400,
  ...over,
});
const round = (over: Partial<NonNullable<SlipGround['round']>> = {}, stop: Partial<NonNullable<SlipGround['round']>['stop']> = {}) => ({
  id: 'round-1',
  status: 'planned' as const,
  ...over,
  stop: { id: 'stop-1', arriveAt: now + 48 * HOUR_MS, failed: false, stowed: false, ...stop },
});
const line = (direction: 'collect' | 'deliver', setTypeId = 'plain', quantity = 1): NewSlipLine => ({
  direction,
  setTypeId,
  quantity,
  setInstanceIds: [],
  special: null,
});
const verdict = (given: SlipGround, lines: NewSlipLine[], overridden = false) => {
  const judged = judgeSubmission(given, lines, { at: now, overridden });
  return judged.ok ? (judged.joinsStopId ?? 'submitted') : judged.refusal.code;
};

describe('a slip that is submitted', () => {
  const both = [line('collect'), line('deliver')];
  test('waits for its round or for the next', () => {
    expect(verdict(ground(), both)).toBe('submitted');
    expect(verdict(ground({ round: round() }), both)).toBe('submitted');
  });
  test('is refused where the centre has an open one', () =>
    expect(verdict(ground({ otherOpenSlipId: 's' }), both)).toBe('open-slip-exists'));
  test('is refused with a set of another centre', () => expect(verdict(ground({ foreignSetInstanceIds: ['x'] }), both)).toBe('not-owner'));

  test.each(roundStatuses.filter((status) => status !== 'planned'))(
    'in a round that is %s joins only to be collected, and only while it is on its way',
    (status) => {
      const onItsWay = ['confirmed', 'loaded', 'departed'].includes(status);
      expect(verdict(ground({ round: round({ status }) }), [line('collect')])).toBe(onItsWay ? 'stop-1' : 'transition-not-allowed');
      expect(verdict(ground({ round: round({ status }) }), both)).toBe(onItsWay ? 'slip-frozen' : 'transition-not-allowed');
      for (const stop of [{ stowed: true }, { failed: true }])
        expect(verdict(ground({ round: round({ status }, stop) }), [line('collect')])).toBe('transition-not-allowed');
    },
  );
  test('joins although the centre has an open slip for the next round', () => {
    expect(verdict(ground({ round: round({ status: 'confirmed' }), otherOpenSlipId: 's' }), [line('collect')])).toBe('stop-1');
  });
});

describe('low-use packs', () => {
  const low = [line('deliver', 'low')];
  test.each([
    [24 * HOUR_MS, 'submitted'],
    [24 * HOUR_MS - 1, 'low-use-notice'],
    [-HOUR_MS, 'low-use-notice'],
  ])('%i ms before the arrival: %s', (before, expected) => {
    expect(verdict(ground({ round: round({}, { arriveAt: now + before }) }), low)).toBe(expected);
    expect(verdict(ground({ nextArrivalAt: now + before }), low)).toBe(expected);
  });
  test('need no notice where nothing is planned, the dispatcher overrides, they are collected or carried on', () => {
    const soon = ground({ nextArrivalAt: now + HOUR_MS });
    expect(verdict(ground(), low)).toBe('submitted');
    expect(verdict(soon, low, true)).toBe('submitted');
    expect(verdict(soon, [line('collect', 'low'), line('deliver')])).toBe('submitted');
    expect(verdict(soon, [{ ...line('deliver', 'low'), carriesOn: 'line-1' }])).toBe('submitted');
  });
});

test('what people may do with a slip, in each of its statuses', () => {
  const table = Object.fromEntries(
    slipStatuses.map((status) => [status, [slipCommandsIn(status, { stowed: false }).join(' '), mayBeCounted(status)]]),
  );
  expect(table).toEqual({
    draft: ['submit amend cancel', false],
    submitted: ['amend cancel', false],
    frozen: ['amend', true],
    'picked-up': ['', true],
    counted: ['', true],
    disputed: ['', true],
    closed: ['', false],
    cancelled: ['', false],
  });
  expect(slipCommandsIn('frozen', { stowed: true })).toEqual([]);
});

test('frozen deliver lines are kept by leaving them out or by saying the same', () => {
  const frozen = [
    { setTypeId: 'a', quantity: 2 },
    { setTypeId: 'b', quantity: 1 },
  ];
  expect(keepsDeliverLines(frozen, [line('collect')])).toBe(true);
  expect(keepsDeliverLines(frozen, [line('deliver', 'b', 1), line('deliver', 'a', 1), line('deliver', 'a', 1)])).toBe(true);
  expect(keepsDeliverLines(frozen, [line('deliver', 'a', 2)])).toBe(false);
  expect(keepsDeliverLines(frozen, [line('deliver', 'a', 3), line('deliver', 'b', 1)])).toBe(false);
});

describe('a set that was counted', () => {
  test.each(setStatuses.filter((status) => status !== 'packed' && status !== 'retired'))('was %s and is in decontamination', (status) => {
    expect(changeOfSet({ id: 's', status, special: null, pack: null }, { special: null, inPack: false })).toMatchObject({
      from: status,
      to: 'in-decon',
    });
  });
  test('takes its line’s pathogen along and keeps its own', () => {
    const set = { id: 's', status: 'used' as const, special: null, pack: null };
    expect(changeOfSet(set, { special: 'prion', inPack: false }).special).toBe('prion');
    expect(changeOfSet({ ...set, special: 'prion' }, { special: null, inPack: false }).special).toBe('prion');
  });
  test('that is retired stays so', () =>
    expect(changeOfSet({ id: 's', status: 'retired', special: null, pack: null }, { special: null, inPack: false }).to).toBe('retired'));
  test.each(packStatuses)('in a pack that was %s: it ends where it had left the store', (status) => {
    const left = ['allocated', 'on-vehicle', 'at-centre', 'opened'].includes(status);
    const set = { id: 's', status: 'packed' as const, special: null, pack: { id: 'p', status } };
    expect(changeOfSet(set, { special: null, inPack: false })).toMatchObject({
      to: left ? 'in-decon' : 'packed',
      endedPackId: left ? 'p' : null,
    });
    expect(changeOfSet(set, { special: null, inPack: true })).toMatchObject({ to: 'packed', endedPackId: null });
  });
});

test('a pack that comes back unopened is rejected, unless it was before; what never left or was used cannot come back so', () => {
  const table = Map.groupBy(packStatuses, statusOfReturned);
  expect(table.get('rejected')).toEqual(['allocated', 'on-vehicle', 'at-centre']);
  expect(table.get('stays')).toEqual(['rejected']);
  expect(table.get('not-returned')).toHaveLength(7);
});

describe('a recount', () => {
  const finding = {
    kind: 'count' as const,
    subject: { type: 'slip-line' as const, id: 'l' },
    lineId: 'l',
    suspect: null,
    evidence: { missing: 1 },
  };
  const earlier = (status: EarlierFinding['status'], over: Partial<EarlierFinding> = {}): EarlierFinding => ({
    id: 'd',
    kind: 'count',
    subjectType: 'slip-line',
    subjectId: 'l',
    status,
    ...over,
  });
  const plan = (findings: (typeof finding)[], before: EarlierFinding[], changed: string[] = []) =>
    planRecount(findings, before, new Set(changed));

  test('opens what is new', () => expect(plan([finding], [])).toMatchObject({ opened: [finding], resolved: [], kept: [] }));
  test('keeps what still shows, with what it shows now', () =>
    expect(plan([finding], [earlier('investigating')])).toEqual({
      opened: [],
      resolved: [],
      kept: [{ id: 'd', evidence: { missing: 1 } }],
    }));
  test('resolves what shows no more', () => {
    expect(plan([], [earlier('open')]).resolved).toEqual([{ id: 'd', resolution: 'found' }]);
    expect(plan([], [earlier('open', { kind: 'damage' })]).resolved).toEqual([{ id: 'd', resolution: 'explained' }]);
    expect(plan([], [earlier('resolved')]).resolved).toEqual([]);
    expect(plan([], [earlier('closed')]).resolved).toEqual([]);
  });
  test('opens what was closed only where the line was counted otherwise', () => {
    expect(plan([finding], [earlier('closed')]).opened).toEqual([]);
    expect(plan([finding], [earlier('closed')], ['l']).opened).toEqual([finding]);
  });
});
