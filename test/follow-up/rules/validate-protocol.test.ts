/** A protocol with a flaw is refused with its place. */
import { describe, expect, test } from 'vitest';
import { ProtocolSchema } from '../../../db/follow-up/protocol-documents.ts';
import { findRiskModelFlaws } from '../../../domain/follow-up/risk-tier.ts';
import { findProtocolFlaws } from '../../../domain/follow-up/validate-protocol.ts';
import { findCalendarFlaws } from '../../../domain/time/validate-calendar.ts';
import { calendar, protocol, protocols, riskModel } from '../../support/builders/follow-up.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test breaks documents in every way
type Loose = any;

/** kind and place of what is wrong after a change */
function flawsAfter(id: string, change: (document: Loose) => void): string[] {
  const document = protocol(id);
  change(document);
  return findProtocolFlaws(document).map(({ kind, path }) => `${kind} ${path}`);
}

/** places where the shape is wrong after a change */
function misshapenAfter(id: string, change: (document: Loose) => void): string[] {
  const document = protocol(id);
  change(document);
  return (ProtocolSchema.safeParse(document).error?.issues ?? []).map(({ path }) => path.join('.'));
}

test.each(protocols.map(({ id }) => id))('%s as shipped has no flaw', (id) => {
  expect(findProtocolFlaws(protocol(id))).toEqual([]);
  expect(misshapenAfter(id, () => {})).toEqual([]);
});

describe('ages', () => {
  const bands = (change: (bands: Loose) => void) => flawsAfter('htn-2017', ({ targets }) => change(targets[2].bands));
  test('a gap between two bands', () => {
    expect(bands(([, second]) => Object.assign(second, { ageFrom: 66 }))).toEqual(['gap targets.2.bands.1.ageFrom']);
  });
  test('an overlap of two bands', () => {
    expect(bands(([, second]) => Object.assign(second, { ageFrom: 60 }))).toEqual(['overlap targets.2.bands.1.ageFrom']);
    expect(bands(([first]) => Object.assign(first, { ageBelow: null }))).toEqual(['overlap targets.2.bands.1.ageFrom']);
  });
  test('nobody below, nobody above', () => {
    expect(bands(([first]) => Object.assign(first, { ageFrom: 18 }))).toEqual(['gap targets.2.bands.0.ageFrom']);
    expect(bands(([, second]) => Object.assign(second, { ageBelow: 90 }))).toEqual(['gap targets.2.bands.1.ageBelow']);
  });
  test('a band that ends before it begins', () => {
    expect(bands(([, second]) => Object.assign(second, { ageBelow: 60 }))).toContain('impossible targets.2.bands.1.ageBelow');
  });
  test('a group twice, and none for everyone', () => {
    expect(flawsAfter('htn-2017', ({ targets }) => Object.assign(targets[1], { for: 'diabetes-or-kidney-disease' }))).toEqual([
      'overlap targets.1.for',
    ]);
    expect(flawsAfter('htn-2017', ({ targets }) => targets.pop())).toEqual(['gap targets.1.for']);
  });
  test('half a blood pressure', () => {
    expect(bands(([first]) => Object.assign(first, { diastolic: null }))).toEqual(['gap targets.2.bands.0']);
  });
});

describe('first, second, third', () => {
  const ladder = (id: string, change: (document: Loose, index: (name: string) => number) => void) =>
    flawsAfter(id, (document) => change(document, (name) => document.rules.findIndex((rule: Loose) => rule.id === name)));
  const { rules } = protocol('htn-2017');
  const [two, three] = ['uncontrolled-two', 'uncontrolled-three'].map((name) => rules.findIndex(({ id }) => id === name));
  test('a count without a rule', () => {
    expect(ladder('htn-2017', ({ rules }, at) => rules.splice(at('uncontrolled-two'), 1))).toEqual([`gap rules.${three}.when.from`]);
    expect(ladder('htn-2017', ({ rules }, at) => Object.assign(rules[at('uncontrolled-three')].when, { to: 5 }))).toEqual([
      `gap rules.${three}.when.to`,
    ]);
    expect(
      ladder('htn-2017', (document) => {
        document.rules = document.rules.filter(({ when }: Loose) => when.kind !== 'uncontrolled-in-a-row');
      }),
    ).toEqual(['gap rules']);
  });
  test('a count with two rules', () => {
    expect(ladder('htn-2017', ({ rules }, at) => Object.assign(rules[at('uncontrolled-two')].when, { to: 3 }))).toEqual([
      `overlap rules.${three}.when.from`,
    ]);
    expect(
      ladder('htn-2017', ({ rules }, at) => Object.assign(rules[at('uncontrolled-two')].when, { from: 1 })).filter((flaw) =>
        flaw.startsWith('overlap'),
      ),
    ).toHaveLength(1);
    expect(two).toBeGreaterThan(0);
  });
  test('screening has the same order', () => {
    expect(ladder('high-risk', ({ rules }, at) => Object.assign(rules[at('raised-three')].when, { from: 4 }))[0]).toMatch(
      /^gap rules\.\d+\.when\.from$/,
    );
  });
});

