/** The document by which readings are judged: loaded whole, with a source for each rule, or not at all. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseReadingProtocol, readingProtocol } from '../../db/readings/protocol.ts';
import { readingKinds } from '../../domain/readings/reading.ts';
import { canTakePart } from '../../domain/readings/reading-protocol.ts';

const text = readFileSync(new URL('../../protocols/readings-2.json', import.meta.url), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: a test spoils documents of every shape
const spoilt = (change: (document: any) => void): string => {
  const document = JSON.parse(text);
  change(document);
  return JSON.stringify(document);
};

test('the shipped one has limits for every kind, and its rules wait for a clinician to sign', () => {
  const { plausible, episodes, clockSkew, clockBehind, clockDoubtful, wakes, confirmation } = readingProtocol;
  expect(new Set(plausible.map(({ kind }) => kind))).toEqual(new Set(readingKinds));
  for (const { id, signOff } of [...plausible, ...episodes, clockSkew, clockBehind, clockDoubtful, wakes, confirmation])
    expect({ id, signOff }).toEqual({ id, signOff: 'pending' });
});

describe('refused, with the place:', () => {
  test.each([
    ['a rule without a source', spoilt(({ episodes }) => delete episodes[0].source), 'source'],
    ['a source that is not listed', spoilt(({ episodes }) => Object.assign(episodes[0], { source: 'hearsay' })), 'blood-pressure-crisis'],
    ['a rule without a clause', spoilt(({ plausible }) => delete plausible[0].clause), 'clause'],
    ['a rule without a date', spoilt(({ wakes }) => delete wakes.effectiveFrom), 'effectiveFrom'],
    ['two rules of one name', spoilt(({ episodes }) => Object.assign(episodes[1], { id: episodes[0].id })), 'two rules'],
    ['a range that holds nothing', spoilt(({ plausible }) => Object.assign(plausible[0], { least: 300 })), 'holds nothing'],
    ['an unknown condition', spoilt(({ episodes }) => Object.assign(episodes[0].when, { kind: 'full-moon' })), 'kind'],
    ['an unknown member', spoilt(({ episodes }) => Object.assign(episodes[0], { comment: 'x' })), 'comment'],
    ['nobody who is called at once', spoilt(({ confirmation }) => Object.assign(confirmation.calls[0], { afterSeconds: 60 })), 'at once'],
    ['no time to do it in', spoilt(({ episodes }) => Object.assign(episodes[0].task, { dueWithinSeconds: 0 })), 'dueWithinSeconds'],
  ])('%s', (_, document, place) => {
    expect(() => parseReadingProtocol(document)).toThrow(place);
  });
});

describe('what can take part in an episode', () => {
  const pressure = (systolic: number, diastolic: number) => ({ kind: 'blood-pressure', systolic, diastolic, value: null }) as const;
  const single = (kind: 'fasting-glucose' | 'random-glucose' | 'heart-rate', value: number) => ({
    kind,
    systolic: null,
    diastolic: null,
    value,
  });
  const rulesFor = (reading: Parameters<typeof canTakePart>[1]) =>
    readingProtocol.episodes.flatMap(({ id, when }) => (canTakePart(when, reading) ? [id] : []));

  test.each([
    ['a pressure, however low: it may be in the mean from which another one stands out', pressure(118, 70), ['blood-pressure-rise']],
    ['a systolic value at its limit', pressure(180, 70), ['blood-pressure-crisis', 'blood-pressure-rise']],
    ['a diastolic value at its limit', pressure(120, 110), ['blood-pressure-crisis', 'blood-pressure-rise']],
    ['a usual glucose', single('random-glucose', 13.9), []],
    ['a glucose above the limit of days', single('fasting-glucose', 14), ['glucose-three-days']],
    ['a very high glucose', single('random-glucose', 16.7), ['glucose-crisis-high', 'glucose-three-days']],
    ['a very low glucose', single('fasting-glucose', 3.9), ['glucose-crisis-low']],
    ['a heart rate of any value', single('heart-rate', 200), []],
  ])('%s', (_, reading, rules) => {
    expect(rulesFor(reading)).toEqual(rules);
  });
});
