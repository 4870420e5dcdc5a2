/** How long packs stay sterile: the examples of the machine, and that nothing ever lengthens it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadNormRules } from '../../../db/sterile-supply/norm-rules.ts';
import { expiresOnOf, needsClimateReview, nominalExpiresOn, sterilisedOnOf } from '../../../domain/sterile-supply/expiry.ts';
import { packagings } from '../../../domain/sterile-supply/vocabulary.ts';
import { addDays } from '../../../domain/time/local-date.ts';

const rules = loadNormRules('2026-03-09');
const sterilisedOn = sterilisedOnOf(Date.parse('2026-03-09T23:50:00+08:00'));

test('a cycle counts as the local date of its start, although it ends after midnight', () => {
  expect(sterilisedOn).toBe('2026-03-09');
});

describe('started 2026-03-09 23:50', () => {
  test.each([
    ['cotton', '2026-03-23', '2026-03-16'],
    ['paper-bag', '2026-04-08', '2026-04-08'],
    ['crepe', '2026-09-05', '2026-09-05'],
    ['nonwoven', '2026-09-05', '2026-09-05'],
    ['pouch', '2026-09-05', '2026-09-05'],
    ['container', '2026-09-05', '2026-09-05'],
  ] as const)('%s is good until %s, and once exposed until %s', (packaging, nominal, exposed) => {
    expect(expiresOnOf({ packaging, sterilisedOn, exposed: false, expiresOn: null }, rules)).toBe(nominal);
    expect(expiresOnOf({ packaging, sterilisedOn, exposed: true, expiresOn: nominal }, rules)).toBe(exposed);
  });
});

test('cotton is shortened by itself; everything else that was exposed waits for a review', () => {
  expect(packagings.filter((packaging) => !needsClimateReview(packaging, rules))).toEqual(['cotton']);
});

test('whatever happens in whatever order, no pack lasts longer than it was known to', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...packagings),
      fc.integer({ min: 0, max: 20_000 }),
      fc.array(fc.boolean(), { maxLength: 10 }),
      (packaging, day, storages) => {
        const on = addDays('2000-01-01', day);
        let expiresOn = nominalExpiresOn(packaging, on, rules);
        for (const exposed of storages) {
          const next = expiresOnOf({ packaging, sterilisedOn: on, exposed, expiresOn }, rules);
          expect(next <= expiresOn).toBe(true);
          expiresOn = next;
        }
      },
    ),
  );
});
