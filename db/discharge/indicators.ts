/** Counts the indicators of discharges by month, hospital and centre. `domain/discharge/indicators.ts` says one by one what each of them is. */
import { type RawBuilder, sql } from 'kysely';
import { type DischargeIndicator, dischargeIndicators, type IndicatorCount } from '../../domain/discharge/indicators.ts';
import type { Database } from '../kit/database.ts';
import type { IndicatorQuestion } from '../kit/indicators.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';

export interface DischargeIndicatorRow {
  /** YYYY-MM in Asia/Shanghai. */
  month: string;
  hospitalId: string;
  centreId: string;
  counts: Record<DischargeIndicator, IndicatorCount>;
}

/** Of which discharges an indicator is, whose window is still open, and which have kept it. None of them is ever null. */
interface Condition {
  counts: RawBuilder<unknown>;
  pending: RawBuilder<unknown>;
  kept: RawBuilder<unknown>;
}

/** Who left the hospital alive and was not merely moved to another one. */
const alive = sql`(not left_dead and not transferred and coalesce(died_on >= discharged_on, true))`;
const isOpen = (days: RawBuilder<unknown>) => sql`(today <= discharged_on + ${days})`;
const within = (days: RawBuilder<unknown>, kept: RawBuilder<unknown>): Condition => ({ counts: alive, pending: isOpen(days), kept });

const between = (on: string, days: RawBuilder<unknown>) =>
  sql`coalesce(${sql.ref(on)} between discharged_on and discharged_on + ${days}, false)`;
const someAfter = (dates: string, days: RawBuilder<unknown>) =>
  sql`exists (select from unnest(${sql.ref(dates)}) as happened_on where happened_on between discharged_on + 1 and discharged_on + ${days})`;
const visited = (days: RawBuilder<unknown>) => within(days, someAfter('visited_on', days));

const reconciled = between('reconciled_on', sql`reconciliation_days`);
const readmitted = between('readmitted_on', sql`readmission_days`);

/** Transitions of care: adults who are alive after 30 days; of stays that follow each other within these the last. */
const transitions = (kept: RawBuilder<unknown>): Condition => ({
  // Who was born on 29 February comes of age on 1 March.
  counts: sql`(${alive} and to_char(discharged_on, 'YYYYMMDD')::integer - to_char(birth_date, 'YYYYMMDD')::integer >= 180000
    and not ${readmitted} and coalesce(died_on > discharged_on + engagement_days, true))`,
  pending: isOpen(sql`engagement_days`),
  kept,
});

const contactInTime = sql`coalesce(contact_reached_on <= contact_due_on, false)`;
/** Whoever died or was in hospital again before the contact was due could not be reached in time, and is nobody's failure. */
const contactPrevented = sql`coalesce(least(died_on, readmitted_on) <= contact_due_on, false)`;

const conditions: Record<Exclude<DischargeIndicator, 'ordersDone'>, Condition> = {
  contactInTime: {
    counts: sql`(${alive} and contact_due_on is not null and (${contactInTime} or not ${contactPrevented}))`,
    pending: sql`coalesce(today <= contact_due_on, false)`,
    kept: contactInTime,
  },
  visit7: visited(sql`7`),
  visit14: visited(sql`14`),
  visit30: visited(sql`30`),
  reconciliation: within(sql`reconciliation_days`, reconciled),
  readmission30: within(sql`readmission_days`, readmitted),
  readmission30Unplanned: within(sql`readmission_days`, sql`(${readmitted} and not readmission_planned)`),
  lost: { counts: alive, pending: sql`not (contact_lost or contact_reached_on is not null or ended)`, kept: sql`contact_lost` },
  trcNotification: transitions(sql`coalesce(noticed_on <= admitted_on + notification_days, false)`),
  trcInformation: transitions(sql`coalesce(information_complete_on <= discharged_on + information_days, false)`),
  trcEngagement: transitions(sql`(${someAfter('visited_on', sql`engagement_days`)} or ${someAfter('reached_on', sql`engagement_days`)})`),
  trcReconciliation: transitions(reconciled),
};

/** Here orders are counted, not discharges. */
const orders = sql`json_build_object('kept', coalesce(sum(orders_done) filter (where ${alive}), 0)::integer,
  'decided', coalesce(sum(orders_decided) filter (where ${alive}), 0)::integer, 'pending', coalesce(sum(orders_open) filter (where ${alive}), 0)::integer)`;

const countOf = ({ counts, pending, kept }: Condition) => sql`json_build_object(
  'kept', count(*) filter (where ${counts} and not ${pending} and ${kept}), 'decided', count(*) filter (where ${counts} and not ${pending}),
  'pending', count(*) filter (where ${counts} and ${pending}))`;

/**
 * By month, hospital and centre. A window that closes is an event of nobody, so what is pending is asked of each discharge of the span: rows of one table, by
 * an index of their side and date.
 */
export async function loadDischargeIndicators(
  db: Database,
  { institutionId, from, to }: IndicatorQuestion,
): Promise<DischargeIndicatorRow[]> {
  const dateOf = (instant: Date) => sql`${toShanghaiClock(sql`${instant}::timestamptz`)}::date`;
  const ofSide = institutionId === undefined ? sql`` : sql`and (hospital_id = ${institutionId} or centre_id = ${institutionId})`;
  const members = dischargeIndicators.map((name) => sql`${name}::text, ${name === 'ordersDone' ? orders : countOf(conditions[name])}`);
  const { rows } = await sql<DischargeIndicatorRow>`
    select to_char(discharged_on, 'YYYY-MM') as month, hospital_id as "hospitalId", centre_id as "centreId",
      json_build_object(${sql.join(members)}) as counts
    from episode_outcome
    cross join lateral (select ${toShanghaiClock(sql`(now() + clock_offset_ms * interval '1 millisecond')`)}::date as today) as clock
    where discharged_on >= ${dateOf(from)} and discharged_on < ${dateOf(to)} ${ofSide}
    group by 1, 2, 3 order by 1, 2, 3`.execute(db);
  return rows;
}
