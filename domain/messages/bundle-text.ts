/**
 * The text of a message that has several parts: everything of one day that can wait for one resident. It says once who writes and whom to call, and its
 * parts stand in the order of their dates. Pure.
 */
import type { Language, Words } from '../kit/language.ts';
import type { PatientChannel } from './channels.ts';
import { longestText } from './lint-text.ts';
import { fillPlaceholders } from './placeholders.ts';
import { placeholderValues, type ResidentFacts } from './resident-text.ts';

/** The template of a message that has parts. The parts are messages of their own, with the templates that they were written with. */
export const bundleTemplate = 'message-bundle';

export interface PartToFill {
  words: Words;
  facts: ResidentFacts;
}

/** A reader may be called at any length; what goes over a gateway is as long as one text may be. */
const hasLimit: Readonly<Record<PatientChannel, boolean>> = { sms: true, wechat: true, app: true, phone: false, paper: false };

export const fitsChannel = (text: string, channel: string, language: Language): boolean =>
  !(hasLimit[channel as PatientChannel] ?? true) || [...text].length <= longestText[language];

const dateOf = ({ facts }: PartToFill): number => facts.startsAt ?? facts.dueAt ?? Number.POSITIVE_INFINITY;

/** Returns the parts in the order in which they are told: the earliest date first, what has no date last. */
export const inOrderOfDate = <Part extends PartToFill>(parts: readonly Part[]): Part[] =>
  parts
    .map((part, place) => ({ part, place, date: dateOf(part) }))
    .sort((a, b) => (a.date === b.date ? a.place - b.place : a.date - b.date))
    .map(({ part }) => part);

const head: Readonly<Record<Language, (count: number) => string>> = {
  zh: (count) => `[【{centre}】]您好，有${count}件事请您留意。`,
  en: (count) => `[{centre}: ]Hello, ${count} things for you: `,
};
const tail: Words = {
  zh: '如需改期或有疑问，[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
  en: ' For another date or any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
};

/** Two parts or more, all of one resident. */
export function fillBundle(parts: readonly PartToFill[], language: Language): string {
  const numbers = [...new Set(parts.flatMap(({ facts }) => facts.number ?? []))];
  const around = placeholderValues({ ...nothing, centre: parts[0]?.facts.centre ?? null }, language);
  const frame = { ...around, number: numbers.length > 0 ? numbers.join(language === 'zh' ? '、' : ', ') : undefined };
  const matters = inOrderOfDate(parts).map(({ words, facts }, index) => {
    const matter = fillPlaceholders(words[language], placeholderValues(facts, language));
    return language === 'zh' ? `（${index + 1}）${matter}` : `(${index + 1}) ${matter}`;
  });
  const [begin, end] = [head[language](parts.length), tail[language]].map((text) => fillPlaceholders(text, frame));
  return language === 'zh' ? `${begin}${matters.join('')}${end}` : `${begin} ${matters.join(' ')} ${end}`;
}

const nothing: ResidentFacts = { centre: null, place: null, number: null, startsAt: null, dueAt: null, fasting: false };

/** Returns a text that the alliance has written as a part of others: without the greeting, and without the number, which stand around the parts. */
export const toPartWords = ({ zh, en }: Words): Words => ({
  zh: zh
    .replace('[【{centre}】]', '')
    .replace('[编号{number}]', '')
    .replace(/^您好，/, ''),
  en: en
    .replace('[{centre}: ]', '')
    .replace('[ No. {number}]', '')
    .replace(/^Hello, (.)/, (_, first: string) => first.toUpperCase()),
});
