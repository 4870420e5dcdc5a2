/** What has become of each discharge: one row an episode, which the commit writes and the indicators count. */
import { sql } from 'kysely';
import { discharge } from '../../domain/discharge/decider.ts';
import { type EpisodeOutcome, outcomeOf } from '../../domain/discharge/outcome.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import { withNewFields } from '../../domain/kit/pathway.ts';
import { type LocalDate, localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';

export interface OutcomeWritten {
  episodeId: string;
  hospitalId: string;
  centreId: string;
  outcome: EpisodeOutcome;
  /** A visit that this step has recorded. */
  visitedOn?: LocalDate | undefined;
  /** The day of this step: what is complete now, and was not before, is complete since then. */
  today: LocalDate;
}

/** Writes the row as the episode has it now. Visits are added to those that are there; when the information became complete stays as it is. */
export async function saveOutcome(trx: Trx, written: OutcomeWritten): Promise<void> {
  const { episodeId, outcome } = written;
  const { visitedOn, informationIsComplete } = outcome;
  const row = {
    episode_id: episodeId,
    hospital_id: written.hospitalId,
    centre_id: written.centreId,
    discharged_on: outcome.dischargedOn,
    admitted_on: outcome.admittedOn,
    noticed_on: outcome.noticedOn,
    left_dead: outcome.leftDead,
    transferred: outcome.transferred,
    contact_due_on: outcome.contactDueOn,
    contact_reached_on: outcome.contactReachedOn,
    contact_lost: outcome.contactLost,
    ended: outcome.ended,
    reached_on: outcome.reachedOn,
    reconciled_on: outcome.reconciledOn,
    orders_done: outcome.ordersDone,
    orders_decided: outcome.ordersDecided,
    orders_open: outcome.ordersOpen,
    readmission_days: outcome.readmissionDays,
    reconciliation_days: outcome.reconciliationDays,
    engagement_days: outcome.engagementDays,
    notification_days: outcome.notificationDays,
    information_days: outcome.informationDays,
  };
  const visits = [...new Set([written.visitedOn, visitedOn].filter((on) => on !== undefined && on !== null))];
  await trx
    .insertInto('episode_outcome')
    .values({ ...row, visited_on: visits, information_complete_on: informationIsComplete ? written.today : null })
    .onConflict((conflict) =>
      conflict.column('episode_id').doUpdateSet({
        ...row,
        visited_on: sql`(select coalesce(array_agg(distinct visited), '{}') from unnest(episode_outcome.visited_on || excluded.visited_on) as visited)`,
        information_complete_on: sql`case when excluded.information_complete_on is not null
          then coalesce(episode_outcome.information_complete_on, excluded.information_complete_on) end`,
      }),
    )
    .execute();
  // A statement of its own sees what others have committed until the row was locked.
  await sql`select complete_episode_outcomes(array[${episodeId}::uuid])`.execute(trx);
}

/** Commands of these episodes wait while a step is written. */
const EPISODES_A_STEP = 100;

/** Episodes that were there before their outcomes were kept, from `after` on. Resolves with the place to go on from, or with undefined behind the last. */
export async function fillEpisodeOutcomes(db: Database, { after }: { after: string | null }): Promise<{ after: string } | undefined> {
  return inTransaction(db, { system: true, part: 'migrations' }, async (trx) => {
    let query = trx.selectFrom('pathway').select(['id', 'state']).where('kind', '=', 'discharge').orderBy('id').limit(EPISODES_A_STEP);
    if (after !== null) query = query.where('id', '>', after);
    const pathways = await longFormOf(trx, await query.forNoKeyUpdate().execute());
    for (const { id, state } of pathways) await fillOutcome(trx, id, withNewFields(discharge, state as DischargeState));
    const last = pathways.at(-1);
    await sql`update fill set after = coalesce(${last?.id ?? null}, after), finished_at = ${last ? null : new Date()}
      where name = 'episode-outcomes'`.execute(trx);
    return last && { after: last.id };
  });
}

/** Nobody has noted when the information became complete: it was so with the plan. */
async function fillOutcome(trx: Trx, episodeId: string, state: DischargeState): Promise<void> {
  const { status, hospitalId, centreId, plan, noticedAt } = state;
  const today = localDateOf(plan?.recordedAt ?? noticedAt);
  if (status !== null) await saveOutcome(trx, { episodeId, hospitalId, centreId, outcome: outcomeOf(state), today });
}
