import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AllocatablePack,
  type Allocation,
  allocateFefo,
  type DeliverLine,
  shortReasonOf,
} from '../../../domain/supply-round/allocate.ts';

const pack = (id: string, over: Partial<AllocatablePack> = {}): AllocatablePack => ({
  id,
  setTypeId: 'dressing',
  ownerInstitutionId: null,
  expiresOn: '2026-12-01',
  releasedAt: 0,
  ...over,
});
const line = (id: string, over: Partial<DeliverLine> = {}): DeliverLine => ({
  id,
  institutionId: 'c1',
  setTypeId: 'dressing',
  need: 1,
  nextVisitOn: null,
  ...over,
});
const allocate = (
  packs: AllocatablePack[],
  lines: DeliverLine[],
  institutionIds = ['c1', 'c2'],
  isDispensable = () => true,
): Allocation[] => allocateFefo({ packs, lines, institutionIds, isDispensable });
const packIdsOf = (allocations: readonly Allocation[]): string[] => allocations.map(({ packId }) => packId);

describe('FEFO', () => {
  test.each([
    ['the earliest expiry goes first', [pack('a', { expiresOn: '2026-12-03' }), pack('b', { expiresOn: '2026-12-02' })], null, 'b'],
    ['of one expiry the oldest release', [pack('a', { releasedAt: 2 }), pack('b', { releasedAt: 1 })], null, 'b'],
    ['of one release the smallest id', [pack('b'), pack('a')], null, 'a'],
    ['what expires before the visit after comes last', [pack('a', { expiresOn: '2026-11-20' }), pack('b')], '2026-11-21', 'b'],
    ['what expires on the day of that visit does not', [pack('a', { expiresOn: '2026-11-21' }), pack('b')], '2026-11-21', 'a'],
    ['what expires before it is taken when there is nothing else', [pack('a', { expiresOn: '2026-11-20' })], '2026-11-21', 'a'],
  ] as const)('%s', (_, packs, nextVisitOn, first) => {
    expect(packIdsOf(allocate([...packs], [line('l', { nextVisitOn })]))).toEqual([first]);
  });
});

describe('a centre’s own pack', () => {
  const own = pack('own', { ownerInstitutionId: 'c1' });
  test('goes to its owner’s stop without being asked for', () => {
    expect(allocate([own], [])).toEqual([{ packId: 'own', institutionId: 'c1', lineId: null }]);
  });
  test('goes nowhere when the round does not stop there', () => {
    expect(allocate([own], [line('l', { institutionId: 'c2' })], ['c2'])).toEqual([]);
  });
  test('fills a line of its centre that the pool cannot fill, and only then', () => {
    expect(allocate([own], [line('l')])).toEqual([{ packId: 'own', institutionId: 'c1', lineId: 'l' }]);
    expect(allocate([own, pack('pool')], [line('l')])).toEqual([
      { packId: 'pool', institutionId: 'c1', lineId: 'l' },
      { packId: 'own', institutionId: 'c1', lineId: null },
    ]);
  });
});

test('no pack is allocated twice, no line gets more than it needs, and none what may not be handed over there', () => {
  const centre = fc.constantFrom('c1', 'c2', 'c3');
  const type = fc.constantFrom('dressing', 'suture');
  const day = fc.integer({ min: 10, max: 30 }).map((number) => `2026-11-${number}`);
  const packs = fc.array(
    fc.record({ setTypeId: type, ownerInstitutionId: fc.option(centre, { nil: null, freq: 3 }), expiresOn: day, releasedAt: fc.nat(3) }),
    { maxLength: 20 },
  );
  const lines = fc.array(
    fc.record({ institutionId: centre, setTypeId: type, need: fc.integer({ min: 1, max: 4 }), nextVisitOn: fc.option(day) }),
    {
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(packs, lines, fc.integer({ min: 0, max: 9 }), (drawnPacks, drawnLines, refused) => {
      const all = drawnPacks.map((one, index) => pack(`p${index}`, one));
      const wanted = drawnLines.map((one, index) => line(`l${index}`, one));
      const isDispensable = ({ id }: AllocatablePack) => id !== `p${refused}`;
      const allocations = allocateFefo({ packs: all, lines: wanted, institutionIds: ['c1', 'c2'], isDispensable });
      expect(new Set(packIdsOf(allocations)).size).toBe(allocations.length);
      for (const { packId, institutionId, lineId } of allocations) {
        const given = all.find(({ id }) => id === packId);
        const asked = wanted.find(({ id }) => id === lineId);
        expect(given && isDispensable(given)).toBe(true);
        if (asked) expect([asked.setTypeId, asked.institutionId]).toEqual([given?.setTypeId, institutionId]);
        if (given?.ownerInstitutionId) expect(given.ownerInstitutionId).toBe(institutionId);
        else expect(lineId).not.toBeNull();
      }
      for (const { id, need } of wanted) expect(allocations.filter(({ lineId }) => lineId === id).length).toBeLessThanOrEqual(need);
    }),
  );
});

test.each([
  [{ recalled: 0, notReleased: 0 }, 'no-stock'],
  [{ recalled: 1, notReleased: 0 }, 'recalled'],
  [{ recalled: 1, notReleased: 2 }, 'not-released'],
] as const)('a line that stays short says why: %o', (stock, reason) => {
  expect(shortReasonOf(stock)).toBe(reason);
});
