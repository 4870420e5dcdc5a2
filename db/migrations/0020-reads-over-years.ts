/** Sterile supply: indexes for what is asked over a history of years, so that nothing is found by going through all of it. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // The loads of a pack, and the packs of a set: the lives before this one too.
  `create index load_pack_of_pack on load_pack (pack_id)`,
  `create index pack_of_set on pack (set_instance_id)`,
  // A load is asked for by what somebody has in hand: its id as text, or its number.
  `create index steriliser_load_by_text on steriliser_load ((id::text))`,
  `create index pack_by_status on pack (status, id) where status <> 'ended'`,
  // How many of a type are on their way to the store: why a line of a slip is short.
  `create index pack_before_store on pack (set_type_id)
    where owner_institution_id is null and status in ('assembled', 'checked', 'in-load', 'sterilised')`,
  // What is to be picked up at a centre, and what is disputed of a line.
  `create index recall_line_open on recall_line (holder_type, holder_id) where state = 'open'`,
  `create index discrepancy_of_line on discrepancy (line_id) where line_id is not null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
