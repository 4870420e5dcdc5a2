/** The subjects that a pathway holds, as its decider says: facts about them reach it. */
import { sql } from 'kysely';
import type { Subject } from '../../domain/kit/facts.ts';
import type { PathwayEvent } from '../../domain/kit/pathway.ts';
import type { Listener } from './fact-deliveries.ts';
import type { Trx } from './transaction.ts';

export interface SubjectsOfStep {
  pathwayId: string;
  /** of the pathway */
  decider: Listener;
  event: PathwayEvent;
  /** The subjects that the pathway held up to this step. */
  before: readonly Subject[];
  /** The subjects that it holds from now on. */
  after: readonly Subject[];
}

/** Makes the rows equal to what the decider says. A pathway that never had subjects costs no statement. */
export async function reconcileSubjects(trx: Trx, step: SubjectsOfStep): Promise<void> {
  const { pathwayId, before, after } = step;
  if (before.length === 0 && after.length === 0) return;
  const gained = after.filter(({ type, id }) => !before.some((held) => held.type === type && held.id === id));
  if (gained.length > 0) await lockSubjects(trx, gained);
  await sql`
    with held as (select subject_type, subject_id from ${rowsOf(after)}), lost as (
      delete from pathway_subject
      where pathway_id = ${pathwayId} and (subject_type, subject_id) not in (select subject_type, subject_id from held)
    )
    insert into pathway_subject (pathway_id, subject_type, subject_id) select ${pathwayId}, subject_type, subject_id from held
    on conflict do nothing`.execute(trx);
  if (gained.length > 0 && step.event.kind !== 'due') await oweMissedFacts(trx, step, gained);
}

/**
 * Until the transaction ends no fact about these subjects is published and no other pathway begins to hold them. The order is the same for all, so
 * that two transactions do not wait for each other in a circle.
 */
export async function lockSubjects(trx: Trx, subjects: readonly Subject[]): Promise<void> {
  const keys = subjects.map(({ type, id }) => `carepath fact to subject ${type} ${id}`).sort();
  await sql`select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest(${keys}::text[]) as key`.execute(trx);
}

/**
 * Between the moment at which the step's command or fact was stored and this commit, facts may have been published about what the pathway only now
 * begins to hold. Whoever caused the step could not know of them, so the pathway is told.
 */
async function oweMissedFacts(trx: Trx, { pathwayId, decider, event }: SubjectsOfStep, gained: readonly Subject[]): Promise<void> {
  await sql`
    insert into fact_delivery (fact_id, pathway_id)
    select fact.id, ${pathwayId}
    from fact join ${rowsOf(gained)} on subject_type = addressee_subject_type and subject_id = addressee_subject_id
    where addressee_type = 'subject' and type = any(${[...decider.facts]}::text[]) and recorded_at >= (
      select created_at from command where id = ${event.id}::uuid union all select recorded_at from fact where id = ${event.id}::uuid)
    order by recorded_at
    on conflict do nothing`.execute(trx);
}

const rowsOf = (subjects: readonly Subject[]) => sql`
  unnest(${subjects.map(({ type }) => type)}::text[], ${subjects.map(({ id }) => id)}::text[]) as subject(subject_type, subject_id)`;
