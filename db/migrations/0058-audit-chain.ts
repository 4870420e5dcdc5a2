/** A hash chain over the audit, one for each institution, laid over it in batches after the fact, so that no step waits for another one's hash. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Why somebody looked, where they have to say so.
  `alter table audit add column reason text`,

  `create table audit_seal (
    audit_id bigint primary key references audit,
    -- The institution of whoever acted; '' for the alliance's chain, of what nobody did.
    chain text not null,
    seq bigint not null check (seq > 0),
    previous_hash bytea not null check (length(previous_hash) = 32),
    hash bytea not null check (length(hash) = 32),
    constraint audit_seal_in_order unique (chain, seq)
  )`,
  `create trigger audit_seal_append_only before update or delete or truncate on audit_seal
    for each statement execute function refuse_change()`,

  // What has no seal yet. A transaction may become visible after one that began later, so the sealer cannot go by the ids alone.
  `create table audit_unsealed (audit_id bigint primary key)`,
  `create function await_audit_seal() returns trigger language plpgsql as $$
    begin
      insert into audit_unsealed (audit_id) select id from appended;
      return null;
    end
  $$`,
  `create trigger audit_awaits_seal after insert on audit referencing new table as appended
    for each statement execute function await_audit_seal()`,
  // The trigger had to wait for everybody who was writing, so the entries of before are all there and are sealed by their ids, some at a time.
  `create table audit_backlog (next_id bigint not null, last_id bigint not null)`,
  `insert into audit_backlog select min(id), max(id) from audit having count(*) > 0`,

  // How many entries of a chain come before an instant: entries are sealed in the order of writing but for some seconds, so halving finds the place.
  `create function audit_entries_before(of_chain text, instant timestamptz) returns bigint language plpgsql stable as $$
    declare
      low bigint := 0;
      high bigint := coalesce((select seq from audit_seal where chain = of_chain order by seq desc limit 1), 0);
      middle bigint;
    begin
      while low < high loop
        middle := (low + high + 1) / 2;
        if (select recorded_at from audit join audit_seal on audit_id = id where chain = of_chain and seq = middle) < instant
          then low := middle;
          else high := middle - 1;
        end if;
      end loop;
      return low;
    end
  $$`,

  // Each says, under a key that is not in this database, how far a chain had come and by which hash.
  `create table audit_checkpoint (
    chain text not null,
    seq bigint not null,
    hash bytea not null,
    at timestamptz not null,
    key_id text not null,
    signature bytea not null,
    primary key (chain, seq, key_id)
  )`,
  `create trigger audit_checkpoint_append_only before update or delete or truncate on audit_checkpoint
    for each statement execute function refuse_change()`,
  // The public halves of all keys that have signed, so that an old checkpoint can be checked after the key has changed.
  `create table audit_key (key_id text primary key, public_jwk jsonb not null, since timestamptz not null default now())`,
  `create trigger audit_key_append_only before update or delete or truncate on audit_key
    for each statement execute function refuse_change()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
