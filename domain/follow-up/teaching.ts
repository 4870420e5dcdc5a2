/** An enrolment enters a phase: its lessons are handed out, said in the timeline and sent to the person. */
import type { Entry, MessageIntent, PathwayEvent } from '../kit/pathway.ts';
import { agreement, changedEnrolment } from './changes.ts';
import { handedOut, lessonsIn } from './education.ts';
import { type Enrolment, type FollowUpState, lessonsOf } from './state.ts';

export function inPhase(state: FollowUpState, enrolment: Enrolment, phase: string, at: number): FollowUpState {
  const lessons = lessonsIn(phase, state.education[enrolment.protocol] ?? [], lessonsOf(enrolment), at);
  return changedEnrolment(state, enrolment.id, { phase, ...(lessons.length > 0 ? { lessons } : {}) });
}

/** What of it the person and the timeline are told. */
export function taught(before: FollowUpState, after: FollowUpState, event: PathwayEvent): { entries: Entry[]; messages: MessageIntent[] } {
  const entries = after.enrolments.flatMap((enrolment): Entry[] => {
    const { id, phase, protocol } = enrolment;
    const known = before.enrolments.find((one) => one.id === id);
    const codes = handedOut(known ? lessonsOf(known) : [], lessonsOf(enrolment));
    if (codes.length === 0) return [];
    const because = [agreement(after, 'education', { enrolmentId: id, protocol, phase: phase ?? null, codes: codes.join(' ') })];
    return [{ event: 'education-handed-out', from: null, to: null, because }];
  });
  if (entries.length === 0) return { entries, messages: [] };
  const recipients: MessageIntent['recipients'] = [{ to: 'patient', patientId: after.patientId }];
  return { entries, messages: [{ step: `${event.id}:education`, template: 'follow-up-education', recipients, parameters: {} }] };
}
