/** The decider of an episode: a stay in hospital and what is owed to the patient after it, from the admission to the last duty. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider } from '../kit/pathway.ts';
import { decideCommand } from './commands.ts';
import { decideDue, obligationsOf } from './due.ts';
import { type DischargeFactEvent, dischargeEvents, isDischargeEvent } from './events.ts';
import { decideFact } from './facts.ts';
import { decideLinkCommand, isLinkCommand } from './link-commands.ts';
import { standingOf } from './message-standing.ts';
import { type DischargeState, initialDischargeState } from './state.ts';
import { tasksOf } from './tasks.ts';

export const discharge: Decider<DischargeState, 'discharge', DischargeFactEvent['name']> = {
  kind: 'discharge',
  creation: 'create',
  ...dischargeEvents,
  documents: ['calendar', 'rules', 'templates', 'scores'],
  initial: initialDischargeState,
  decide(state, event) {
    if (!isDischargeEvent(event)) return refuseUnknownEvent(event);
    switch (event.kind) {
      case 'command':
        return isLinkCommand(event) ? decideLinkCommand(state, event) : decideCommand(state, event);
      case 'due':
        return decideDue(state, event);
      case 'fact':
        return decideFact(state, event);
    }
  },
  obligations: obligationsOf,
  tasks: tasksOf,
  standing: standingOf,
  summary: ({ hospitalId, centreId, status, patientId }) => ({
    institutionId: (status === 'admitted' || status === 'suspended' ? hospitalId : centreId) || null,
    patientId: patientId || null,
  }),
  ended: ({ over }) => over,
};
