/** A message that nobody answers, or that is refused, becomes a task of a person: what is known of its trouble, and from when on people are to hear of it. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Code of before leaves all of these empty; the first attempt of newer code fills them.
  // owed_at: when the message was first to be sent. control_id: MSH-10 of what was sent. sending: 1, and 2 after a person has had a refused message sent anew.
  // people_at: from when on a person hears of it. told_at: since when there has been a task. trouble: what came of the last attempt, in codes.
  `alter table hl7v2_delivery
    add column owed_at timestamptz not null default now(),
    add column control_id text,
    add column sending integer not null default 1,
    add column people_at timestamptz,
    add column told_at timestamptz,
    add column trouble jsonb`,
  `create index hl7v2_delivery_for_people on hl7v2_delivery (people_at) where settled_at is null and told_at is null and people_at is not null`,
  `create index hl7v2_delivery_control_id on hl7v2_delivery (institution_id, control_id) where control_id is not null`,
  `alter table task add column delivery_seq bigint references hl7v2_delivery (seq)`,
  // A system says of somebody another birth date, sex or identity number than the register has: a person decides.
  `alter table identity_review drop constraint identity_review_reason_check,
    add constraint identity_review_reason_check check (reason in ('unknown-patient', 'unknown-survivor', 'merge-cycle', 'merged-already',
      'merger-contradicts', 'died-before-birth', 'fact-retracted', 'person-contradicts'))`,
  // What a person writes of a task stands in its row where no command of the pathway has it.
  `alter table task drop constraint task_check2,
    add constraint task_check2 check (message_id is not null or delivery_seq is not null or (outcome is null and note is null))`,
  // One index for what carries a message of either kind: each further one costs every page of a worklist a look at it.
  `create unique index task_one_open_of_carried on task (message_id, delivery_seq) nulls not distinct
    where status = 'open' and (message_id is not null or delivery_seq is not null)`,
  `drop index task_one_open_of_message`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
