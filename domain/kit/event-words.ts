/** This file gives the words by which people call an event, in both languages. Each pathway has the words of its own events in its `texts.ts`. */
import type { Words } from './language.ts';
import { findTexts } from './registry.ts';

/** Events that every pathway may have. */
const sharedWords: Readonly<Record<string, Words>> = {
  rung: { zh: '时限提醒', en: 'reminder of a deadline' },
  over: { zh: '路径结束', en: 'pathway over' },
};

/** An event without words keeps its name: newer code may have stored one that this version does not know. */
export function wordsOf(kind: string, event: string): Words {
  const percent = /^rung-(\d+)$/.exec(event)?.[1];
  if (percent !== undefined) return { zh: `已用时限的 ${percent}%`, en: `${percent} % of the time is used` };
  const own = findTexts(kind)?.events ?? {};
  return (Object.hasOwn(own, event) && own[event]) || (Object.hasOwn(sharedWords, event) && sharedWords[event]) || { zh: event, en: event };
}
