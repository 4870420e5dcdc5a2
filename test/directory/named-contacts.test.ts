/** Contacts that a system names beside those that the register has. */
import { expect, test } from 'vitest';
import { withNamedContacts } from '../../db/directory/named-contacts.ts';

const contact = (name: string, phone: string) => ({ name, relation: '儿子', phone });

test('a contact of the same name is put right, however it is written; others are added once, and nobody is dropped', () => {
  const before = [
    { id: '1', ...contact('阿依古丽·买买提', '13900000001') },
    { id: '2', ...contact('田奶奶', '13900000002') },
  ];
  const named = [contact('阿依古丽•买买提', '13900000003'), contact('李明', '13900000004'), contact('李明', '13900000005')];
  expect(withNamedContacts(before, named)).toEqual([{ id: '1', ...named[0] }, before[1], named[1]]);
  expect(withNamedContacts(before, [])).toEqual(before);
});
