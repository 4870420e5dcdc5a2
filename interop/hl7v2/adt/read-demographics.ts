/** Who a message says that somebody is, as a correction of the HTTP API: a field that the message leaves out stays, one that it empties ("") is cleared. */
import { countRepetitions, isDeleted, type Message, placeOf, type Segment, type ValueAt, valueAt } from '../kit/message.ts';
import type { ReadMessage } from '../kit/read-message.ts';
import { readPerson } from '../kit/read-person.ts';

type Read = Pick<ReadMessage, 'body' | 'places'>;

export function readDemographics(message: Message, pid: Segment): Read {
  const { birthDate, sex } = readPerson(message, pid);
  const members: [member: string, value: unknown, field: number][] = [
    ['name', nameOf(message, pid), 5],
    // A date that is not exact contradicts at most; it corrects nothing.
    ['birthDate', birthDate.length === 10 ? birthDate : undefined, 7],
    ['sex', sex ?? undefined, 8],
    ['address', isDeleted(pid, 11) ? null : addressOf(message, pid), 11],
    ['phone', isDeleted(pid, 13) ? null : phoneOf(message, pid), 13],
    ['identityNumber', identityNumberOf(message, pid), 3],
  ];
  const given = members.filter(([, value]) => value !== undefined);
  return {
    body: Object.fromEntries(given.map(([member, value]) => [member, value])),
    places: Object.fromEntries(members.map(([member, , field]) => [member, placeOf(pid, { field })])),
  };
}

const reader =
  (message: Message, pid: Segment, field: number, repetition: number) =>
  (component: number, subcomponent = 1): string =>
    valueAt(message, pid, { field, repetition, component, subcomponent } satisfies ValueAt);

const repetitionsOf = (message: Message, pid: Segment, field: number): number[] =>
  Array.from({ length: countRepetitions(message, pid, field) }, (_, index) => index + 1);

/** XPN: the legal name before others. A Chinese name may stand in one component or in two, and is written without a space. */
function nameOf(message: Message, pid: Segment): string | undefined {
  const names = repetitionsOf(message, pid, 5).map((repetition) => {
    const at = reader(message, pid, 5, repetition);
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

/** XAD: province, city, street and what else there is, as an address is written here. */
function addressOf(message: Message, pid: Segment): string | undefined {
  for (const repetition of repetitionsOf(message, pid, 11)) {
    const at = reader(message, pid, 11, repetition);
    const text = [at(4), at(3), at(9), at(1), at(2)]
      .filter(Boolean)
      .reduce((address, part) => (part.startsWith(address) ? part : address + part), '');
    if (text !== '') return text;
  }
  return undefined;
}

/** XTN: the older text in the first component, the unformatted number (12), or area code and number (6, 7). Never an e-mail address. */
function phoneOf(message: Message, pid: Segment): string | undefined {
  for (const repetition of repetitionsOf(message, pid, 13)) {
    const at = reader(message, pid, 13, repetition);
    if (['INTERNET', 'X.400'].includes(at(3).toUpperCase())) continue;
    const text = at(1) || at(12) || [at(6), at(7)].filter(Boolean).join('-');
    if (text !== '') return text;
  }
  return undefined;
}

/** Types of HL7 table 0203 for a national number; 01 is the identity card of WS 364. */
const NATIONAL = ['NI', 'NNCHN', 'CZ', 'SS', '01'];

/** PID-3 of such a type, or the older PID-19. */
function identityNumberOf(message: Message, pid: Segment): string | undefined {
  const numbered = repetitionsOf(message, pid, 3).map((repetition) => reader(message, pid, 3, repetition));
  const national = numbered.find((at) => NATIONAL.includes(at(5).toUpperCase()));
  return national?.(1) || valueAt(message, pid, { field: 19 }) || undefined;
}
