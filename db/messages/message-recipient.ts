/** Where a message goes, as the directory says at the moment of sending. */
import { sql } from 'kysely';
import type { Language } from '../../domain/kit/language.ts';
import type { RecipientType } from '../../domain/messages/channels.ts';
import type { Database } from '../kit/database.ts';
import { contactPhone } from '../kit/resident-of-message.ts';
import { type StoredSurroundings, surroundingsColumn } from './surroundings.ts';

export interface MessageRecipient {
  patientId: string | null;
  phone: string | null;
  email: string | null;
  groups: readonly string[];
  language: Language;
  /** What a text to a resident is made of; undefined for anybody else. */
  surroundings?: StoredSurroundings;
}

/** Nobody has chosen a language yet (the directory has no column for it), and everybody here reads Chinese first. */
export const language: Language = 'zh';

interface AddressedMessage {
  id: string;
  recipientType: RecipientType;
  recipientId: string;
  template: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** One statement. Resolves with undefined when the id is unknown or the person has left. */
export async function findMessageRecipient(
  db: Database,
  { id: messageId, recipientType: type, recipientId: id, template, parameters }: AddressedMessage,
): Promise<MessageRecipient | undefined> {
  switch (type) {
    case 'patient': {
      const placeId = typeof parameters.placeId === 'string' ? parameters.placeId : null;
      const surroundings = surroundingsColumn({
        centreId: sql`patient.home_institution_id`,
        placeId: sql`${placeId}::text`,
        template: sql`${template}::text`,
        version: sql`null::integer`,
        messageId: sql`${messageId}::uuid`,
      });
      // A number that somebody else has answered is nobody's until it is corrected.
      const phone = sql<string | null>`case when phone_key is distinct from wrong_phone_key then phone end`.as('phone');
      const patient = await db
        .selectFrom('patient')
        .select([phone, surroundings.as('surroundings')])
        .where('id', '=', id)
        .executeTakeFirst();
      return patient && { patientId: id, ...patient, email: null, groups: [], language };
    }
    case 'contact': {
      const patientId = typeof parameters.patientId === 'string' ? parameters.patientId : '';
      const surroundings = surroundingsColumn({
        centreId: sql`patient.home_institution_id`,
        placeId: sql`null::text`,
        template: sql`${template}::text`,
        version: sql`null::integer`,
        messageId: sql`null::uuid`,
      });
      const contact = await db
        .selectFrom('patient')
        .innerJoin(sql<{ recipient_id: string }>`(select ${id}::text as recipient_id)`.as('message'), (join) => join.onTrue())
        .select([contactPhone.as('phone'), surroundings.as('surroundings')])
        .where('patient.id', '=', patientId)
        .executeTakeFirst();
      return contact && { patientId: null, ...contact, email: null, groups: [], language };
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
