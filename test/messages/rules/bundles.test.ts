/** What goes as one message of a day, and that its text gives nobody away and leaves nothing out, in every combination. */
import { describe, expect, test } from 'vitest';
import { fillBundle, fitsChannel, inOrderOfDate, toPartWords } from '../../../domain/messages/bundle-text.ts';
import { goesAtOnce, templatesWithOthers } from '../../../domain/messages/bundling.ts';
import { planTogether } from '../../../domain/messages/caps.ts';
import { lintText } from '../../../domain/messages/lint-text.ts';
import { findTextFlaw } from '../../../domain/messages/placeholders.ts';
import { defaultQuietHours } from '../../../domain/messages/quiet-hours.ts';
import { placeholdersOf, type ResidentText, type Sending } from '../../../domain/messages/resident-text.ts';
import { factsFor, languages, textStates } from '../../../domain/messages/review-texts.ts';
import { residentTexts } from '../../../domain/messages/templates.ts';

type Waiting = ResidentText & Extract<Sending, { sending: 'with-others' }>;
const waiting = templatesWithOthers.map((template) => [template, residentTexts[template] as Waiting] as const);
const routine = { urgency: 'routine', emergency: false, usefulUntil: null, outdated: null } as const;
const at = (time: string): number => Date.parse(`2026-12-0${time}+08:00`);

describe('which texts go at once', () => {
  test('is said of each: emergencies, answers that somebody waits for and what is asked for today', () => {
    const atOnce = Object.keys(residentTexts).filter((template) => !templatesWithOthers.includes(template));
    expect(atOnce.sort()).toEqual([
      'contact-please-call',
      'dates-changed',
      'discharge-cancelled',
      'discharge-link',
      'discharge-link-code',
      'follow-up-call-back',
      'follow-up-measure',
      'referral-accepted',
      'referral-cancelled',
      'referral-declined',
      'referral-emergency',
      'referral-expired',
      'visit-rescheduled',
      'visit-scheduled',
    ]);
  });

  test('what is urgent never waits, and a cancelled appointment only while it is more than three days away', () => {
    const now = at('1T09:00');
    expect(goesAtOnce({ template: 'referral-received' }, routine, now)).toBe(false);
    expect(goesAtOnce({ template: 'referral-received' }, { ...routine, urgency: 'same-day' }, now)).toBe(true);
    expect(goesAtOnce({ template: 'referral-received' }, { ...routine, emergency: true }, now)).toBe(true);
    expect(goesAtOnce({ template: 'appointment-cancelled' }, { ...routine, usefulUntil: at('4T09:00') }, now)).toBe(true);
    expect(goesAtOnce({ template: 'appointment-cancelled' }, { ...routine, usefulUntil: at('4T09:01') }, now)).toBe(false);
    expect(goesAtOnce({ template: 'of newer code' }, routine, now)).toBe(true);
  });
});

test('once a day, on a day with room, outside of quiet hours', () => {
  const rules = { quietHours: defaultQuietHours, patientMessagesPerDay: 3 };
  const plan = (now: string, togetherAt: string[], sentAt: string[] = togetherAt) =>
    planTogether(at(now), { togetherAt: togetherAt.map(at), sentAt: sentAt.map(at) }, rules);
  expect(plan('1T12:00', [])).toEqual({ plan: 'send' });
  expect(plan('1T22:00', [])).toEqual({ plan: 'postpone', until: at('2T08:00'), reason: 'quiet-hours' });
  expect(plan('1T12:00', ['1T09:00'])).toEqual({ plan: 'postpone', until: at('2T08:00'), reason: 'daily-cap' });
  expect(plan('1T12:00', ['1T09:00', '2T08:00'])).toMatchObject({ until: at('3T08:00') });
  expect(plan('1T12:00', [], ['1T09:00', '1T10:00', '1T11:00'])).toMatchObject({ until: at('2T08:00') });
  expect(plan('1T12:00', ['2T08:00'], ['1T09:00', '1T10:00', '1T11:00'])).toMatchObject({ until: at('3T08:00') });
});

describe('the text of several', () => {
  type Case = { names: string[]; texts: Waiting[] };
  const pairs = waiting.flatMap(([one, a], i) => waiting.slice(i).map(([two, b]): Case => ({ names: [one, two], texts: [a, b] })));
  const threes = pairs.flatMap(({ names, texts }) =>
    waiting.map(([three, c]): Case => ({ names: [...names, three], texts: [...texts, c] })),
  );

  function lintAll({ names, texts }: Case, state: (typeof textStates)[number], language: (typeof languages)[number]): void {
    const parts = texts.map((text) => ({ words: text.inBundle, facts: factsFor(text, state) }));
    const filled = fillBundle(parts, language);
    for (const text of new Set(texts)) {
      // What is handed over at the next visit asks nobody to go anywhere.
      const duties = text.neverCalls ? text.duties.filter((duty) => duty !== 'place') : text.duties;
      const codes = lintText({ text: filled, language, duties, facts: factsFor(text, state), otherFacts: parts.map(({ facts }) => facts) });
      expect([names, state, codes.filter((code) => code !== 'too-long')]).toEqual([names, state, []]);
    }
    expect(filled).not.toMatch(
      /undefined|null|NaN|[{}[\]|]|（）|【】|\(\)|，，|。。|，。|：。|^[，。,.]| [,.;:]|电话[，。）]|致电[，。另改]| {2}/,
    );
  }

  test('gives nobody away and says where, when and whom to call, whichever two they are and whatever is known', () => {
    for (const one of pairs) for (const language of languages) for (const state of textStates) lintAll(one, state, language);
  });

  test('gives nobody away whichever three they are', () => {
    for (const three of threes.filter((_, index) => index % 3 === 0)) lintAll(three, 'everything-known', 'zh');
  });

  test('of two fits into a text message wherever everything is known', () => {
    for (const { names, texts } of pairs) {
      const parts = texts.map((text) => ({ words: text.inBundle, facts: factsFor(text, 'everything-known') }));
      const filled = fillBundle(parts, 'zh');
      expect([names, [...filled].length, fitsChannel(filled, 'sms', 'zh')]).toEqual([names, expect.any(Number), true]);
    }
  });

  test('stands in the order of the dates, what has none last', () => {
    const facts = factsFor(residentTexts['no-show'] as ResidentText, 'nothing-known');
    const words = (zh: string) => ({ zh, en: zh });
    const parts = [
      { words: words('lesson'), facts },
      { words: words('later'), facts: { ...facts, dueAt: at('9T00:00') } },
      { words: words('sooner'), facts: { ...facts, startsAt: at('3T09:00') } },
    ];
    expect(inOrderOfDate(parts).map((part) => part.words.zh)).toEqual(['sooner', 'later', 'lesson']);
  });

  test('has no limit where a person carries it', () => {
    const long = '长'.repeat(1_000);
    expect(['sms', 'wechat', 'app', 'phone', 'paper'].map((channel) => fitsChannel(long, channel, 'zh'))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  test.each(waiting)(
    '%s can be filled in as a part, with what its own text knows; so can what the alliance writes in its place',
    (_, text) => {
      for (const language of languages) {
        expect(findTextFlaw(text.inBundle[language], placeholdersOf(text))).toBeUndefined();
        expect(findTextFlaw(toPartWords(text)[language], placeholdersOf(text))).toBeUndefined();
        expect(toPartWords(text)[language]).not.toMatch(/\{centre\}|\{number\}|您好|Hello/);
      }
    },
  );
});
