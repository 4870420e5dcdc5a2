/** Who a message says that somebody is, as a correction of the HTTP API: a field that the message leaves out stays, one that it empties ("") is cleared. */
import { isDeleted, type Message, placeOf, type Segment } from '../kit/message.ts';
import { phonesOf, reader, repetitionsOf } from '../kit/names-and-phones.ts';
import type { ReadMessage } from '../kit/read-message.ts';
import { readPerson } from '../kit/read-person.ts';
import { readContacts } from './read-contacts.ts';

type Read = Pick<ReadMessage, 'body' | 'places'>;

export function readDemographics(message: Message, pid: Segment): Read {
  const { birthDate, sex, name, identityNumber } = readPerson(message, pid);
  const phone = phoneOf(message, pid);
  const members: [member: string, value: unknown, field: number][] = [
    ['name', name, 5],
    // A date that is not exact contradicts at most; it corrects nothing.
    ['birthDate', birthDate.length === 10 ? birthDate : undefined, 7],
    ['sex', sex ?? undefined, 8],
    ['address', isDeleted(pid, 11) ? null : addressOf(message, pid), 11],
    ['phone', phone.number, phone.field],
    ['identityNumber', identityNumber, 3],
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
