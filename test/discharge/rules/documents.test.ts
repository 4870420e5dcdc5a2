/** The documents of discharge that are shipped, and what is refused of others. */
import { expect, test } from 'vitest';
import { DischargeRulesSchema, DischargeTemplatesSchema, RiskScoresSchema } from '../../../db/discharge/rule-documents.ts';
import { numberOf, ruleNumbers } from '../../../domain/discharge/rules.ts';
import { findDischargeRulesFlaws, findDischargeTemplatesFlaws, findRiskScoresFlaws } from '../../../domain/discharge/validate-documents.ts';
import { discharge } from '../../support/builders/discharge.ts';

const { rules, templates, scores } = discharge;
const flaws = (found: { kind: string; path: string }[]) => found.map(({ kind, path }) => `${kind} ${path}`);

test('every shipped number has a source and a clause, and what is ours is marked to be signed off', () => {
  expect(ruleNumbers.every((id) => Number.isInteger(numberOf(rules, id)))).toBe(true);
  for (const rule of [...rules.numbers, ...rules.windows, ...rules.expiries, ...templates.templates.flatMap(({ items }) => items)])
    expect(rule.source !== 'carepath' || rule.signOff === 'pending').toBe(true);
});

test('rules with a missing number, an unknown one, one twice or without source are refused with their place', () => {
  const [first, ...others] = rules.numbers;
  if (!first) throw new Error('There are no numbers.');
  expect(flaws(findDischargeRulesFlaws({ ...rules, numbers: others }))).toEqual(['gap numbers']);
  expect(flaws(findDischargeRulesFlaws({ ...rules, numbers: [...rules.numbers, { ...first, id: 'plan-weeks' }] }))).toEqual([
    `unknown numbers.${rules.numbers.length}.id`,
  ]);
  expect(flaws(findDischargeRulesFlaws({ ...rules, numbers: [...rules.numbers, first] }))).toEqual([
    `duplicate numbers.${rules.numbers.length}.id`,
  ]);
  expect(flaws(findDischargeRulesFlaws({ ...rules, numbers: [{ ...first, source: 'hearsay' }, ...others] }))).toEqual([
    'no-source numbers.0.source',
  ]);
  expect(flaws(findDischargeRulesFlaws({ ...rules, sutures: rules.sutures.slice(1), symptoms: rules.symptoms.slice(1) }))).toEqual([
    'gap sutures',
    ...Array(6).fill('gap symptoms'),
  ]);
});

test('a template whose window ends first, or that repeats until an item that it does not have, is refused', () => {
  const [template] = templates.templates;
  const [item, ...others] = template?.items ?? [];
  if (!template || !item) throw new Error('There is no template.');
  const withItem = (changed: object) => ({ ...templates, templates: [{ ...template, items: [{ ...item, ...changed }, ...others] }] });
  expect(flaws(findDischargeTemplatesFlaws(withItem({ window: { kind: 'days', fromDay: 8, toDay: 7 } })))).toEqual([
    'impossible templates.0.items.0.window.toDay',
  ]);
  expect(flaws(findDischargeTemplatesFlaws(withItem({ repeat: { everyDays: 3, until: 'sutures' } })))).toEqual([
    'unknown templates.0.items.0.repeat.until',
  ]);
  expect(flaws(findDischargeTemplatesFlaws(withItem({ kind: 'medicine' })))).toEqual(['impossible templates.0.items.0.window']);
});

test('scores without a level, a first band or a comorbidity are refused', () => {
  const [lace, ...others] = scores.scores;
  if (!lace) throw new Error('There is no score.');
  expect(flaws(findRiskScoresFlaws({ ...scores, scores: [{ ...lace, levels: [] }, ...others] }))).toEqual(['gap scores.0.levels']);
  expect(flaws(findRiskScoresFlaws({ ...scores, comorbidities: scores.comorbidities.slice(1) }))).toEqual(['gap comorbidities']);
  expect(flaws(findRiskScoresFlaws({ ...scores, scores: [{ ...lace, levels: lace.levels.slice(1) }, ...others] }))).toEqual([
    'gap scores.0.levels.0.from',
  ]);
});

test('a document with a field that nobody knows is refused', () => {
  expect(DischargeRulesSchema.safeParse({ ...rules, extra: 1 }).success).toBe(false);
  expect(DischargeTemplatesSchema.safeParse({ ...templates, extra: 1 }).success).toBe(false);
  expect(RiskScoresSchema.safeParse({ ...scores, extra: 1 }).success).toBe(false);
});
