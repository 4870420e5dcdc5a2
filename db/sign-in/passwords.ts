/** Passwords: checked against the policy and stored as argon2id hashes. */
import { hash } from '@node-rs/argon2';
import { findPasswordFlaw } from '../../domain/alliance/passwords.ts';
import type { Words } from '../../domain/kit/language.ts';
import type { Database } from '../kit/database.ts';

/**
 * Sets the password of an account, unless the policy refuses it: then nothing is written and what is wrong with it comes back. Ends no session; see
 * `endSessionsOfPerson`. Throws for somebody who has no user name.
 */
export async function setPassword(
  db: Database,
  { personId, password }: { personId: string; password: string },
): Promise<{ flaw: Words } | undefined> {
  const person = await db.selectFrom('person').select('username').where('id', '=', personId).executeTakeFirst();
  if (!person || person.username === null) throw new Error('Only whoever has a user name has a password.');
  const flaw = findPasswordFlaw(password, person.username);
  if (flaw) return { flaw };
  await db
    .updateTable('person')
    .set({ password_hash: await hash(password) })
    .where('id', '=', personId)
    .execute();
  return undefined;
}
