/** What acts on a date, at nine: windows open, what was due the day before is overdue, people are called about it, patients are given up, the episode expires. */
import { addDays, daysBetween, earlierOf, type LocalDate } from '../time/local-date.ts';
import { acceptWith, type DischargeEntry, type DischargeVerdict, endEpisode, endWhenCompleted, entryOf, limitOf } from './changes.ts';
import { actingInstantOf } from './duties.ts';
import type { DischargeDueEvent } from './events.ts';
import { type DischargeMessage, messageAboutOverdue, messageToPatient } from './messages.ts';
import { listOverdueRungs, type OverdueRole } from './overdue.ts';
import { dischargedOnOf, reasonOf } from './owed-duties.ts';
import { numberOf } from './rules.ts';
import { type DischargeState, type Duty, isClosed } from './state.ts';

interface DateOfDuty {
  duty: Duty;
  on: LocalDate;
  step: 'open' | OverdueRole | 'missed';
}

/** The date on which the next thing happens to a duty; undefined when nothing does any more. */
function nextOf(state: DischargeState, duty: Duty): DateOfDuty | undefined {
  if (isClosed(duty) || duty.opensOn === null) return undefined;
  if (duty.duty === 'closing-contact' && !isClosedContact(state)) return undefined;
  if (duty.state === 'waiting') return { duty, on: duty.opensOn, step: 'open' };
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

/** The next date on which anything happens; undefined when nothing does. */
export function nextDateOf(state: DischargeState): LocalDate | undefined {
  if (state.status !== 'discharged') return undefined;
  const dates = state.duties.flatMap((duty) => nextOf(state, duty)?.on ?? []);
  const further = [limitOf(state), state.ladder.lostOn].flatMap((date) => date ?? []);
  const [first, ...others] = [...dates, ...further];
  return first === undefined ? undefined : others.reduce(earlierOf, first);
}

/** When the next date acts, in milliseconds. */
export const nextDateAt = actingInstantOf;

/** Everything of one date in one decision. */
export function actOnDate(state: DischargeState, event: DischargeDueEvent): DischargeVerdict {
  const date = nextDateOf(state);
  if (date === undefined) throw new Error(`Nothing of the id ${event.id} is due.`);
  const counted = { ...state, days: state.days + 1 };
  if (date === limitOf(state)) return expire(state, counted, event);
  if (state.ladder.lostOn === date) return giveUp(state, counted, event);
  const acting = state.duties.flatMap((duty) => {
    const next = nextOf(state, duty);
    return next?.on === date ? next : [];
  });
  const after = acting.reduce(applyStep, counted);
  const entries = acting.map((one) => entryFor(state, one));
  const messages = acting.flatMap((one) => messagesFor(after, event, one));
  const ended = endWhenCompleted(after, event.at);
  return acceptWith(state, ended.after, event, [...entries, ...ended.entries], [...oneReminder(after, event, acting), ...messages]);
}

function applyStep(state: DischargeState, { duty, step }: DateOfDuty): DischargeState {
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

function entryFor(state: DischargeState, { duty, on, step }: DateOfDuty): DischargeEntry {
  const event = step === 'open' ? 'window-open' : step === 'missed' ? 'missed' : 'overdue';
  const evidence = { duty: duty.duty, on, dueOn: duty.dueOn, told: step };
  return entryOf(state, state, event, [reasonOf(`${duty.duty}/${step}`, evidence)]);
}

const messagesFor = (state: DischargeState, { id }: DischargeDueEvent, { duty, step }: DateOfDuty): DischargeMessage[] =>
  step === 'owner' || step === 'head' || step === 'office' ? [messageAboutOverdue(state, `${duty.duty}:${id}:${step}`, duty, step)] : [];

/** A patient is reminded once a day at most, of everything that opens on it. Only what asks them to come is theirs to know. */
function oneReminder(state: DischargeState, { id }: DischargeDueEvent, acting: readonly DateOfDuty[]): DischargeMessage[] {
  const visit = acting.find(({ duty, step }) => step === 'open' && duty.duty === 'visit');
  return visit ? [messageToPatient(state, `patient:${id}`, 'discharge-visit-open', visit.duty)] : [];
}

function expire(state: DischargeState, counted: DischargeState, event: DischargeDueEvent): DischargeVerdict {
  const after = endEpisode(counted, 'expired', event.at);
  const dischargedOn = dischargedOnOf(state);
  const days = dischargedOn === undefined ? null : daysBetween(dischargedOn, limitOf(state) ?? dischargedOn);
  return acceptWith(state, after, event, [entryOf(state, after, 'ended', { endReason: 'expired', days })]);
}

function giveUp(state: DischargeState, counted: DischargeState, event: DischargeDueEvent): DischargeVerdict {
  const after = endEpisode(counted, 'lost', event.at);
  return acceptWith(state, after, event, [entryOf(state, after, 'ended', { endReason: 'lost', lostOn: state.ladder.lostOn })]);
}
