/** Who a message says that somebody is, as a correction of the HTTP API: a field that the message leaves out stays, one that it empties ("") is cleared. */
import { isDeleted, type Message, placeOf, type Segment, valueAt } from '../kit/message.ts';
import type { ReadMessage } from '../kit/read-message.ts';
import { readPerson } from '../kit/read-person.ts';
import { nameOf, phonesOf, reader, repetitionsOf } from './names-and-phones.ts';
import { readContacts } from './read-contacts.ts';

type Read = Pick<ReadMessage, 'body' | 'places'>;

export function readDemographics(message: Message, pid: Segment): Read {
  const { birthDate, sex } = readPerson(message, pid);
  const phone = phoneOf(message, pid);
  const members: [member: string, value: unknown, field: number][] = [
    ['name', nameOf(message, pid, 5), 5],
    // A date that is not exact contradicts at most; it corrects nothing.
    ['birthDate', birthDate.length === 10 ? birthDate : undefined, 7],
    ['sex', sex ?? undefined, 8],
    ['address', isDeleted(pid, 11) ? null : addressOf(message, pid), 11],
    ['phone', phone.number, phone.field],
    ['identityNumber', identityNumberOf(message, pid), 3],
  ];
  const given = members.filter(([, value]) => value !== undefined);
  const contacts = readContacts(message);
  return {
    body: { ...Object.fromEntries(given.map(([member, value]) => [member, value])), ...contacts.body },
    places: { ...Object.fromEntries(members.map(([member, , field]) => [member, placeOf(pid, { field })])), ...contacts.places },
  };
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

/**
 * The number by which the person wants to be reached: the one that the sender puts first (XTN-18), also among those at work (PID-14); else the first
 * one at home (PID-13). A number at work that nobody prefers takes the place of none.
 */
function phoneOf(message: Message, pid: Segment): { number: string | null | undefined; field: number } {
  const atHome = phonesOf(message, pid, 13).map((phone) => ({ ...phone, field: 13 }));
  const hasPreference = (pid.fields[14] ?? '')
    .split(message.delimiters.repetition)
    .some((text) => text.split(message.delimiters.component)[17]);
  const atWork = hasPreference ? phonesOf(message, pid, 14).map((phone) => ({ ...phone, field: 14 })) : [];
  const preferred = [...atHome, ...atWork]
    .filter(({ preference }) => preference !== undefined)
    .toSorted((one, other) => (one.preference ?? 0) - (other.preference ?? 0));
  return preferred[0] ?? atHome[0] ?? { number: isDeleted(pid, 13) ? null : undefined, field: 13 };
}

/** Types of HL7 table 0203 for a national number; 01 is the identity card of WS 364. */
const NATIONAL = ['NI', 'NNCHN', 'CZ', 'SS', '01'];

/** PID-3 of such a type, or the older PID-19. */
function identityNumberOf(message: Message, pid: Segment): string | undefined {
  const numbered = repetitionsOf(message, pid, 3).map((repetition) => reader(message, pid, 3, repetition));
  const national = numbered.find((at) => NATIONAL.includes(at(5).toUpperCase()));
  return national?.(1) || valueAt(message, pid, { field: 19 }) || undefined;
}
