/** Lists that do not grow with the alliance: what the worklist orders by stands in the task's row, and each list has the index that gives its order. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // --- the worklist -----------------------------------------------------------
  // The share of the budget that was used when the last pause began. It stays the same for as long as the pause lasts.
  `create function share_used_at_pause(clock jsonb) returns numeric language sql immutable strict parallel safe as $$
    select round(greatest(0, (
      (clock -> 'pauses' -> -1 ->> 'from')::numeric - (clock ->> 'startedAt')::numeric
        - coalesce((select sum((pause ->> 'to')::numeric - (pause ->> 'from')::numeric) from jsonb_array_elements(clock -> 'pauses') as pause
            where pause ->> 'to' is not null), 0)
    ) / (clock ->> 'budgetMs')::numeric), 6) $$`,
  // running_budget_ms is 0 while the clock is paused: nothing that runs has a budget of 0.
  `alter table task
    add column pathway_kind text,
    add column clock_offset_ms bigint not null default 0,
    add column running_budget_ms numeric not null generated always as (case when due_at is null then 0 else (clock ->> 'budgetMs')::numeric end) stored,
    add column paused_share_negated numeric generated always as (case when due_at is null then - share_used_at_pause(clock) end) stored`,
  `update task set pathway_kind = pathway.kind, clock_offset_ms = pathway.clock_offset_ms from pathway where pathway.id = task.pathway_id`,
  // The trigger fills it in.
  `alter table task alter column pathway_kind set not null, alter column pathway_kind set default ''`,
  `create function fill_task_from_pathway() returns trigger language plpgsql as $$ begin
    select kind, clock_offset_ms into new.pathway_kind, new.clock_offset_ms from pathway where id = new.pathway_id;
    return new;
  end $$`,
  `create trigger task_filled_from_pathway before insert on task for each row execute function fill_task_from_pathway()`,
  `create function push_clock_of_tasks() returns trigger language plpgsql as $$ begin
    update task set clock_offset_ms = new.clock_offset_ms where pathway_id = new.id;
    return null;
  end $$`,
  `create trigger pathway_clock_pushed after update of clock_offset_ms on pathway for each row
    when (new.clock_offset_ms <> old.clock_offset_ms) execute function push_clock_of_tasks()`,
  // Tasks of one budget and one clock stand in the order of their due instants, whatever the hour: a page reads the beginning of each such group.
  ...(
    [
      ['task_open_of_department', 'institution_id, department_id, role', ''],
      ['task_open_of_institution', 'institution_id', ''],
      ['task_open_carried', 'institution_id', ' and message_id is not null'],
      ['task_open_running', '', ' and due_at is not null'],
    ] as const
  ).map(
    ([name, scope, condition]) =>
      `create index ${name} on task (${scope}${scope && ', '}emergency, running_budget_ms, clock_offset_ms, due_at, paused_share_negated, id) where status = 'open'${condition}`,
  ),
  `create index task_open_of_owner on task (owner_id) where status = 'open' and owner_id is not null`,
  `drop index task_worklist`,
  `create index task_open_of_pathway on task (pathway_id) where status = 'open'`,
  // Only rows that vacuum has seen are read from the index alone.
  `alter table task set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)`,

  // --- messages: each channel's poll reads its own ------------------------------
  `create index message_waiting_of_channel on message (channel, next_attempt_at) where status = 'waiting'`,
  `drop index message_waiting`,

  // --- pathways and referrals -----------------------------------------------------
  `create index pathway_of_institution on pathway (institution_id, id)`,
  `create index referral_of_status on referral (status, id)`,
  `create index referral_book_sent on referral (initiator_institution_id, sent_at, id)`,
  `create index referral_book_received on referral_leg (institution_id, from_at, referral_id)`,
  // The patient has moved since: the referral stays in the book of who sent it.
  `create index pathway_first_initiator on pathway ((state #>> '{formerInitiators,0}')) where state #>> '{formerInitiators,0}' is not null`,

  // --- patients -------------------------------------------------------------------
  // Each character and each two neighbours: most names have two or three characters, too few for trigrams.
  `create function name_parts(name text) returns text[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(distinct part), '{}') from (
      select substr(lower(name), place, length) as part from generate_series(1, length(lower(name))) as place, generate_series(1, 2) as length
    ) as parts $$`,
  `create index patient_by_name_part on patient using gin (name_parts(name)) with (fastupdate = off)`,
  `create index patient_by_phone_end on patient (reverse(phone) text_pattern_ops)`,
  `create index patient_local_id_by_value on patient_local_id (value)`,

  // --- audit ------------------------------------------------------------------------
  `create index audit_of_institution on audit (institution_id, id)`,
  `create index audit_of_person on audit ((actor ->> 'personId'), id)`,

  // --- what waits: counted from small indexes ----------------------------------------
  // Only demonstrations push a clock, so all others are asked by the wall clock.
  `create index pathway_overdue on pathway (overdue_at) where status = 'open' and clock_offset_ms = 0 and overdue_at is not null`,
  `create index pathway_due on pathway (next_due_at) where status = 'open' and clock_offset_ms = 0 and next_due_at is not null`,
  `create index pathway_pushed on pathway (id) where status = 'open' and clock_offset_ms <> 0`,
  `create index message_to_send on message (id) where status = 'waiting' and waits_for is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
