/** How many runs of the present requalification passed one after the other: counted anew from the runs, whatever order they were read in. */
import { sql } from 'kysely';
import { countPassedRuns, type RunResult } from '../../domain/steriliser-load/steriliser.ts';
import type { Act } from '../sterile-supply/act.ts';

/** The steriliser is locked. */
export async function recountRequalification({ trx }: Act, steriliserId: string): Promise<void> {
  const { rows } = await sql<{ result: RunResult }>`
    select case
      when load.status = 'confirmed' then 'pass'
      when load.status in ('failed', 'rejected') or physical = 'fail'
        or exists (select from load_indicator where load_id = load.id and kind = 'bi' and load_indicator.status = 'invalid') then 'fail'
    end as result
    from steriliser_load as load join steriliser on steriliser.id = load.steriliser_id
    where load.steriliser_id = ${steriliserId} and purpose = 'requalification' and load.started_at >= requalification_since
    order by load.started_at`.execute(trx);
  await trx
    .updateTable('steriliser')
    .set({ requalification_passed: countPassedRuns(rows.map(({ result }) => result)) })
    .where('id', '=', steriliserId)
    .where('status', '=', 'requalifying')
    .execute();
}
