/** This file says which commands an enrolment's state allows. The decider refuses by it, and callers are shown by it what is open to them. */
import { type FollowUpCommandName, followUpEvents } from './events.ts';
import { type Enrolment, type FollowUpState, lessonsOf } from './state.ts';

/** Commands on an enrolment that exists. The date of a visit is agreed on at its task, and a visit that was entered in error is addressed by itself. */
export type EnrolmentCommandName = Exclude<FollowUpCommandName, 'enrol' | 'agree-visit-date' | 'mark-visit-in-error'>;

export const isEnrolmentCommand = (name: FollowUpCommandName): name is EnrolmentCommandName =>
  name !== 'enrol' && name !== 'agree-visit-date' && name !== 'mark-visit-in-error';

export type StateRefusal = 'enrolment-not-active' | 'transition-not-allowed' | 'already-enrolled' | 'episode-closed';

/**
 * Returns why the state does not allow a command, whatever its input is; undefined when it does. A visit that is entered late is allowed by
 * visits.ts instead.
 */
export function refusalInState(state: FollowUpState, enrolment: Enrolment, name: EnrolmentCommandName): StateRefusal | undefined {
  const { status } = enrolment;
  switch (name) {
    case 'record-visit':
    case 'pause':
    case 'change-phase':
      return status === 'active' ? undefined : 'enrolment-not-active';
    case 'resume':
      return status === 'paused' ? refusalToGoOn(state, enrolment) : 'transition-not-allowed';
    case 'reopen':
      return status === 'ended' && state.deceasedAt === null ? refusalToGoOn(state, enrolment) : 'transition-not-allowed';
    case 'withdraw':
    case 'change-package':
    case 'move-version':
      return status === 'ended' ? 'enrolment-not-active' : undefined;
    case 'transfer':
      return state.endedAt === null ? undefined : 'enrolment-not-active';
    case 'change-tier':
      return state.endedAt === null && state.riskModel ? undefined : 'enrolment-not-active';
    case 'acknowledge-education':
      return lessonsOf(enrolment).length > 0 ? undefined : 'transition-not-allowed';
    case 'report-search':
      return state.search && status === 'active' ? undefined : 'transition-not-allowed';
    case 'close-episode':
      return state.episodes.length > 0 ? undefined : 'episode-closed';
  }
}

/** An enrolment does not go on beside another one for the same disease, because nobody is followed up twice for one disease. */
function refusalToGoOn(state: FollowUpState, enrolment: Enrolment): StateRefusal | undefined {
  const diseaseOf = ({ protocol }: Enrolment) => state.protocols[protocol]?.disease;
  const isSameDisease = (other: Enrolment) =>
    other.id !== enrolment.id && other.status !== 'ended' && diseaseOf(other) === diseaseOf(enrolment);
  return state.enrolments.some(isSameDisease) ? 'already-enrolled' : undefined;
}

/** Returns the commands that are open to an institution. Only the centre that runs the follow-up has any. */
export function allowedCommands(state: FollowUpState, enrolment: Enrolment, institutionId: string): EnrolmentCommandName[] {
  if (state.over || institutionId !== state.centreId) return [];
  const names: readonly FollowUpCommandName[] = followUpEvents.commands;
  return names.filter(isEnrolmentCommand).filter((name) => refusalInState(state, enrolment, name) === undefined);
}
