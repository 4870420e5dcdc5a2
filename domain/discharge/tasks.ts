/** The tasks of an episode: one for each duty whose window is open, and one for what is owed within hours. */
import type { PathwayTask, TaskAbout } from '../kit/pathway.ts';
import { addDays, type LocalDate, startOf } from '../time/local-date.ts';
import { pauseClock, startClock } from '../time/sla-clock.ts';
import type { DutyName } from './codes.ts';
import { actingInstantOf } from './duties.ts';
import { callBackOpensOn, openCallBacks } from './links.ts';
import type { OrderState } from './order.ts';
import { conversationClockId } from './orders.ts';
import {
  type ContactLadder,
  type Conversation,
  type DischargeState,
  type Duty,
  isAsking,
  isClosed,
  type Owner,
  ownerOf,
  type Rung,
} from './state.ts';
import type { DischargeTaskName } from './task-names.ts';

const taskOfRung: Readonly<Record<Rung, DischargeTaskName>> = {
  1: 'contact',
  2: 'second-phone',
  3: 'home-visit',
  4: 'ask-community',
  5: 'send-letter',
};

/** Within the pathway. What is owed after another discharge, or on another rung, is another task. */
export const taskIdOf = ({ discharges, ladder }: DischargeState, { duty }: Pick<Duty, 'duty'>): string =>
  duty === 'contact' ? `contact-${discharges}-${ladder.rung ?? 0}` : `${duty}-${discharges}`;

/** From the third rung on it is the centre that looks for the patient, whoever owed the call. */
export function ownerOfDuty({ rung, isHospitals = false }: ContactLadder, { duty, owner }: Pick<Duty, 'duty' | 'owner'>): Owner {
  if (duty !== 'contact' || rung === null || rung === 1) return owner;
  return { side: rung === 2 && (isHospitals || owner.side === 'hospital') ? 'hospital' : 'centre', role: 'nurse' };
}

export function tasksOf(state: DischargeState): PathwayTask<DischargeTaskName>[] {
  if (state.status === null || state.endReason === 'died') return [];
  const shared = { urgency: 'routine', emergency: false } as const;
  const hourly = state.clocks.map(({ clock, owner, task }) => ({
    id: clock.id,
    name: task,
    ...ownerOf(state, owner),
    ...(task === 'triage' ? { urgency: 'urgent', emergency: true } : shared),
    clock,
  }));
  return [
    ...hourly,
    ...educationTask(state),
    ...state.duties.flatMap((duty) => dutyTask(state, duty)),
    ...state.orders.flatMap((order) => orderTask(state, order)),
    ...state.conversations.flatMap((conversation) => conversationTask(state, conversation)),
    ...callBackTasks(state),
  ];
}

/** Until the discharge, of which nobody knows when it will be: its clock stands still. */
function educationTask(state: DischargeState): PathwayTask<DischargeTaskName>[] {
  const isOwed = state.status === 'admitted' && state.inStay.some((one) => one.duty === 'education' && one.state === 'open');
  if (!isOwed) return [];
  const at = state.standing?.admittedAt ?? state.noticedAt;
  const clock = pauseClock(startClock({ id: 'education', name: 'educate', budgetMs: 1, at, rungPercents: [100] }), at);
  const owner = ownerOf(state, { side: 'hospital', role: 'nurse' });
  return [{ id: 'education', name: 'educate', ...owner, urgency: 'routine', emergency: false, clock }];
}

function dutyTask(state: DischargeState, duty: Duty): PathwayTask<DischargeTaskName>[] {
  const owed = isAsking(state) ? owedOf(state, duty) : undefined;
  if (!owed) return [];
  const { name, dueOn, owner } = owed;
  const about = { duty: duty.duty, dueOn };
  return [datedTask(state, { id: taskIdOf(state, duty), name, owner, opensOn: duty.opensOn ?? dueOn, dueOn, about })];
}

