/** Whether a link still reaches whom it was sent to. */
import { type RawBuilder, sql } from 'kysely';

/**
 * Of a statement that has `episode_link` and the patient of its episode. A link is over when it was tried too often, when the number that it went to has
 * changed or is somebody else's, and when the patient has died.
 */
export const linkHolds: RawBuilder<boolean> = sql`(
  episode_link.voided_at is null and patient.deceased_at is null
  and case when episode_link.recipient = 'patient'
    then patient.phone_key = episode_link.phone_key and patient.phone_key is distinct from patient.wrong_phone_key
    else phone_key(patient.contacts -> episode_link.recipient::integer ->> 'phone') = episode_link.phone_key
      and episode_link.phone_key <> all(patient.wrong_contact_keys) end)`;