describe('rules', () => {
  test('a rule whose source is not among the sources, wherever it stands', () => {
    expect(flawsAfter('htn-2017', ({ rules }) => Object.assign(rules[3], { source: 'hearsay' }))).toEqual(['no-source rules.3.source']);
    expect(
      flawsAfter('htn-2017', (document) => {
        for (const cited of [
          document.population,
          document.targets[2].bands[1],
          document.phases[0],
          document.quota,
          document.items[0],
          document.screening,
        ])
          cited.source = 'toString';
      }),
    ).toEqual([
      'no-source population.source',
      'no-source targets.2.bands.1.source',
      'no-source phases.0.source',
      'no-source quota.source',
      'no-source items.0.source',
      'no-source screening.source',
    ]);
  });
  test('a rule without source, clause or date', () => {
    for (const part of ['source', 'clause', 'effectiveFrom'])
      expect(misshapenAfter('htn-2017', ({ rules }) => delete rules[2][part])).toEqual([`rules.2.${part}`]);
    expect(flawsAfter('htn-2017', ({ rules }) => Object.assign(rules[2], { clause: ' ' }))).toEqual(['no-source rules.2.clause']);
  });
  test('two rules of one name, or for one condition', () => {
    expect(flawsAfter('htn-2017', ({ rules }) => Object.assign(rules[2], { id: rules[0].id }))).toEqual(['duplicate rules.2.id']);
    expect(flawsAfter('htn-2017', ({ rules }) => rules.push({ ...rules[0], id: 'again' }))).toEqual([
      `overlap rules.${rulesOf('htn-2017')}.when`,
    ]);
  });
  test('glucose that is too high and too low at once', () => {
    expect(flawsAfter('t2dm-2017', ({ rules }) => Object.assign(rules[1].when, { mmolPerL: 17 }))).toEqual([
      'overlap rules.1.when.mmolPerL',
    ]);
  });
  test('no rule for a visit that was not measured', () => {
    expect(
      flawsAfter('htn-2017', (document) => {
        document.rules = document.rules.filter(({ id }: Loose) => id !== 'not-measured');
      }),
    ).toEqual(['gap rules']);
  });
  test('a window that opens after it is due', () => {
    expect(flawsAfter('htn-2017', ({ rules }) => Object.assign(rules[0].outcome.next, { opens: { afterDays: 15 } }))).toEqual([
      'impossible rules.0.outcome.next.opens',
    ]);
  });
  test('an unknown symptom, an unknown condition, an unknown field', () => {
    expect(misshapenAfter('htn-2017', ({ rules }) => rules[1].when.anyOf.push('tiredness'))).toEqual(['rules.1.when.anyOf.9']);
    expect(misshapenAfter('htn-2017', ({ rules }) => Object.assign(rules[1].when, { kind: 'full-moon' }))).toEqual(['rules.1.when.kind']);
    expect(misshapenAfter('htn-2017', ({ rules }) => Object.assign(rules[0], { threshold: 1 }))).toEqual(['rules.0']);
  });
});

const rulesOf = (id: string): number => protocol(id).rules.length;