/** Each order whose window is open is one task of whoever owes it. */
function orderTask(state: DischargeState, { id, given, status, opensOn, dueOn, owner }: OrderState): PathwayTask<DischargeTaskName>[] {
  const isAsked = isAsking(state) || (state.status !== 'admitted' && given.kind === 'pending-result');
  if (!isAsked || (status !== 'open' && status !== 'overdue') || dueOn === null) return [];
  const about = { orderId: id, dueOn, ...(given.item === undefined ? {} : { item: given.item }) };
  return [datedTask(state, { id: `order-${id}`, name: `order-${given.kind}`, owner, opensOn: opensOn ?? dueOn, dueOn, about })];
}

/** One that is due within hours has a clock, which has its task already. */
function conversationTask(state: DischargeState, { id, orderId, dueOn, decision }: Conversation): PathwayTask<DischargeTaskName>[] {
  if (decision !== null || dueOn === null || state.status === 'suspended') return [];
  const owner: Owner = { side: 'centre', role: 'gp' };
  const opensOn = addDays(dueOn, -1);
  return [
    datedTask(state, {
      id: conversationClockId(id),
      name: 'conversation',
      owner,
      opensOn,
      dueOn,
      about: { conversationId: id, orderId, dueOn },
    }),
  ];
}

/** Whoever asked to be called is called, whatever else has ended meanwhile. In hospital again they have somebody to ask. */
function callBackTasks(state: DischargeState): PathwayTask<DischargeTaskName>[] {
  if (state.over || state.status === 'admitted' || state.status === 'suspended') return [];
  return openCallBacks(state).map((one) => {
    const owner: Owner = { side: 'centre', role: 'nurse' };
    const about = { callBackId: one.id, of: one.of, dueOn: one.dueOn };
    return datedTask(state, { id: callBackTaskId(one), name: 'call-back', owner, opensOn: callBackOpensOn(one), dueOn: one.dueOn, about });
  });
}

export const callBackTaskId = ({ id }: { id: string }): string => `call-back-${id}`;

interface DatedTask {
  id: string;
  name: DischargeTaskName;
  owner: Owner;
  opensOn: LocalDate;
  dueOn: LocalDate;
  about: TaskAbout;
}

/** From nine on the day on which it opens to the end of the day on which it is due. */
function datedTask(state: DischargeState, { id, name, owner, opensOn, dueOn, about }: DatedTask): PathwayTask<DischargeTaskName> {
  const dueAt = startOf(addDays(dueOn, 1));
  const at = Math.min(actingInstantOf(opensOn), dueAt - 1);
  const clock = startClock({ id, name, budgetMs: dueAt - at, at, rungPercents: [100] });
  return { id, name, ...ownerOf(state, owner), urgency: 'routine', emergency: false, clock, about };
}

const taskOfDuty: Readonly<Record<Exclude<DutyName, 'plan' | 'contact'>, DischargeTaskName>> = {
  visit: 'post-discharge-visit',
  reconciliation: 'reconcile',
  'closing-contact': 'closing-contact',
};

/** What is to be done of an open duty; undefined while nothing is, and when every way to reach the patient has been tried. */
function owedOf({ ladder }: DischargeState, duty: Duty): { name: DischargeTaskName; dueOn: string; owner: Owner } | undefined {
  if (isClosed(duty) || duty.state === 'waiting' || duty.dueOn === null || duty.duty === 'plan') return undefined;
  // Of somebody who is said to have died the tasks stand and are held, as those of every pathway.
  if (ladder.questions?.includes('moved') && (duty.duty === 'contact' || duty.duty === 'closing-contact')) return undefined;
  if (duty.duty !== 'contact') return { name: taskOfDuty[duty.duty], dueOn: duty.dueOn, owner: duty.owner };
  if (ladder.rung === null || ladder.lostOn !== null) return undefined;
  return { name: taskOfRung[ladder.rung], dueOn: ladder.dueOn ?? duty.dueOn, owner: ownerOfDuty(ladder, duty) };
}
