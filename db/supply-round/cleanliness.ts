/** Whether vehicles and boxes were cleaned after their last use. What was never used is clean. */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import { ActRefused } from '../sterile-supply/act.ts';

/** A condition on a vehicle or a box. */
export const isUnclean = sql<boolean>`last_used_at is not null and (last_cleaned_at is null or last_cleaned_at < last_used_at)`;

/** Throws ActRefused `not-cleaned` with what has to be cleaned. All of them are locked, clean or not, so that nobody uses them meanwhile. One statement. */
export async function requireClean(
  trx: Trx,
  { vehicleIds, boxIds }: { vehicleIds: readonly string[]; boxIds: readonly string[] },
): Promise<void> {
  const { rows } = await sql<{ vehicleIds: string[]; boxIds: string[] }>`
    with asked_vehicle as materialized (
      select id, ${isUnclean} as unclean from vehicle where id = any(${vehicleIds}::text[]) order by id for no key update
    ), asked_box as materialized (
      select id, ${isUnclean} as unclean from transport_box where id = any(${boxIds}::text[]) order by id for no key update
    )
    select array(select id from asked_vehicle where unclean) as "vehicleIds", array(select id from asked_box where unclean) as "boxIds"`.execute(
    trx,
  );
  const [unclean] = rows;
  if (unclean && unclean.vehicleIds.length + unclean.boxIds.length > 0) throw new ActRefused('not-cleaned', { ...unclean });
}

/** Notes the use up to an instant; an earlier one changes nothing. A statement that is part of another one. */
export const markVehiclesUsed = (ids: readonly string[], at: Date) =>
  sql`update vehicle set last_used_at = greatest(last_used_at, ${at}::timestamptz) where id = any(${ids}::text[])`;

export const markBoxesUsed = (ids: readonly string[], at: Date) =>
  sql`update transport_box set last_used_at = greatest(last_used_at, ${at}::timestamptz) where id = any(${ids}::text[])`;
