/** What becomes of the deliver lines of a slip, and what joins the next one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exchangeLines, type NewSlipLine, restLines } from '../../../domain/exchange-slip/lines.ts';
import { type DeliverLine, type MeantPack, outcomesOf, type ShortReason } from '../../../domain/exchange-slip/outcomes.ts';

const line = (id: string, declared: number, over: Partial<DeliverLine> = {}): DeliverLine => ({
  id,
  setTypeId: 't',
  declared,
  shortReason: null,
  ...over,
});
const pack = (id: string, over: Partial<MeantPack> = {}): MeantPack => ({
  id,
  setTypeId: 't',
  lineId: null,
  handed: true,
  rejected: false,
  recalled: false,
  ...over,
});

describe('the outcome of one line', () => {
  test.each<[string, number, Partial<MeantPack>[], { failed: boolean; hint?: ShortReason }, [number, string, ShortReason | null]]>([
    ['all came', 2, [{}, {}], { failed: false }, [2, 'delivered', null]],
    ['more came', 1, [{}, {}], { failed: false }, [2, 'delivered', null]],
    ['all came before the stop failed', 1, [{}], { failed: true }, [1, 'delivered', null]],
    ['nothing was there', 1, [], { failed: false }, [0, 'short', 'no-stock']],
    ['nothing was released in time', 1, [], { failed: false, hint: 'not-released' }, [0, 'short', 'not-released']],
    ['the stop failed', 2, [{ handed: false, lineId: 'l' }], { failed: true }, [0, 'short', 'stop-failed']],
    ['the centre rejected one', 2, [{}, { rejected: true }], { failed: false }, [1, 'short', 'rejected']],
    ['one was recalled on the way', 2, [{}, { handed: false, recalled: true, lineId: 'l' }], { failed: false }, [1, 'short', 'recalled']],
    ['one that came was recalled later', 1, [{ recalled: true }], { failed: false }, [1, 'delivered', null]],
    ['only packs of another type came', 1, [{ setTypeId: 'other' }], { failed: false }, [0, 'short', 'no-stock']],
  ])('%s', (_, declared, packs, { failed, hint = null }, [delivered, outcome, shortReason]) => {
    const meant = packs.map((over, index) => pack(`p${index}`, over));
    expect(outcomesOf([line('l', declared, { shortReason: hint })], meant, { failed })).toEqual([
      { id: 'l', delivered, outcome, shortReason },
    ]);
  });
});

test('a pack counts for its own line first, then for one of its type that is short', () => {
  const lines = [line('a', 1), line('b', 1)];
  const delivered = (packs: MeantPack[]) => outcomesOf(lines, packs, { failed: false }).map((one) => one.delivered);
  expect(delivered([pack('p', { lineId: 'b' })])).toEqual([0, 1]);
  expect(delivered([pack('p', { lineId: 'b' }), pack('q', { lineId: 'b' })])).toEqual([1, 1]);
  expect(delivered([pack('p')])).toEqual([1, 0]);
});

test('every pack that the centre took counts once, and a line is delivered exactly when it got what it asked for', () => {
  const packs = fc.array(
    fc.record({ lineId: fc.constantFrom('a', 'b', null), handed: fc.boolean(), rejected: fc.boolean(), recalled: fc.boolean() }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(fc.nat(5), fc.nat(5), packs, fc.boolean(), (first, second, drawn, failed) => {
      const meant = drawn.map((over, index) => pack(`p${index}`, over));
      const outcomes = outcomesOf([line('a', first), line('b', second)], meant, { failed });
      const taken = meant.filter(({ handed, rejected }) => handed && !rejected).length;
      expect(outcomes.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(taken);
      outcomes.forEach(({ delivered, outcome, shortReason }, index) => {
        const declared = index === 0 ? first : second;
        expect(outcome).toBe(delivered >= declared ? 'delivered' : 'short');
        expect(shortReason === null).toBe(outcome === 'delivered');
      });
    }),
  );
});

test('the rest of each short line joins the next slip, and nothing of a line that was served', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ declared: fc.nat(20), delivered: fc.nat(20) })), (drawn) => {
      const lines = drawn.map((one, index) => ({ id: `line-${index}`, setTypeId: 't', ...one }));
      const rests = restLines(lines);
      expect(rests.map(({ carriesOn }) => carriesOn)).toEqual(
        lines.filter(({ declared, delivered }) => declared > delivered).map(({ id }) => id),
      );
      for (const { carriesOn, quantity, direction } of rests) {
        const short = lines.find(({ id }) => id === carriesOn);
        expect([direction, (short?.delivered ?? 0) + quantity]).toEqual(['deliver', short?.declared]);
      }
    }),
  );
});

describe('a slip that names nothing to deliver', () => {
  const collect = (over: Partial<NewSlipLine> = {}): NewSlipLine => ({
    direction: 'collect',
    setTypeId: 't',
    quantity: 3,
    setInstanceIds: [],
    special: null,
    ...over,
  });
  test('gets one for each that it collects of the pool', () => {
    expect(exchangeLines([collect(), collect({ setTypeId: 'u', quantity: 1, special: 'prion' })], [])).toMatchObject([
      { direction: 'deliver', setTypeId: 't', quantity: 3, special: null },
      { direction: 'deliver', setTypeId: 'u', quantity: 1, special: null },
    ]);
  });
  test('gets nothing for sets of the centre’s own, which come back by themselves', () => {
    expect(exchangeLines([collect({ setInstanceIds: ['own', 'pool'] })], ['own'])).toMatchObject([{ quantity: 2 }]);
    expect(exchangeLines([collect({ quantity: 1, setInstanceIds: ['own'] })], ['own'])).toEqual([]);
  });
});
