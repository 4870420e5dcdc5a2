/** The contact person of a resident whom no text and no call has reached: who is asked, once a day, and what came of it. */
import { type RawBuilder, sql } from 'kysely';
import { bundleTemplate } from '../../domain/messages/bundle-text.ts';
import { templatesThatNeverCall } from '../../domain/messages/bundling.ts';
import { contactTemplate, findContactToAsk } from '../../domain/messages/contact-rung.ts';
import { isMobile } from '../../domain/residents/telephone.ts';
import { contactPhone, residentOfMessage } from '../kit/resident-of-message.ts';
import type { Trx } from '../kit/transaction.ts';

interface Ground {
  pathwayId: string;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  patientId: string;
  contacts: { id: string; phone: string | null }[];
  deadKeys: string[];
  lastAnswer: string | null;
  mayHaveDied: boolean;
}

/** Writes to the contact, or has them called where they have no mobile; of a message that carries others, for its first part. False when there is nobody to ask. */
export async function askContact(trx: Trx, messageId: string, now: RawBuilder<Date>): Promise<boolean> {
  const { rows } = await sql<Ground>`
    select message.pathway_id as "pathwayId", message.template, message.parameters, patient.id as "patientId",
      (select coalesce(json_agg(json_build_object('id', coalesce(contact ->> 'id', 'contact-' || n), 'phone', nullif(contact ->> 'phone', '')) order by n), '[]')
        from jsonb_array_elements(patient.contacts) with ordinality as listed (contact, n)) as contacts,
      array_remove(array[patient.phone_key, patient.wrong_phone_key] || patient.wrong_contact_keys, null) as "deadKeys",
      (select detail from message_attempt join message as told on told.id = message_id
        where told.recipient_type = 'patient' and told.recipient_id = patient.id and detail in ('agreed', 'refused')
        order by finished_at desc limit 1) as "lastAnswer",
      patient.deceased_at is not null or exists (
        select from records_of_resident(patient.id) as record join identity_check on identity_check.patient_id = record.id
        where identity_check.kind = 'death' and identity_check.status = 'open') as "mayHaveDied"
    from message join patient on patient.id = message.recipient_id
    where (message.id = ${messageId} and message.template <> ${bundleTemplate} or message.bundle_id = ${messageId} and message.status <> 'withdrawn')
      and message.recipient_type = 'patient' and message.pathway_id is not null and message.template <> all(${[...templatesThatNeverCall]}::text[])
    order by message.created_at, message.id limit 1`.execute(trx);
  const [ground] = rows;
  if (!ground) return false;
  const contact = findContactToAsk({ ...ground, hasRefused: ground.lastAnswer === 'refused' });
  if (!contact?.phone) return false;
  const { pathwayId, template, parameters, patientId } = ground;
  // Several messages that have not arrived ask the contact once a day.
  const key = sql<string>`'contact:' || ${patientId}::text || ':' || ${contact.id}::text || ':' || (${now} at time zone 'Asia/Shanghai')::date`;
  await trx
    .insertInto('message')
    .values({
      key,
      pathway_id: pathwayId,
      template: contactTemplate,
      parameters: JSON.stringify({ ...parameters, patientId, about: template }),
      recipient_type: 'contact',
      recipient_id: contact.id,
      channel: isMobile(contact.phone) ? 'sms' : 'phone',
      next_attempt_at: now,
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  return true;
}

/** Nobody calls this number of a contact again or writes to it. */
export async function noteWrongContact(trx: Trx, messageId: string): Promise<void> {
  await sql`
    update patient set wrong_contact_keys = wrong_contact_keys || phone_key(${contactPhone}), version = version + 1
    from message where message.id = ${messageId} and message.recipient_type = 'contact' and patient.id = ${residentOfMessage}
      and ${contactPhone} is not null`.execute(trx);
}