describe('phases', () => {
  const phases = (change: (phases: Loose, document: Loose) => void) =>
    flawsAfter('t2dm-new', (document) => change(document.phases, document));
  test('a cycle', () => {
    expect(phases(([, monthly]) => Object.assign(monthly, { next: 'weekly' }))).toEqual(['cycle phases.1.next', 'unreachable phases.2.id']);
    expect(phases(([weekly]) => Object.assign(weekly, { next: 'weekly' }))[0]).toBe('cycle phases.0.next');
  });
  test('a gap: it ends and nothing follows, or what follows is not there', () => {
    expect(phases(([, monthly]) => Object.assign(monthly, { next: null }))).toEqual(['gap phases.1.next', 'unreachable phases.2.id']);
    expect(phases(([, monthly]) => Object.assign(monthly, { next: 'later' }))).toContain('unknown phases.1.next');
    expect(
      phases((_, document) => {
        document.phases = [];
        document.items = [];
      }),
    ).toEqual(['gap phases']);
  });
  test('an overlap: it ends before the one before, or never', () => {
    expect(phases(([, monthly]) => Object.assign(monthly, { until: { days: 28 } }))).toEqual(['overlap phases.1.until']);
    expect(phases(([, monthly]) => Object.assign(monthly, { until: null }))).toEqual(['overlap phases.1.until']);
  });
  test('a phase to which nothing leads', () => {
    expect(phases((all) => all.push({ ...all[2], id: 'island' }))).toEqual(['unreachable phases.3.id']);
  });
  test('what is done in a phase that is not there', () => {
    expect(phases((_, { items }) => items.at(-1).phases.push('island'))).toEqual([
      `unknown items.${protocol('t2dm-new').items.length - 1}.phases.2`,
    ]);
  });
});

describe('calendars', () => {
  const published = () => structuredClone(calendar.years.find(({ year }) => year === 2026) as Loose);
  const flawsOf = (change: (year: Loose) => void) => {
    const year = published();
    change(year);
    return findCalendarFlaws(year).map(({ kind, path }) => `${kind} ${path}`);
  };
  test('as shipped they have no flaw', () => {
    for (const year of calendar.years) expect(findCalendarFlaws(year)).toEqual([]);
  });
  test('another year, an overlap, a make-up day on a working day or a holiday', () => {
    expect(flawsOf(({ holidays }) => Object.assign(holidays[0], { from: '2025-11-30' }))).toEqual(['impossible holidays.0']);
    expect(flawsOf(({ holidays }) => Object.assign(holidays[1], { from: '2026-01-02' }))).toEqual([
      'overlap holidays.1',
      'overlap makeUpWorkdays.0',
      'overlap makeUpWorkdays.1',
    ]);
    expect(flawsOf(({ makeUpWorkdays }) => makeUpWorkdays.push('2026-03-02'))).toEqual(['impossible makeUpWorkdays.6']);
    expect(flawsOf(({ makeUpWorkdays }) => makeUpWorkdays.push('2026-10-03'))).toEqual(['overlap makeUpWorkdays.6']);
  });
});

describe('risk models', () => {
  const flawsOf = (change: (model: Loose) => void) => {
    const model = structuredClone(riskModel as Loose);
    change(model);
    return findRiskModelFlaws(model).map(({ kind, path }) => `${kind} ${path}`);
  };
  test('as shipped it has no flaw', () => expect(findRiskModelFlaws(riskModel)).toEqual([]));
  test('a gap, an overlap, a missing variable, tiers that do not rise, no source', () => {
    expect(flawsOf(({ scorings }) => Object.assign(scorings[0].bands[1], { from: 56 }))).toEqual(['gap scorings.0.bands.1.from']);
    expect(flawsOf(({ scorings }) => Object.assign(scorings[0].bands[1], { from: 50 }))).toEqual(['overlap scorings.0.bands.1.from']);
    expect(flawsOf(({ scorings }) => Object.assign(scorings[0].bands.at(-1), { below: 100 }))).toEqual(['gap scorings.0.bands']);
    expect(flawsOf(({ scorings }) => scorings.splice(1, 1))).toEqual(['gap scorings']);
    expect(flawsOf(({ tiers }) => Object.assign(tiers[2], { scoreFrom: 6 }))).toEqual(['overlap tiers.2.scoreFrom']);
    expect(flawsOf(({ tiers }) => Object.assign(tiers[0], { scoreFrom: 1 }))).toEqual(['gap tiers.0.scoreFrom']);
    expect(flawsOf(({ tiers }) => Object.assign(tiers[0], { source: 'hearsay' }))).toEqual(['no-source tiers.0.source']);
  });
});
