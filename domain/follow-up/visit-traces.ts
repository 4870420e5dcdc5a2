/** Finds in the log of a follow-up what the decisions that recorded a visit have changed. */
import type { PathwayEvent } from '../kit/pathway.ts';
import type { FollowUpEvent, MarkVisitInError, RecordVisit } from './events.ts';
import type { FollowUpState, VisitStanding, VisitTrace } from './state.ts';

/** A decision of the log, with the states around it. */
export interface DecidedStep {
  event: Pick<PathwayEvent, 'name' | 'input' | 'at'>;
  before: FollowUpState;
  after: FollowUpState;
}

const recording = 'record-visit' satisfies FollowUpEvent['name'];
const taking = 'mark-visit-in-error' satisfies FollowUpEvent['name'];

const idsOfParts = ({ visitId, furtherParts = [] }: RecordVisit): string[] => [visitId, ...furtherParts.map((part) => part.visitId)];

/** Returns the visits that the log records, in order, and which of them were taken back by then. */
function readVisits(steps: readonly DecidedStep[]) {
  const taken = new Set(steps.flatMap(({ event }) => (event.name === taking ? (event.input as MarkVisitInError).partIds : [])));
  const recorded = steps
    .filter(({ event }) => event.name === recording)
    .map(({ event, before, after }) => {
      const input = event.input as RecordVisit;
      const ids = idsOfParts(input);
      return { before, after, input, ids, isTaken: ids.every((id) => taken.has(id)) };
    });
  return recorded;
}

/** Returns the ids of the referrals that the visit has started, and those of visits that were taken back, as far as the follow-up still has them. */
export function listReferralsOf(steps: readonly DecidedStep[], partIds: readonly string[], { referrals }: FollowUpState): string[] {
  const recorded = readVisits(steps).filter(({ ids, isTaken }) => isTaken || ids.some((id) => partIds.includes(id)));
  const started = recorded.flatMap(({ before, after }) =>
    after.referrals.filter(({ id }) => !before.referrals.some((one) => one.id === id)),
  );
  return started.map(({ id }) => id).filter((id) => referrals.some((one) => one.id === id));
}

/** Returns the traces of a visit, newest first, and after them those of visits that were taken back before it and are older. `steps` are the whole log. */
export function listTraces(steps: readonly DecidedStep[], partIds: readonly string[]): VisitTrace[] {
  const recorded = readVisits(steps);
  const isOwn = ({ ids }: { ids: string[] }) => ids.some((id) => partIds.includes(id));
  const newest = recorded.findLastIndex(isOwn);
  return recorded
    .map((step, place) => ({ ...step, place }))
    .filter((step) => step.place <= newest && (isOwn(step) || step.isTaken))
    .toReversed()
    .map(({ ids, before, after, place }) => {
      const kept = recorded.filter((one, later) => later > place && !isOwn(one) && !one.isTaken);
      const namedSince = kept.flatMap(({ input }) => [...Object.keys(input.person ?? {}), ...Object.keys(input.risk ?? {})]);
      const takenSince = before.visits.filter(({ id }) => recorded.some((one) => one.isTaken && one.ids.includes(id)));
      return { partIds: ids, takenSince, before: standingOf(before), after: standingOf(after), namedSince: [...new Set(namedSince)] };
    });
}

const standingOf = ({ person, risk, enrolments, plan, episodes, search }: FollowUpState): VisitStanding => ({
  person,
  risk,
  enrolments,
  plan,
  episodes,
  search,
});
