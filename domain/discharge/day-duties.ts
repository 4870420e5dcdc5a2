/** What happens to a duty on its dates: its window opens, people are called about it, it is missed. */
import { addDays, type LocalDate } from '../time/local-date.ts';
import { type DischargeEntry, entryOf } from './changes.ts';
import type { DischargeDueEvent } from './events.ts';
import { type DischargeMessage, messageAboutOverdue } from './messages.ts';
import { listOverdueRungs, type OverdueRole } from './overdue.ts';
import { dischargedOnOf, reasonOf } from './owed-duties.ts';
import { numberOf } from './rules.ts';
import { type DischargeState, type Duty, isClosed, isResting } from './state.ts';

export interface DateOfDuty {
  duty: Duty;
  on: LocalDate;
  step: 'open' | OverdueRole | 'missed';
}

/** The date on which the next thing happens to a duty; undefined when nothing does any more. */
export function nextOfDuty(state: DischargeState, duty: Duty): DateOfDuty | undefined {
  if (isClosed(duty) || duty.opensOn === null) return undefined;
  if (duty.duty === 'closing-contact' && !isClosedContact(state)) return undefined;
  if (duty.state === 'waiting') return { duty, on: duty.opensOn, step: 'open' };
  // Nobody is called about looking for somebody who is said to have moved or died.
  if (isResting(state.ladder) && (duty.duty === 'contact' || duty.duty === 'closing-contact')) return undefined;
  const dueOn = duty.duty === 'contact' ? state.ladder.dueOn : duty.dueOn;
  const missedOn = missedOnOf(state, duty);
  const step = dueOn === null ? undefined : callOf(state, duty, dueOn);
  if (missedOn === undefined || (step && step.on < missedOn)) return step;
  return { duty, on: missedOn, step: 'missed' };
}

function callOf({ calendar, rules }: DischargeState, duty: Duty, dueOn: LocalDate): DateOfDuty | undefined {
  const rung = listOverdueRungs(rules, calendar, dueOn)[duty.called];
  return rung && { duty, on: rung.on, step: rung.tell };
}

/** The closing contact waits for the end of the first one. */
const isClosedContact = ({ duties }: DischargeState): boolean => duties.some((duty) => duty.duty === 'contact' && isClosed(duty));

function missedOnOf(state: DischargeState, { duty }: Duty): LocalDate | undefined {
  const dischargedOn = dischargedOnOf(state);
  return dischargedOn !== undefined && (duty === 'visit' || duty === 'reconciliation')
    ? addDays(dischargedOn, numberOf(state.rules, 'reconciliation-days') + 1)
    : undefined;
}

export function applyDutyStep(state: DischargeState, { duty, step }: DateOfDuty): DischargeState {
  const change = (changes: Partial<Duty>): DischargeState => ({
    ...state,
    duties: state.duties.map((one) => (one.duty === duty.duty ? { ...one, ...changes } : one)),
  });
  switch (step) {
    case 'open':
      return change({ state: 'open' });
    case 'owner':
      return change({ state: 'overdue', called: 1 });
    case 'head':
      return change({ called: 2 });
    case 'office':
      return change({ called: 3 });
    case 'missed':
      return change({ state: 'missed' });
  }
}

export function entryForDuty(state: DischargeState, { duty, on, step }: DateOfDuty): DischargeEntry {
  const event = step === 'open' ? 'window-open' : step === 'missed' ? 'missed' : 'overdue';
  const evidence = { duty: duty.duty, on, dueOn: duty.dueOn, told: step };
  return entryOf(state, state, event, [reasonOf(`${duty.duty}/${step}`, evidence)]);
}

export const messagesForDuty = (state: DischargeState, { id }: DischargeDueEvent, { duty, step }: DateOfDuty): DischargeMessage[] =>
  step === 'owner' || step === 'head' || step === 'office' ? [messageAboutOverdue(state, `${duty.duty}:${id}:${step}`, duty, step)] : [];
