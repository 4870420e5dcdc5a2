/** The referral decider: it hands each event to the file that knows what the event does. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider } from '../kit/pathway.ts';
import { obligationsOf, runningClocks } from './clocks.ts';
import { decideCommand } from './commands.ts';
import { decideDue } from './due.ts';
import { isReferralEvent, type ReferralFactEvent, referralEvents } from './events.ts';
import { decideFact } from './facts.ts';
import { standingOf } from './standing.ts';
import { initialReferralState, partyOf, type ReferralState } from './state.ts';
import { sharedTasks, tasksOf } from './tasks.ts';

export const referral: Decider<ReferralState, 'referral', ReferralFactEvent['name']> = {
  kind: 'referral',
  creation: 'create',
  ...referralEvents,
  documents: ['policy'],
  initial: initialReferralState,
  decide(state, event) {
    if (!isReferralEvent(event)) return refuseUnknownEvent(event);
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
  summary(state) {
    const side = runningClocks(state)[0]?.side;
    return {
      institutionId: state.status === null ? null : partyOf(state, side ?? 'initiator').institutionId,
      patientId: state.patientId || null,
    };
  },
  ended: (state) => state.over,
};
