/** Finds the flaws of the documents of discharge whose shape is right. With documents without flaws every discharge can be dated and scored. */
import type { Cited, Source } from '../kit/citation.ts';
import { buildFlaw, type Flaw } from '../kit/flaw.ts';
import { comorbidities, type PointsFrom, type RiskScores, scoreCodes } from './risk-model.ts';
import { type DischargeRules, medicineClasses, operationSites, ruleNumbers, symptoms } from './rules.ts';
import type { DischargeTemplates } from './templates.ts';

type Listed = readonly (readonly [path: string, cited: Cited])[];
const listAt = (at: string, list: readonly Cited[]): Listed => list.map((cited, index) => [`${at}.${index}`, cited] as const);

/** The source of each is named in the document, and no two of one list have one id. */
function findCitationFlaws(sources: Readonly<Record<string, Source>>, lists: readonly Listed[]): Flaw[] {
  return lists.flatMap((list) =>
    list.flatMap(([path, { id, source, clause }], index) => {
      const first = list.findIndex(([, other]) => other.id === id);
      return [
        ...(Object.hasOwn(sources, source)
          ? []
          : [buildFlaw('no-source', `${path}.source`, 'sources 中没有此来源', 'no such entry in sources')]),
        ...(clause.trim() === '' ? [buildFlaw('no-source', `${path}.clause`, '缺少条款', 'the clause is missing')] : []),
        ...(first === index
          ? []
          : [buildFlaw('duplicate', `${path}.id`, `与 ${list[first]?.[0]} 重名`, `the same id as ${list[first]?.[0]}`)]),
      ];
    }),
  );
}

const gap = (path: string, what: string): Flaw => buildFlaw('gap', path, `缺少 ${what}`, `${what} is missing`);
const unknown = (path: string, what: string): Flaw => buildFlaw('unknown', path, `没有 ${what}`, `there is no ${what}`);
const endsFirst = (path: string): Flaw => buildFlaw('impossible', path, '终点在起点之前', 'ends before it begins');

export function findDischargeRulesFlaws(rules: DischargeRules): Flaw[] {
  const { sources, numbers, windows, expiries, sutures, medicineClasses: classes, symptoms: levels } = rules;
  const flaws = findCitationFlaws(sources, [
    listAt('numbers', numbers),
    listAt('windows', windows),
    listAt('expiries', expiries),
    listAt('sutures', sutures),
    listAt('medicineClasses', classes),
    listAt('symptoms', levels),
  ]);
  for (const name of ruleNumbers) if (!numbers.some(({ id }) => id === name)) flaws.push(gap('numbers', name));
  for (const [index, { id }] of numbers.entries())
    if (!ruleNumbers.some((name) => name === id)) flaws.push(unknown(`numbers.${index}.id`, id));
  for (const [index, { kind, fromDay, to }] of windows.entries()) {
    if (windows.findIndex((other) => other.kind === kind) < index)
      flaws.push(buildFlaw('overlap', `windows.${index}.kind`, '此类已有时间窗', 'this kind has a window already'));
    if (to !== 'visit' && to < fromDay) flaws.push(endsFirst(`windows.${index}.to`));
  }
  for (const [index, { kind }] of expiries.entries())
    if (expiries.findIndex((other) => other.kind === kind) < index)
      flaws.push(buildFlaw('overlap', `expiries.${index}.kind`, '此类已有失效日', 'this kind has an expiry already'));
  for (const site of operationSites) {
    const of = sutures.filter(({ sites }) => sites.includes(site));
    if (of.length === 0) flaws.push(gap('sutures', site));
    if (of.length > 1) flaws.push(buildFlaw('overlap', 'sutures', `${site} 出现两次`, `${site} is given twice`));
  }
  for (const [index, { fromDay, toDay }] of sutures.entries()) if (toDay < fromDay) flaws.push(endsFirst(`sutures.${index}.toDay`));
  for (const name of medicineClasses)
    if (!classes.some((rule) => rule.class === name && rule.names.length > 0)) flaws.push(gap('medicineClasses', name));
  for (const code of symptoms)
    if (!levels.some(({ codes, withClasses }) => codes.includes(code) && withClasses === undefined)) flaws.push(gap('symptoms', code));
  return flaws;
}

export function findDischargeTemplatesFlaws({ sources, templates }: DischargeTemplates): Flaw[] {
  const flaws = findCitationFlaws(sources, [
    listAt('templates', templates),
    ...templates.map(({ items }, index) => listAt(`templates.${index}.items`, items)),
  ]);
  for (const [index, { items }] of templates.entries())
    for (const [place, { kind, window, repeat }] of items.entries()) {
      const at = `templates.${index}.items.${place}`;
      if (window.kind === 'days' && window.toDay < window.fromDay) flaws.push(endsFirst(`${at}.window.toDay`));
      if ((window.kind === 'course') !== (kind === 'medicine'))
        flaws.push(buildFlaw('impossible', `${at}.window`, '疗程只用于药物', 'a course is of a medicine, and a medicine has one'));
      if (repeat && !items.some(({ id, repeat: again }) => id === repeat.until && !again))
        flaws.push(unknown(`${at}.repeat.until`, repeat.until));
    }
  return flaws;
}

export function findRiskScoresFlaws({ sources, deciding, comorbidities: weights, scores }: RiskScores): Flaw[] {
  const flaws = findCitationFlaws(sources, [
    [['deciding', deciding]],
    listAt('comorbidities', weights),
    listAt('scores', scores),
    ...scores.map(({ parts }, index) => listAt(`scores.${index}.parts`, parts)),
  ]);
  const rises = (path: string, list: readonly { from: number }[]): Flaw[] =>
    list.flatMap(({ from }, index) => {
      const before = list[index - 1]?.from;
      return (before === undefined ? from === 0 : from > before)
        ? []
        : [buildFlaw(before === undefined ? 'gap' : 'overlap', `${path}.${index}.from`, '须从 0 起递增', 'begins at 0 and rises')];
    });
  const filled = (path: string, list: readonly PointsFrom[]): Flaw[] => (list.length === 0 ? [gap(path, 'band')] : rises(path, list));
  for (const code of comorbidities) if (!weights.some(({ id }) => id === code)) flaws.push(gap('comorbidities', code));
  for (const code of scoreCodes) if (!scores.some(({ id }) => id === code)) flaws.push(gap('scores', code));
  if (deciding.scores.length === 0) flaws.push(gap('deciding.scores', 'score'));
  for (const [index, { parts, levels }] of scores.entries()) {
    if (levels.length === 0) flaws.push(gap(`scores.${index}.levels`, 'level'));
    flaws.push(...rises(`scores.${index}.levels`, levels));
    for (const [place, part] of parts.entries())
      if (part.kind === 'number' || part.kind === 'comorbidities')
        flaws.push(...filled(`scores.${index}.parts.${place}.bands`, part.bands));
  }
  return flaws;
}
