import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findIdentityFlaw, identityKeyOf, maskIdentityNumber, toIdentityNumber } from '../../../domain/residents/identity-number.ts';
import { addDays } from '../../../domain/time/local-date.ts';

const bearer = fc.record({
  region: fc.integer({ min: 110_101, max: 659_004 }),
  born: fc.integer({ min: 0, max: 36_000 }).map((days) => addDays('1900-01-01', days)),
  serial: fc.integer({ min: 0, max: 999 }).map((serial) => String(serial).padStart(3, '0')),
});

const sexOf = (serial: string) => (Number(serial.at(-1)) % 2 === 1 ? ('male' as const) : ('female' as const));

test('a number of 15 digits and its 18 are one number, and both agree with their bearer', () => {
  fc.assert(
    fc.property(bearer, ({ region, born, serial }) => {
      const digits = born.replaceAll('-', '');
      const old = `${region}${digits.slice(2)}${serial}`;
      const whole = identityKeyOf(old);
      const person = { birthDate: born, sex: sexOf(serial) };
      expect(whole).toHaveLength(18);
      expect(identityKeyOf(whole)).toBe(whole);
      expect([findIdentityFlaw(old, person), findIdentityFlaw(whole, person)]).toEqual(
        born < '2000' ? [undefined, undefined] : ['birth-date', 'birth-date'],
      );
    }),
  );
});

test('any one digit that is wrong is noticed', () => {
  fc.assert(
    fc.property(bearer, fc.nat(17), fc.integer({ min: 1, max: 9 }), ({ region, born, serial }, place, shift) => {
      const right = identityKeyOf(`${region}${born.replaceAll('-', '')}${serial}0`.slice(0, 17).concat('0'));
      const digit = right[place] === 'X' ? 10 : Number(right[place]);
      const wrong = right.slice(0, place) + String((digit + shift) % 10) + right.slice(place + 1);
      fc.pre(wrong !== right);
      expect(findIdentityFlaw(wrong, { birthDate: born, sex: sexOf(serial) })).toBeDefined();
    }),
  );
});

test.each([
  ['11010519491231002x', '1949-12-31', 'female', undefined],
  ['１１０１０５１９４９１２３１００２Ｘ', '1949-12-31', 'female', undefined],
  ['110105 19491231 002X', '1949-12-31', 'female', undefined],
  ['11010519491231002X', '1949-12-31', 'male', 'sex'],
  ['11010519491231002X', '1949-12-30', 'female', 'birth-date'],
  ['110105194912310021', '1949-12-31', 'female', 'check-digit'],
  ['110105194913310021', '1949-12-31', 'female', 'form'],
  ['11010519491231002', '1949-12-31', 'female', 'form'],
  ['011010519491231', '1949-12-31', 'female', 'form'],
] as const)('%s for somebody born on %s, %s: %s', (written, birthDate, sex, flaw) => {
  expect(findIdentityFlaw(toIdentityNumber(written), { birthDate, sex })).toBe(flaw);
});

test('who need not know a number sees its ends and nothing of the birth date', () => {
  expect(maskIdentityNumber('11010519491231002X')).toBe('110*************2X');
});
