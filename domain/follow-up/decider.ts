/** The follow-up decider: a person's enrolments under their protocols, and the one next visit over all of them. */

import type { Decider } from '../kit/pathway.ts';
import { command, followUpCommands } from './commands.ts';
import { due } from './due.ts';
import { type FollowUpFact, fact, followUpFacts } from './facts.ts';
import { obligationsOf } from './plan.ts';
import { standingOf } from './standing.ts';
import { type FollowUpState, initialFollowUpState } from './state.ts';
import { tasksOf } from './tasks.ts';

export const followUp: Decider<FollowUpState, 'follow-up', FollowUpFact> = {
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
