/** What a decision of a load means beyond its pathway: infection control's decision, or its silence, opens a recall. */
import { refusalOfError } from '../../db/sterile-supply/constraint-refusals.ts';
import { openRecallOfLoad } from '../../db/steriliser-load/load-inquiry.ts';
import { awaitsDecision } from '../../domain/steriliser-load/decider.ts';
import type { SteriliserLoadState } from '../../domain/steriliser-load/state.ts';
import type { Projected, Projection } from '../kit/projection.ts';

export const steriliserLoadProjection: Projection<SteriliserLoadState> = {
  refusalOfError,
  async project(trx, projected) {
    if (!opensRecall(projected)) return;
    const { pathwayId, after, event } = projected;
    const reason = event.kind === 'due' ? 'recall-undecided' : 'recall-decided';
    await openRecallOfLoad(trx, { loadId: after.loadId, reason, actor: event.actor, requestId: pathwayId });
  },
};

/** The question is gone, and it was not answered with no. */
function opensRecall({ before, after, event }: Projected<SteriliserLoadState>): boolean {
  if (!awaitsDecision(before) || awaitsDecision(after)) return false;
  if (event.kind === 'due') return true;
  return event.name === 'decide-recall' && (event.input as { recall: boolean }).recall;
}
