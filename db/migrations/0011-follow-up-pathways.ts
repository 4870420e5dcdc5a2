/** Follow-ups that are told to move to another version, that take a patient back from hospital, that become one when two records do. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `alter table fact drop constraint fact_type_check, add constraint fact_type_check check (
    type in ('patient-died', 'patient-moved', 'patient-admitted', 'patients-merged', 'referral-closed', 'reading-episode', 'calendar-published',
      'readings-held', 'version-move-ordered', 'down-referral-accepted', 'join-follow-up', 'follow-up-joined')
  )`,
  `create index fact_version_move on fact ((details ->> 'to'), (details ->> 'enrolmentId')) where type = 'version-move-ordered'`,
  `create index enrolment_of_protocol on enrolment (protocol_id, id) where status <> 'ended'`,
  // Two records were one person: the visits of this enrolment count in that one.
  `alter table enrolment add column merged_into_id uuid references enrolment check (merged_into_id <> id)`,
  `create index enrolment_merged on enrolment (merged_into_id) where merged_into_id is not null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
