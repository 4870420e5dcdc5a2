/** When an enrolment enters a phase, its lessons are handed out, stand in the timeline and are sent to the person. */
import type { PathwayEvent } from '../kit/pathway.ts';
import { agreementReason, withEnrolment } from './changes.ts';
import { listNewHandouts, withLessonsOfPhase } from './education.ts';
import type { FollowUpEntry } from './events.ts';
import { type FollowUpMessage, messageToPatient } from './messages.ts';
import { type Enrolment, type FollowUpState, lessonsOf } from './state.ts';

export function enterPhase(state: FollowUpState, enrolment: Enrolment, phase: string, at: number): FollowUpState {
  const lessons = withLessonsOfPhase(phase, state.education[enrolment.protocol] ?? [], lessonsOf(enrolment), at);
  return withEnrolment(state, enrolment.id, { phase, ...(lessons.length > 0 ? { lessons } : {}) });
}

/** Returns the entries and messages about the lessons that were handed out between two states. */
export function describeHandouts(
  before: FollowUpState,
  after: FollowUpState,
  event: PathwayEvent,
): { entries: FollowUpEntry[]; messages: FollowUpMessage[] } {
  const entries = after.enrolments.flatMap((enrolment): FollowUpEntry[] => {
    const { id, phase, protocol } = enrolment;
    const known = before.enrolments.find((one) => one.id === id);
    const codes = listNewHandouts(known ? lessonsOf(known) : [], lessonsOf(enrolment));
    if (codes.length === 0) return [];
    const because = [agreementReason(after, 'education', { enrolmentId: id, protocol, phase: phase ?? null, codes: codes.join(' ') })];
    return [{ event: 'education-handed-out', from: null, to: null, because }];
  });
  if (entries.length === 0) return { entries, messages: [] };
  return { entries, messages: [messageToPatient(after, `${event.id}:education`, 'follow-up-education')] };
}
