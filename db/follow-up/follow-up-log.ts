/** The log of a follow-up: each decision with the states around it. */
import { followUp } from '../../domain/follow-up/decider.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import type { DecidedStep } from '../../domain/follow-up/visit-traces.ts';
import { type Decision, evolve, type PathwayEvent, withNewFields } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';

export interface LoggedStep extends DecidedStep {
  event: PathwayEvent;
}

/** Reads the whole log, in order: some two hundred decisions after ten years. */
export async function listSteps(db: Database, pathwayId: string): Promise<LoggedStep[]> {
  const rows = await db
    .selectFrom('decision')
    .select(['event', 'decision'])
    .where('pathway_id', '=', pathwayId)
    .orderBy('version')
    .execute();
  const log = (await longFormOf(db, rows)) as { event: PathwayEvent; decision: Decision<FollowUpState> }[];
  let before = followUp.initial;
  return log.map(({ event, decision }) => {
    const step = { event, before, after: withNewFields(followUp, evolve(before, decision)) };
    before = step.after;
    return step;
  });
}
