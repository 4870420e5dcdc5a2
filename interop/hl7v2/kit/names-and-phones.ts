/** Names (XPN) and telephone numbers (XTN), wherever a message has them. */
import { countRepetitions, type Message, type Segment, type ValueAt, valueAt } from './message.ts';

/** Reads components of one repetition of a field. */
export const reader =
  (message: Message, pid: Segment, field: number, repetition: number) =>
  (component: number, subcomponent = 1): string =>
    valueAt(message, pid, { field, repetition, component, subcomponent } satisfies ValueAt);

/** From 1. */
export const repetitionsOf = (message: Message, pid: Segment, field: number): number[] =>
  Array.from({ length: countRepetitions(message, pid, field) }, (_, index) => index + 1);

/** XPN: the legal name before others. A Chinese name may stand in one component or in two, and is written without a space. */
export function nameOf(message: Message, segment: Segment, field: number): string | undefined {
  const names = repetitionsOf(message, segment, field).map((repetition) => {
    const at = reader(message, segment, field, repetition);
    const [family, given, middle] = [at(1), at(2), at(3)];
    const isHan = /\p{Script=Han}/u.test(family + given);
    return { type: at(7), text: isHan ? family + given + middle : [given, middle, family].filter(Boolean).join(' '), isHan };
  });
  const written = names.filter(({ text }) => text !== '');
  const legal = written.filter(({ type }) => type === 'L' || type === '');
  const candidates = legal.length > 0 ? legal : written;
  // Of a name in characters and in letters, people here read the first.
  return (candidates.find(({ isHan }) => isHan) ?? candidates[0])?.text;
}

interface WrittenPhone {
  number: string;
  /** XTN-18, from 1; undefined where the sender says nothing of it. */
  preference: number | undefined;
}

/** XTN: the older text in the first component, the unformatted number (12), or area code and number (6, 7). Never an e-mail address. In the order of the message. */
export function phonesOf(message: Message, segment: Segment, field: number): WrittenPhone[] {
  return repetitionsOf(message, segment, field).flatMap((repetition) => {
    const at = reader(message, segment, field, repetition);
    if (['INTERNET', 'X.400'].includes(at(3).toUpperCase())) return [];
    const number = at(1) || at(12) || [at(6), at(7)].filter(Boolean).join('-');
    const preference = /^[1-9]\d?$/.test(at(18)) ? Number(at(18)) : undefined;
    return number === '' ? [] : { number, preference };
  });
}
