/** A read is one entry of the audit with its patients, however many it has shown. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Of a read that showed one patient, and of everything that was written before this, patient_id says who.
  `alter table audit
    add column patient_ids text[],
    add constraint audit_patients_once check (patient_ids is null or (patient_id is null and cardinality(patient_ids) > 1)) not valid`,
  // The index over patient_ids looks through the whole table: it is made afterwards, while the service writes on.
  `insert into fill (name) values ('audit-of-patients')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
