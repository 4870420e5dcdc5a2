/** How referrals go, by institution and month, from the sums that month-figures.ts keeps. No personal data. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { IndicatorQuestion, IndicatorRow } from '../kit/indicators.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';
import { monthFigures } from './month-figures.ts';

/** What became of the referrals of a month, of those sent or of those received. */
export interface Outcomes {
  referrals: number;
  arrived: number;
  completed: number;
  closedLoops: number;
  noShows: number;
  cancelled: number;
  expired: number;
}

export interface AnswerTimes {
  count: number;
  medianSeconds: number | null;
  p90Seconds: number | null;
}

export interface Received extends Outcomes {
  answers: { urgent: AnswerTimes; 'same-day': AnswerTimes; routine: AnswerTimes };
  /** How many were answered before their time was used up, among those that were answered or whose time was used up. */
  sla: { kept: number; decided: number };
  /** How many first follow-ups of down referrals were done before their time was used up, among those that were done or whose time was used up. */
  firstFollowUps: { kept: number; decided: number };
}

/** What a timeline shows of a patient who came: an interim note is the standard's "event completed" (5.1.4), an outcome comes after treatment. */
export const cameEvents = sql`('send-interim-note', 'send-outcome')`;

const outcomes = sql`
  'referrals', sum(referrals), 'arrived', sum(arrived), 'completed', sum(completed), 'closedLoops', sum(closed_loop), 'noShows', sum(no_show),
  'cancelled', sum(cancelled), 'expired', sum(expired)`;

/** By who sent them first, and the month of the sending. After a patient has moved, the referral still counts for who sent it. */
export const loadSentIndicators = (db: Database, question: IndicatorQuestion): Promise<IndicatorRow<Outcomes>[]> =>
  loadMonths(db, 'sent', question, outcomes);

const times = (urgency: string) => {
  const of = sql`filter (where urgency = ${urgency})`;
  return sql`json_build_object(
    'count', coalesce(sum(answered) ${of}, 0), 'medianSeconds', max(median_seconds) ${of}, 'p90Seconds', max(p90_seconds) ${of})`;
};
const received = sql`${outcomes},
  'answers', json_build_object('urgent', ${times('urgent')}, 'same-day', ${times('same-day')}, 'routine', ${times('routine')}),
  'sla', json_build_object('kept', sum(sla_kept), 'decided', sum(sla_decided)),
  'firstFollowUps', json_build_object('kept', sum(first_follow_up_kept), 'decided', sum(first_follow_up_decided))`;

/** By who was asked, and the month in which the referral came there. A referral that went on counts for everybody who was asked, for each with its own part. */
export const loadReceivedIndicators = (db: Database, question: IndicatorQuestion): Promise<IndicatorRow<Received>[]> =>
  loadMonths(db, 'received', question, received);

async function loadMonths<Counts>(
  db: Database,
  side: 'sent' | 'received',
  { institutionId, from, to }: IndicatorQuestion,
  counts: RawBuilder<unknown>,
): Promise<IndicatorRow<Counts>[]> {
  const dateOf = (instant: Date) => sql`${toShanghaiClock(sql`${instant}::timestamptz`)}::date`;
  const conditions = sql`side = ${side} and month >= ${dateOf(from)} and month < ${dateOf(to)}
    ${institutionId === undefined ? sql`` : sql`and institution_id = ${institutionId}`}`;
  const { rows } = await sql<IndicatorRow<Counts>>`
    select institution_id as "institutionId", to_char(month, 'YYYY-MM') as month, json_build_object(${counts}) as counts
    from ${monthFigures(conditions)} as figure
    group by institution_id, month
    having sum(referrals) > 0`.execute(db);
  return rows;
}
