/** A pack that joins a planned load is in it from that moment: the word of its own that it had is a status no more. */
import { type Kysely, sql } from 'kysely';

const statuses = [
  'assembled',
  'checked',
  'in-load',
  'sterilised',
  'released',
  'allocated',
  'on-vehicle',
  'at-centre',
  'opened',
  'rejected',
  'ended',
];

const statements = [
  // Code of before, which may run for some minutes more, still writes the old word: it is read as the new one.
  `create function pack_in_planned_load() returns trigger language plpgsql as $$
    begin
      new.status := 'in-load';
      return new;
    end $$`,
  `create trigger a_pack_in_planned_load before insert or update of status on pack for each row when (new.status = 'planned')
    execute function pack_in_planned_load()`,
  `update pack set status = 'in-load' where status = 'planned'`,
  `alter table pack drop constraint pack_status_check`,
  `alter table pack add constraint pack_status_check check (status in (${statuses.map((status) => `'${status}'`).join(', ')}))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
