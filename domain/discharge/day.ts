/** What acts on a date, at nine: windows open, what was due the day before is overdue, people are called about it, patients are given up, the episode expires. */
import { daysBetween, earlierOf, type LocalDate, laterOf } from '../time/local-date.ts';
import { acceptWith, type DischargeVerdict, endEpisode, entryOf, limitOf } from './changes.ts';
import { endWhenCompleted } from './completion.ts';
import { applyDutyStep, type DateOfDuty, entryForDuty, messagesForDuty, nextOfDuty } from './day-duties.ts';
import { actOnOrders, nextOfConversation, nextOfOrder, tellConversations } from './day-orders.ts';
import { actingInstantOf } from './duties.ts';
import type { DischargeDueEvent } from './events.ts';
import { followUpDateOf, handOverToFollowUp } from './hand-over.ts';
import { type DischargeMessage, messageToPatient } from './messages.ts';
import { withReviewClocks } from './orders.ts';
import { dischargedOnOf } from './owed-duties.ts';
import { type DischargeState, isAsking, isResting, isResultsOnly, withActedOn } from './state.ts';

/** The next date on which anything happens; undefined when nothing does. What outlives the episode has its dates still. */
export function nextDateOf(state: DischargeState): LocalDate | undefined {
  if (state.status === null || state.status === 'admitted') return undefined;
  const lasting = [
    ...state.orders.map((order) => nextOfOrder(state, order)),
    ...state.conversations.map((one) => nextOfConversation(state, one)),
  ];
  const whileOpen = isAsking(state)
    ? [...state.duties.map((duty) => nextOfDuty(state, duty)?.on), limitOf(state), givenUpOn(state), followUpDateOf(state)]
    : [];
  const [first, ...others] = [...lasting, ...whileOpen].flatMap((date) => date ?? []);
  return first === undefined ? undefined : others.reduce(earlierOf, first);
}

/** Nobody is given up while somebody finds out whether they have moved or died. */
const givenUpOn = ({ ladder }: DischargeState): LocalDate | null => (isResting(ladder) ? null : ladder.lostOn);

/** When the next date acts, in milliseconds. */
export const nextDateAt = actingInstantOf;

/** Everything of one date in one decision. */
export function actOnDate(state: DischargeState, event: DischargeDueEvent): DischargeVerdict {
  const date = nextDateOf(state);
  if (date === undefined) throw new Error(`Nothing of the id ${event.id} is due.`);
  // A date that is over acts by itself: what has acted since does not act again.
  const actedOn = isResultsOnly(state) ? state.resultsActedOn : state.actedOn;
  const counted = withActedOn({ ...state, days: state.days + 1 }, laterOf(date, actedOn ?? date));
  if (isAsking(state) && date === limitOf(state)) return expire(state, counted, event);
  if (isAsking(state) && givenUpOn(state) === date) return giveUp(state, counted, event);
  const acting = isAsking(state)
    ? state.duties.flatMap((duty) => {
        const next = nextOfDuty(state, duty);
        return next?.on === date ? next : [];
      })
    : [];
  const onDuties = acting.reduce(applyDutyStep, counted);
  const onOrders = actOnOrders(state, onDuties, date, event);
  const onConversations = tellConversations(onOrders.state, date, event);
  const reviewed = withReviewClocks(onConversations.state, event.at);
  const handed = followUpDateOf(state) === date ? handOverToFollowUp(reviewed, event.at) : { state: reviewed, entries: [] };
  const after = handed.state;
  const entries = [...acting.map((one) => entryForDuty(state, one)), ...onOrders.entries, ...onConversations.entries, ...handed.entries];
  const messages = [...acting.flatMap((one) => messagesForDuty(after, event, one)), ...onOrders.messages, ...onConversations.messages];
  const ended = endWhenCompleted(after, event.at);
  const reminder = oneReminder(after, event, acting);
  return acceptWith(state, ended.after, event, [...entries, ...ended.entries], [...reminder, ...messages]);
}

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
