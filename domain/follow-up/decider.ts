/** The follow-up decider: a person's enrolments under their protocols, and the one next visit over all of them. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider } from '../kit/pathway.ts';
import { decideCommand } from './commands.ts';
import { decideDue } from './due.ts';
import { type FollowUpCommandName, type FollowUpFactEvent, followUpEvents, isFollowUpEvent } from './events.ts';
import { decideFact } from './facts.ts';
import { obligationsOf } from './plan.ts';
import { standingOf } from './standing.ts';
import { blankEvaluation, blankVisit, type FollowUpState, initialFollowUpState } from './state.ts';
import { sharedTasks, tasksOf } from './tasks.ts';

export const followUp: Decider<FollowUpState, 'follow-up', FollowUpFactEvent['name']> = {
  kind: 'follow-up',
  creation: 'enrol',
  ...followUpEvents,
  takesBack: ['mark-visit-in-error'] satisfies readonly FollowUpCommandName[],
  documents: ['protocol', 'calendar', 'riskModel', 'education'],
  blanks: [blankVisit, blankEvaluation],
  initial: initialFollowUpState,
  decide(state, event) {
    if (!isFollowUpEvent(event)) return refuseUnknownEvent(event);
    switch (event.kind) {
      case 'command':
        return decideCommand(state, event);
      case 'due':
        return decideDue(state, event);
      case 'fact':
        return decideFact(state, event);
    }
  },
  obligations: obligationsOf,
  tasks: tasksOf,
  sharedTasks,
  standing: standingOf,
  summary: ({ centreId, patientId }) => ({ institutionId: centreId || null, patientId: patientId || null }),
  ended: ({ over }) => over,
};
