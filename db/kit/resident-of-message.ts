/** Whom a message is meant for, as parts of statements that read `message`. */
import { type RawBuilder, sql } from 'kysely';

/** The resident who gets a message, or whose contact gets it; null for a message to staff. */
export const residentOfMessage: RawBuilder<string> = sql`case message.recipient_type
  when 'patient' then message.recipient_id when 'contact' then message.parameters ->> 'patientId' end`;

/** The telephone of the contact who gets the message. The statement has the patient as well. Contacts of older code have no id, so their place names them. */
export const contactPhone: RawBuilder<string | null> = sql`(
  select contact ->> 'phone' from jsonb_array_elements(patient.contacts) with ordinality as listed (contact, n)
  where coalesce(contact ->> 'id', 'contact-' || n) = message.recipient_id
    and phone_key(contact ->> 'phone') <> all(patient.wrong_contact_keys))`;
