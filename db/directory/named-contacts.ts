/** The contacts of a resident after a system has named some of them: those that it does not name stay. */
import type { Contact } from './patients.ts';

export type NamedContact = Omit<Contact, 'id'>;

/** A contact of the same name is the same contact, whose number and relation the system has put right; others are new, have no id yet and come last. */
export function withNamedContacts(before: readonly Contact[], named: readonly NamedContact[]): (NamedContact & { id?: string })[] {
  const kept = before.map((contact) => ({ ...contact, ...named.find(({ name }) => keyOf(name) === keyOf(contact.name)) }));
  // A message may name somebody twice, with another number each time: the first one counts, as for a contact that is there.
  const firsts = [...new Map(named.toReversed().map((contact) => [keyOf(contact.name), contact])).values()].toReversed();
  const added = firsts.filter(({ name }) => !before.some((contact) => keyOf(contact.name) === keyOf(name)));
  return [...kept, ...added];
}

const keyOf = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/[\s·•・‧]/g, '')
    .toLowerCase();
