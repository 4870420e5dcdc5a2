/** Where a message goes, as the directory says at the moment of sending. */
import type { Database } from '../../db/database.ts';
import type { Language } from '../../domain/message-templates.ts';

export interface Recipient {
  phone: string | null;
  email: string | null;
  language: Language;
}

/** Nobody has chosen a language yet (the directory has no column for it), and everybody here reads Chinese first. */
const language: Language = 'zh';

/** Undefined when there is nobody to write to: the id is unknown, or the person has left. */
export async function findRecipient(db: Database, type: 'person' | 'patient', id: string): Promise<Recipient | undefined> {
  if (type === 'patient') {
    const patient = await db.selectFrom('patient').select('phone').where('id', '=', id).executeTakeFirst();
    return patient && { phone: patient.phone, email: null, language };
  }
  const person = await db
    .selectFrom('person')
    .select(['phone', 'email'])
    .where('id', '=', id)
    .where('active', '=', true)
    .executeTakeFirst();
  return person && { ...person, language };
}
