/** When centres are visited next. */
import { sql } from 'kysely';
import { nextVisitOn } from '../../domain/sterile-supply/next-visit.ts';
import { type LocalDate, startOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';

/** Of the centres that are served, of all of them without a list; the day itself counts. Null for one without a stop and without visit days. */
export async function listNextVisits(
  db: Database,
  on: LocalDate,
  institutionIds?: readonly string[],
): Promise<Map<string, LocalDate | null>> {
  const ids = institutionIds === undefined ? null : [...institutionIds];
  const { rows } = await sql<{ institution_id: string; visit_days: number[]; planned_stop_on: LocalDate | null }>`
    select centre.institution_id, centre.visit_days, (
      select (min(stop.arrive_at) at time zone 'Asia/Shanghai')::date from round_stop as stop join supply_round as round on round.id = stop.round_id
      where stop.institution_id = centre.institution_id and stop.status = 'scheduled' and stop.moved_to_round_id is null
        and round.status not in ('closed', 'cancelled') and stop.arrive_at >= ${new Date(startOf(on))}
    ) as planned_stop_on
    from supply_centre as centre where ${ids}::text[] is null or centre.institution_id = any(${ids}::text[])`.execute(db);
  return new Map(
    rows.map((row) => [row.institution_id, nextVisitOn({ plannedStopOn: row.planned_stop_on, visitDays: row.visit_days }, on)]),
  );
}
