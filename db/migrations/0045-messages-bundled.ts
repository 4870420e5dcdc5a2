/** Several texts for one resident go as one message a day, whose parts follow it; and which version of a lesson somebody was given. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `alter table message
    add column bundle_id uuid references message,
    -- How far the clock of its pathway was pushed forward when it went: by it the days of a demonstration are counted. Null in rows of code of before.
    add column clock_offset_ms bigint,
    -- How it went: for itself, or as the one message of its day. Null before its turn, in messages to staff and in rows of code of before.
    add column sending text check (sending in ('at-once', 'with-others')),
    drop constraint message_status_check,
    add constraint message_status_check check (status in ('waiting', 'in-hand', 'bundled', 'sent', 'undeliverable', 'withdrawn')),
    add constraint message_bundled_check check (status <> 'bundled' or bundle_id is not null),
    add constraint message_part_of_one_check check (bundle_id is null or template <> 'message-bundle')`,
  `create index message_of_bundle on message (bundle_id) where bundle_id is not null`,

  // Whoever changes the message that carries them changes its parts, code of before as well: a part is told when the message is, and has its own evidence.
  `create function parts_follow_bundle() returns trigger language plpgsql as $$
    begin
      update message set status = case when new.status in ('waiting', 'in-hand') then 'bundled' else new.status end,
        sent_at = new.sent_at, channel = new.channel, waits_for = null,
        withdrawn_because = case when new.status = 'withdrawn' then new.withdrawn_because end
      where bundle_id = new.id and status <> 'withdrawn';
      return null;
    end $$`,
  `create trigger parts_follow_bundle after update of status on message
    for each row when (new.template = 'message-bundle' and old.status is distinct from new.status)
    execute function parts_follow_bundle()`,

  // Which version of a lesson somebody was given. The versions themselves stand beside those of the texts, as 'lesson:' and the code.
  `create table lesson_handout (
    enrolment_id uuid not null references enrolment,
    code text not null,
    handed_out_at timestamptz not null,
    version integer not null check (version > 0),
    primary key (enrolment_id, code, handed_out_at)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
