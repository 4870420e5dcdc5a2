/** A dose as doctors write it is read exactly, or somebody reads it: it is never guessed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDose } from '../../../domain/discharge/dose-text.ts';
import { floorOf, fraction, fractionOf, isMore, times, toNumber } from '../../../domain/discharge/fraction.ts';
import { computeSupply } from '../../../domain/discharge/supply.ts';

const said = (text: string) => {
  const read = readDose(text);
  if (!read) return 'review';
  return read.asNeeded ? 'as-needed' : `${toText(read.dose.perDay)} ${read.dose.unit}`;
};
const toText = ({ numerator, denominator }: { numerator: bigint; denominator: bigint }) =>
  denominator === 1n ? String(numerator) : `${numerator}/${denominator}`;

const read: readonly (readonly [string, string])[] = [
  ['每次1片每日1次', '1 片'],
  ['每次1片，每日1次，口服', '1 片'],
  ['口服，一次1片，一日1次', '1 片'],
  ['口服 一次 2片 一日 3次', '6 片'],
  ['1片qd', '1 片'],
  ['1片 QD', '1 片'],
  ['qd 1片', '1 片'],
  ['qd1片', '1 片'],
  ['1 片 q d', '1 片'],
  ['１片ｑｄ', '1 片'],
  ['1片　qd', '1 片'],
  ['1片,bid', '2 片'],
  ['1片、bid', '2 片'],
  ['半片bid', '1 片'],
  ['半片 每晚', '1/2 片'],
  ['1/2片 qd', '1/2 片'],
  ['1/4片 tid', '3/4 片'],
  ['0.5片bid', '1 片'],
  ['.5片bid', 'review'],
  ['0.25mg qod', '1/8 mg'],
  ['两片 tid', '6 片'],
  ['一片一日一次', '1 片'],
  ['一次一片一日一次', '1 片'],
  ['每次一片每日三次', '3 片'],
  ['一日三次每次一片', '3 片'],
  ['每日一次一次一片', '1 片'],
  ['每天2次 每次2粒', '4 粒'],
  ['十丸 每日两次', '20 丸'],
  ['十二丸 每日两次', 'review'],
  ['二十丸 bid', 'review'],
  ['1-2片tid', '6 片'],
  ['1~2片 tid', '6 片'],
  ['1～2片 tid', '6 片'],
  ['1－2片 tid', '6 片'],
  ['一-二片 tid', '6 片'],
  ['1/2-1片 bid', '2 片'],
  ['2-1片 tid', 'review'],
  ['1-1片 tid', 'review'],
  ['1-2-3片 tid', 'review'],
  ['1至2片 tid', 'review'],
  ['10mg qd', '10 mg'],
  ['10mgqd', '10 mg'],
  ['10 mg po qd', '10 mg'],
  ['2.5mg qd', '5/2 mg'],
  ['2．5mg qd', '5/2 mg'],
  ['0.5g tid', '3/2 g'],
  ['0.5gtid', '3/2 g'],
  ['50μg qd', '50 μg'],
  ['50µg qd', '50 μg'],
  ['50ug qd', '50 μg'],
  ['10ml tid', '30 ml'],
  ['10mltid', '30 ml'],
  ['8u tid 皮下', '24 u'],
  ['8U tid', '24 u'],
  ['8IU tid', '24 u'],
  ['8单位 tid', '24 u'],
  ['1袋 bid', '2 袋'],
  ['1支 qd', '1 支'],
  ['2滴 q4h', '12 滴'],
  ['2吸 bid', '4 吸'],
  ['吸入 2吸 bid', '4 吸'],
  ['2吸bid吸入', '4 吸'],
  ['2喷bid', '4 吸'],
  ['1揿 prn', 'as-needed'],
  ['1贴 qd', '1 贴'],
  ['1片 qn', '1 片'],
  ['1片 qm', '1 片'],
  ['1片 hs', '1 片'],
  ['每晚1片', '1 片'],
  ['每晚一次 1片', '1 片'],
  ['每晚1次 1片', 'review'],
  ['1片 q12h', '2 片'],
  ['1片 q8h', '3 片'],
  ['1片 q6h', '4 片'],
  ['1片 q4h', '6 片'],
  ['1片 q3h', 'review'],
  ['1片 qid', '4 片'],
  ['1片 qod', '1/2 片'],
  ['1片 隔日', '1/2 片'],
  ['1片 隔日1次', '1/2 片'],
  ['隔日一次 1片', '1/2 片'],
  ['1片 qw', '1/7 片'],
  ['1片 biw', '2/7 片'],
  ['1片 tiw', '3/7 片'],
  ['70mg 每周1次', '10 mg'],
  ['70mg 每周一次', '10 mg'],
  ['1片 每周三次', '3/7 片'],
  ['每周三 1片', 'review'],
  ['1片 每8小时', '3 片'],
  ['每 8 小时 1 片', '3 片'],
  ['每0小时 1片', 'review'],
  ['1片 每36小时', '2/3 片'],
  ['1片 3次/日', '3 片'],
  ['1片3次/日', '3 片'],
  ['三次/日 一片', '3 片'],
  ['片十二次/日', 'review'],
  ['片12次/日', 'review'],
  ['1片 12次/日', '12 片'],
  ['0片 tid', 'review'],
  ['1片 每日0次', 'review'],
  ['1/0片 tid', 'review'],
  ['早8u中6u晚6u', '20 u'],
  ['早10u晚8u', '18 u'],
  ['早10u 晚8u 皮下', '18 u'],
  ['早10u，晚8u', '18 u'],
  ['早一片晚半片', '3/2 片'],
  ['早1片晚1片 饭后', '2 片'],
  ['早1片晚5mg', 'review'],
  ['早1片早1片', 'review'],
  ['早1片晚1片 bid', 'review'],
  ['早晚各1片', 'review'],
  ['prn', 'as-needed'],
  ['必要时 1片', 'as-needed'],
  ['1片 bid prn', 'as-needed'],
  ['必要时口服 0.5g', 'as-needed'],
  ['疼痛时 1片', 'review'],
  ['必要时 片', 'review'],
  ['必要时 prn', 'review'],
  ['1片', 'review'],
  ['qd', 'review'],
  ['片 qd', 'review'],
  ['1 qd', 'review'],
  ['', 'review'],
  ['   ', 'review'],
  ['口服', 'review'],
  ['遵医嘱', 'review'],
  ['1片 qd bid', 'review'],
  ['1片 qd qd', 'review'],
  ['1片 2片 qd', 'review'],
  ['1 2片 qd', 'review'],
  ['1 1/2片 qd', 'review'],
  ['1,5片 qd', 'review'],
  ['1，5片 qd', 'review'],
  ['1,000mg qd', 'review'],
  ['1½片 qd', 'review'],
  ['½片 qd', 'review'],
  ['①片 qd', 'review'],
  ['一片半 qd', 'review'],
  ['1片半 qd', 'review'],
  ['10mg/kg qd', 'review'],
  ['10mg 1片 qd', 'review'],
  ['1片 qd 14天', 'review'],
  ['1片 qd x7', 'review'],
  ['前3天30mg后减量', 'review'],
  ['首剂加倍 1片 bid', 'review'],
  ['1片 每日1-2次', 'review'],
  ['-1片 qd', 'review'],
  ['1e3mg qd', 'review'],
  ['1片 st', 'review'],
  ['1毫克 qd', 'review'],
  ['1片 一天三次', 'review'],
  ['1片 每日', 'review'],
  ['2吸入 bid', 'review'],
];

test.each(read)('%s: %s', (text, expected) => {
  expect(said(text)).toBe(expected);
});

test('the table has at least 120 rows, each once', () => {
  expect(new Set(read.map(([text]) => text)).size).toBe(read.length);
  expect(read.length).toBeGreaterThanOrEqual(120);
});

describe('supply', () => {
  const days = (text: string, quantity: Parameters<typeof computeSupply>[1], strength?: Parameters<typeof computeSupply>[2]) => {
    const dose = readDose(text);
    if (!dose || dose.asNeeded) return dose;
    const supply = computeSupply(dose.dose, quantity, strength);
    return 'days' in supply ? supply.days : supply.reviewReason;
  };
  const perTablet = { value: 5, unit: 'mg', per: '片' };

  test.each([
    ['每次1片每日1次', { value: 14, unit: '片' }, undefined, 14],
    ['半片bid', { value: 28, unit: '片' }, undefined, 28],
    ['10mg qd', { value: 2, unit: '盒', packSize: 14, packUnit: '片' }, perTablet, 14],
    ['1-2片tid', { value: 42, unit: '片' }, undefined, 7],
    ['早10u晚8u', { value: 300, unit: 'u' }, undefined, 16],
    ['早10u晚8u', { value: 300, unit: 'IU' }, undefined, 16],
    ['早10u晚8u', { value: 1, unit: '支' }, { value: 300, unit: 'U', per: '支' }, 16],
    ['早10u晚8u', { value: 3, unit: 'ml' }, { value: 100, unit: 'u', per: 'ml' }, 16],
    ['0.5g bid', { value: 14_000, unit: 'mg' }, undefined, 14],
    ['50μg qd', { value: 1, unit: 'mg' }, undefined, 20],
    ['0.01g qd', { value: 28, unit: '片' }, perTablet, 14],
    ['2片 qd', { value: 100, unit: 'mg' }, perTablet, 10],
    ['2.5mg qd', { value: 14, unit: '片' }, perTablet, 28],
    ['1片 qod', { value: 7, unit: '片' }, undefined, 14],
    ['1片 qw', { value: 1, unit: '片' }, undefined, 7],
    ['1片 tiw', { value: 2, unit: '片' }, undefined, 4],
    ['0.1mg tid', { value: 0.3, unit: 'mg' }, undefined, 1],
    ['1片 qd', { value: 2, unit: '盒' }, undefined, 'unit-mismatch'],
    ['1片 qd', { value: 2, unit: '盒', packSize: 14 }, undefined, 'unit-mismatch'],
    ['1片 qd', { value: 2, unit: '盒', packSize: 14, packUnit: '粒' }, undefined, 'unit-mismatch'],
    ['10mg qd', { value: 14, unit: '片' }, undefined, 'unit-mismatch'],
    ['10ml qd', { value: 14, unit: '片' }, perTablet, 'unit-mismatch'],
    ['10mg qd', { value: 14, unit: '片' }, { value: 0, unit: 'mg', per: '片' }, 'unit-mismatch'],
    ['2片 tid', { value: 5, unit: '片' }, undefined, 'quantity-too-small'],
    ['1片 qd', { value: 0, unit: '片' }, undefined, 'unit-mismatch'],
    ['1片 qd', { value: -3, unit: '片' }, undefined, 'unit-mismatch'],
  ] as const)('%s of %j: %j, %s', (text, quantity, strength, expected) => {
    expect(days(text, quantity, strength)).toBe(expected);
  });

  test('is never longer than the quantity lasts, and a day more would be', () => {
    const amount = fc.integer({ min: 1, max: 4_000 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(
        amount,
        fc.constantFrom('qd', 'bid', 'tid', 'q4h', 'qod', 'qw', 'biw', 'tiw', '每36小时'),
        amount,
        (each, often, value) => {
          const dose = readDose(`${each}mg ${often}`);
          if (!dose || dose.asNeeded) throw new Error('Every such dose can be read.');
          const supply = computeSupply(dose.dose, { value, unit: 'mg' });
          const whole = 'days' in supply ? supply.days : 0;
          const quantity = fractionOf(value) ?? fraction(0n);
          const taken = (n: number) => times(dose.dose.perDay, fraction(BigInt(n)));
          expect(isMore(taken(whole), quantity)).toBe(false);
          expect(isMore(taken(whole + 1), quantity)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('no text makes the reader slow or throws, whatever it is put together from', () => {
    const piece = fc.constantFrom(
      ...'1290./-~半两一十片mgu吸入日次每早晚,， qdbitwhpron|½'.split(''),
      '每日',
      '一次',
      '次/日',
      'μg',
      '必要时',
      '隔日',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
        (text) => {
          const dose = readDose(text);
          if (dose && !dose.asNeeded) expect(toNumber(dose.dose.perDay)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

test('fractions are exact', () => {
  expect(floorOf(times(fraction(1n, 3n), fraction(3n)))).toBe(1);
  expect(fractionOf(1e-7)).toEqual(fraction(1n, 10_000_000n));
  expect(fractionOf('1e21')).toEqual(fraction(10n ** 21n));
  expect([fractionOf('x'), fractionOf(-1), fractionOf(Number.NaN), fractionOf('1.')]).toEqual([undefined, undefined, undefined, undefined]);
});
