/** Norm rules are data with versions: which one holds on a day, and what is no rule. */
import { expect, test } from 'vitest';
import { listNormRules, loadNormRules, parseNormRules, readNormRules } from '../../../db/sterile-supply/norm-rules.ts';
import { clauseOfCode, dispensableCodes } from '../../../domain/sterile-supply/dispensable.ts';
import { clauseOf, ruleMarks, rulesInForce } from '../../../domain/sterile-supply/norm-rules.ts';

const all = listNormRules('2026-03-09');

test('every rule says where it comes from and how well it is known', () => {
  for (const rule of all) {
    expect(clauseOf(rule)).toMatch(/\S+ \S+/);
    expect(ruleMarks).toContain(rule.mark);
  }
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

test('of several versions the latest that has taken effect holds, and none before the first', () => {
  const [rule] = all;
  if (!rule) throw new Error('There is no rule.');
  const later = { ...rule, effectiveFrom: '2027-01-01', value: 'changed' };
  expect(rulesInForce([later, rule], '2026-12-31')).toEqual([rule]);
  expect(rulesInForce([later, rule], '2027-01-01')).toEqual([later]);
  expect(rulesInForce([later, rule], '2017-05-31')).toEqual([]);
});

test('what lies before the first version of a rule is judged by that version', () => {
  expect(loadNormRules('2010-01-01').timers).toEqual(loadNormRules('2026-03-09').timers);
});

test('a rule that is missing, has no clause or another shape is refused as it is loaded', () => {
  expect(() => readNormRules([], '2026-03-09')).toThrow('supply-timers');
  expect(() =>
    parseNormRules('{"rules": [{"id": "x", "norm": "WS 310.2", "mark": "seen", "effectiveFrom": "2017-06-01", "value": 1}]}'),
  ).toThrow('clause');
  const longer = { conforming: 7, exposed: 14 };
  const wrong = all.map((rule) => (rule.id === 'expiry-days' ? { ...rule, value: { ...(rule.value as object), cotton: longer } } : rule));
  expect(() => readNormRules(wrong, '2026-03-09')).toThrow('exposure never lengthens');
});

test('every reason against dispensing has its clause', () => {
  const rules = loadNormRules('2026-03-09');
  const clauses = Object.fromEntries(dispensableCodes.map((code) => [code, clauseOfCode(code, rules)]));
  expect(clauses).toMatchObject({
    wet: 'WS 310.2 5.8; WS 310.3 4.4.1.3',
    'not-sterilised': 'WS 310.2 5.8',
    'load-failed': 'WS 310.3 4.4.1',
    'load-not-released': 'WS 310.3 4.4.1',
    'implant-bi-pending': 'WS 310.3 4.4.1.5',
    'emergency-only': 'WS 310.2 5.10',
    recalled: 'WS 310.3 4.4.1.4',
    expired: 'WS 310.2 5.9.5',
  });
});
