/** Whether vehicles and boxes were cleaned after their last use. What was never used is clean. */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import { ActRefused } from '../sterile-supply/act.ts';

/** Throws ActRefused `not-cleaned` with what has to be cleaned. The rows are locked, so that nobody uses them meanwhile. */
export async function requireClean(trx: Trx, { vehicleId, boxIds }: { vehicleId: string; boxIds: readonly string[] }): Promise<void> {
  const { rows: vehicles } = await sql<{ id: string }>`
    select id from vehicle where id = ${vehicleId} and last_used_at is not null and (last_cleaned_at is null or last_cleaned_at < last_used_at)
    for update`.execute(trx);
  const { rows: boxes } = await sql<{ id: string }>`
    select id from transport_box
    where id = any(${boxIds}::text[]) and last_used_at is not null and (last_cleaned_at is null or last_cleaned_at < last_used_at)
    order by id for update`.execute(trx);
  if (vehicles.length > 0 || boxes.length > 0)
    throw new ActRefused('not-cleaned', { vehicleIds: vehicles.map(({ id }) => id), boxIds: boxes.map(({ id }) => id) });
}

/** Notes the use up to an instant; an earlier one changes nothing. */
export async function markUsed(
  trx: Trx,
  { vehicleId, boxIds, at }: { vehicleId: string | null; boxIds: readonly string[]; at: Date },
): Promise<void> {
  if (vehicleId !== null)
    await sql`update vehicle set last_used_at = greatest(last_used_at, ${at}::timestamptz) where id = ${vehicleId}`.execute(trx);
  if (boxIds.length > 0)
    await sql`update transport_box set last_used_at = greatest(last_used_at, ${at}::timestamptz) where id = any(${boxIds}::text[])`.execute(
      trx,
    );
}
