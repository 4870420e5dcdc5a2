/** The tasks of an episode: one for each duty whose window is open, and one for what is owed within hours. */
import type { PathwayTask } from '../kit/pathway.ts';
import { addDays, startOf } from '../time/local-date.ts';
import { startClock } from '../time/sla-clock.ts';
import type { DutyName } from './codes.ts';
import { actingInstantOf } from './duties.ts';
import { type DischargeState, type Duty, isClosed, type Owner, ownerOf, type Rung } from './state.ts';
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

export function tasksOf(state: DischargeState): PathwayTask<DischargeTaskName>[] {
  if (state.status === null || state.status === 'ended' || state.status === 'suspended') return [];
  const shared = { urgency: 'routine', emergency: false } as const;
  const hourly = state.clocks.map(({ clock, owner, task }) => ({ id: clock.id, name: task, ...ownerOf(state, owner), ...shared, clock }));
  return [...hourly, ...state.duties.flatMap((duty) => dutyTask(state, duty))];
}

function dutyTask(state: DischargeState, duty: Duty): PathwayTask<DischargeTaskName>[] {
  const owed = owedOf(state, duty);
  if (!owed) return [];
  const { name, dueOn, owner } = owed;
  const opensAt = actingInstantOf(duty.opensOn ?? dueOn);
  const dueAt = startOf(addDays(dueOn, 1));
  const id = taskIdOf(state, duty);
  const at = Math.min(opensAt, dueAt - 1);
  const clock = startClock({ id, name, budgetMs: dueAt - at, at, rungPercents: [100] });
  const about = { duty: duty.duty, dueOn };
  return [{ id, name, ...ownerOf(state, owner), urgency: 'routine', emergency: false, clock, about }];
}

const taskOfDuty: Readonly<Record<Exclude<DutyName, 'plan' | 'contact'>, DischargeTaskName>> = {
  visit: 'post-discharge-visit',
  reconciliation: 'reconcile',
  'closing-contact': 'closing-contact',
};

/** What is to be done of an open duty; undefined while nothing is, and when every way to reach the patient has been tried. */
function owedOf({ ladder }: DischargeState, duty: Duty): { name: DischargeTaskName; dueOn: string; owner: Owner } | undefined {
  if (isClosed(duty) || duty.state === 'waiting' || duty.dueOn === null || duty.duty === 'plan') return undefined;
  if (duty.duty !== 'contact') return { name: taskOfDuty[duty.duty], dueOn: duty.dueOn, owner: duty.owner };
  if (ladder.rung === null || ladder.lostOn !== null) return undefined;
  // From the third rung on it is the centre that looks for the patient, whoever owed the call.
  const owner: Owner = ladder.rung >= 3 ? { side: 'centre', role: 'nurse' } : duty.owner;
  return { name: taskOfRung[ladder.rung], dueOn: ladder.dueOn ?? duty.dueOn, owner };
}
