/**
 * The invariant that nobody who has died is written to, called, visited or followed up, watched while the service runs. Each violation has a row, once,
 * and the head of the home centre and the system administrators hear of it: there is a defect, and a family may have been hurt.
 */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';

/** Notes what is new and tells of it. Returns how many violations are new; may be called by any number of workers at once. */
export const noteAskedAfterDeath = (db: Database): Promise<number> =>
  inTransaction(db, { system: true, part: 'invariants' }, async (trx) => {
    const { rows: fresh } = await sql<{ id: string; patientId: string }>`
      insert into asked_after_death (what, subject_id, patient_id) select what, subject_id, patient_id from asking_after_death
      on conflict (what, subject_id) do nothing returning id, patient_id as "patientId"`.execute(trx);
    if (fresh.length > 0) await tellHeads(trx, fresh);
    return fresh.length;
  });

/** The message names nobody: what it is about stands in the row. */
const tellHeads = (trx: Trx, fresh: readonly { id: string; patientId: string }[]) =>
  sql`
  insert into message (key, template, parameters, recipient_type, recipient_id, channel)
  select distinct concat_ws(':', 'asked-after-death', violation.id, person.id), 'asked-after-death', '{}'::jsonb, 'person', person.id, person.channel
  from jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb) as violation(id uuid, "patientId" text)
    join patient on patient.id = violation."patientId"
    join post on post.role = 'head' and post.institution_id = patient.home_institution_id or post.role = 'sysadmin'
    join person on person.id = post.person_id and person.active
  on conflict (key) do nothing`.execute(trx);
