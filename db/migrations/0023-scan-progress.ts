/** Up to which number a device has sent everything, so that a scan is not looked at beside all that its device ever sent. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // It may lag behind: what is missing is looked for from here on. Code of before does not know of it and reads everything.
  `create table scan_progress (
    device_id uuid primary key references scan_device,
    complete_to integer not null check (complete_to >= 1)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
