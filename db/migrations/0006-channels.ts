/** Channels: group robots, calls and letters that people carry, messages that wait for their hour or are withdrawn. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `alter table person
    drop constraint person_channel_check,
    add constraint person_channel_check check (channel in ('sms', 'email', 'wecom'))`,
  // A team with a channel is told once, in its group, in place of each of its members.
  `alter table team add column channel text check (channel in ('wecom'))`,

  // in-hand: a person carries it to the patient; the task says who and until when. next_attempt_at is then when to look whether it is still of use.
  // seen_version: the pathway's version at which it was last judged
  `alter table message
    drop constraint message_recipient_type_check,
    add constraint message_recipient_type_check check (recipient_type in ('person', 'patient', 'team')),
    drop constraint message_status_check,
    add constraint message_status_check check (status in ('waiting', 'in-hand', 'sent', 'undeliverable', 'withdrawn')),
    add column waits_for text check (waits_for in ('quiet-hours', 'daily-cap', 'confirmation')),
    add column withdrawn_because text,
    add column seen_version integer,
    add check ((status = 'withdrawn') = (withdrawn_because is not null))`,
  `create index message_in_hand on message (next_attempt_at) where status = 'in-hand'`,
  `create index message_to_patient on message (recipient_id) where recipient_type = 'patient'`,

  // Older code, which may still run, does not say by which channel it tries.
  `alter table message_attempt
    add column channel text not null default 'unknown',
    drop constraint message_attempt_result_check,
    add constraint message_attempt_result_check check (result in ('sent', 'failed', 'unknown', 'undeliverable', 'withdrawn'))`,
  `update message_attempt set channel = message.channel from message where message.id = message_attempt.message_id`,

  // The task of a message: a call, a letter, or the question whether what was said on the telephone is true. Not the pathway's own.
  `alter table task
    add column message_id uuid references message,
    add column outcome text,
    add column note text,
    add check (message_id is not null or (outcome is null and note is null))`,
  // Whoever dies between opening the task and recording it: the next attempt finds it.
  `create unique index task_one_open_of_message on task (message_id) where status = 'open'`,
  `create index task_of_message on task (message_id) where message_id is not null`,
  `create index task_death_said on task (patient_id) where name = 'confirm-death'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
