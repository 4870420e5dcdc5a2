/** This file gives the words by which people call an event, in both languages. Each pathway has the words of its own events in its `texts.ts`. */
import type { Words } from './language.ts';
import { deciders, findTexts, pathwayTexts } from './registry.ts';

/** Events that every pathway may have. */
const sharedWords: Readonly<Record<string, Words>> = {
  rung: { zh: '时限提醒', en: 'reminder of a deadline' },
  over: { zh: '路径结束', en: 'pathway over' },
};

/** The words of every event of every pathway, without the rungs, which have the percentages that an alliance chooses. */
export const everyEvent = (): Readonly<Record<string, Words>> => ({
  ...sharedWords,
  ...Object.assign({}, ...Object.values(pathwayTexts).map(({ events }) => events)),
});

/** The words of what pathways owe by themselves, by the names of their obligations. */
export const everyObligation = (): Readonly<Record<string, Words>> =>
  Object.fromEntries(deciders.flatMap(({ kind, dues }) => dues.map((name) => [name, wordsOf(kind, name)])));

/** What kind of matter a pathway is about. */
export const pathwayKindWords = (): Readonly<Record<string, Words>> =>
  Object.fromEntries(Object.entries(pathwayTexts).map(([kind, { messages }]) => [kind, messages.subject]));

/** An event without words keeps its name: newer code may have stored one that this version does not know. */
export function wordsOf(kind: string, event: string): Words {
  const percent = /^rung-(\d+)$/.exec(event)?.[1];
  if (percent !== undefined) return { zh: `已用时限的 ${percent}%`, en: `${percent} % of the time is used` };
  const own = findTexts(kind)?.events ?? {};
  return (Object.hasOwn(own, event) && own[event]) || (Object.hasOwn(sharedWords, event) && sharedWords[event]) || { zh: event, en: event };
}
