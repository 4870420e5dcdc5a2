/** The follow-up decider: a person's enrolments under their protocols, and the one next visit over all of them. */
import { command, followUpCommands } from './follow-up/commands.ts';
import { due } from './follow-up/due.ts';
import { fact, followUpFacts } from './follow-up/facts.ts';
import { obligationsOf } from './follow-up/plan.ts';
import { standingOf } from './follow-up/standing.ts';
import { type FollowUpState, initialFollowUpState } from './follow-up/state.ts';
import { tasksOf } from './follow-up/tasks.ts';
import type { Decider } from './pathway.ts';

export const followUp: Decider<FollowUpState> = {
  kind: 'follow-up',
  creation: 'enrol',
  commands: followUpCommands,
  facts: followUpFacts,
  initial: initialFollowUpState,
  decide(state, event) {
    switch (event.kind) {
      case 'command':
        if (!event.actor) throw new Error('A command has an actor.');
        return command(state, event, event.actor);
      case 'due':
        return due(state, event);
      case 'fact':
        return fact(state, event);
    }
  },
  obligations: obligationsOf,
  tasks: tasksOf,
  standing: standingOf,
  summary: ({ centreId, patientId }) => ({ institutionId: centreId || null, patientId: patientId || null }),
  ended: ({ over }) => over,
};
