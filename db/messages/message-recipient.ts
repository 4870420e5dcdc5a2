/** Where a message goes, as the directory says at the moment of sending. */
import { sql } from 'kysely';
import type { Language } from '../../domain/kit/language.ts';
import type { RecipientType } from '../../domain/messages/channels.ts';
import type { Database } from '../kit/database.ts';

export interface MessageRecipient {
  patientId: string | null;
  phone: string | null;
  email: string | null;
  groups: readonly string[];
  language: Language;
}

/** Nobody has chosen a language yet (the directory has no column for it), and everybody here reads Chinese first. */
const language: Language = 'zh';

/** Resolves with undefined when the id is unknown or the person has left. */
export async function findMessageRecipient(db: Database, type: RecipientType, id: string): Promise<MessageRecipient | undefined> {
  switch (type) {
    case 'patient': {
      const patient = await db.selectFrom('patient').select('phone').where('id', '=', id).executeTakeFirst();
      return patient && { patientId: id, phone: patient.phone, email: null, groups: [], language };
    }
    case 'team': {
      const team = await db.selectFrom('team').select('institution_id').where('id', '=', id).executeTakeFirst();
      return team && { patientId: null, phone: null, email: null, groups: [id, team.institution_id], language };
    }
    case 'person': {
      const person = await db
        .selectFrom('person')
        .select(['phone', 'email'])
        .select(
          sql<string[]>`array(
            select team_id from team_member where person_id = person.id
            union all select department_id from post where person_id = person.id and department_id is not null
            union all select institution_id from post where person_id = person.id)`.as('groups'),
        )
        .where('id', '=', id)
        .where('active', '=', true)
        .executeTakeFirst();
      return person && { patientId: null, ...person, language };
    }
  }
}
