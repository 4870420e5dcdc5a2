/** The messages of an episode and their recipients. Messages carry codes and instants only; those to patients say a date, a place and whom to call. */
import type { MessageIntent, QueuedMessage, Recipient } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import { addDays, startOf } from '../time/local-date.ts';
import { instantOf } from '../time/sla-clock.ts';
import type { OverdueRole } from './overdue.ts';
import { type DischargeState, type Duty, type DutyClock, type Owner, ownerOf } from './state.ts';
import { taskIdOf } from './tasks.ts';
import type { DischargeTemplate } from './texts.ts';

export type DischargeMessage = MessageIntent<DischargeTemplate | RungTemplate>;
export type QueuedDischargeMessage = QueuedMessage<DischargeTemplate | RungTemplate>;

export const recipientOf = (state: DischargeState, owner: Owner): Recipient => ({ to: 'role', ...ownerOf(state, owner) });
const headOf = ({ side }: Owner): Owner => ({ side, role: 'head' });

/** The last instant of the day on which a duty is due. */
export const dueAtOfDuty = ({ dueOn }: Pick<Duty, 'dueOn'>): number | null => (dueOn === null ? null : startOf(addDays(dueOn, 1)));

export const messageToOwner = (
  state: DischargeState,
  step: string,
  template: DischargeTemplate,
  owner: Owner,
  parameters: MessageIntent['parameters'] = {},
): DischargeMessage => ({ step, template, recipients: [recipientOf(state, owner)], parameters });

/** Whoever owes it, then their head too, then the alliance office. A step begins with the id of the task, which stands in their worklist then. */
export function messageAboutOverdue(state: DischargeState, step: string, duty: Duty, told: OverdueRole): DischargeMessage {
  const owner = recipientOf(state, duty.owner);
  const recipient: Record<typeof told, Recipient> = {
    owner: { to: 'owner', taskId: taskIdOf(state, duty), otherwise: owner },
    head: recipientOf(state, headOf(duty.owner)),
    office: { to: 'office' },
  };
  const parameters = { duty: duty.duty, discharge: state.discharges, dueAt: dueAtOfDuty(duty) };
  return { step, template: 'discharge-overdue', recipients: [recipient[told]], parameters };
}

/** The rung of a clock: the owner, their head, the office. */
export function messageOfRung(state: DischargeState, { clock, owner }: DutyClock, percent: number): DischargeMessage {
  const recipient: Recipient =
    percent >= 100
      ? { to: 'office' }
      : percent >= 80
        ? recipientOf(state, headOf(owner))
        : { to: 'owner', taskId: clock.id, otherwise: recipientOf(state, owner) };
  const parameters = { clock: clock.name, clockId: clock.id, dueAt: instantOf(clock, 100) ?? null };
  return { step: `${clock.id}:${percent}`, template: `rung-${percent}`, recipients: [recipient], parameters };
}

/** The place is that of whoever owes it. */
export const messageToPatient = (state: DischargeState, step: string, template: DischargeTemplate, duty?: Duty): DischargeMessage => ({
  step,
  template,
  recipients: [{ to: 'patient', patientId: state.patientId }],
  parameters: {
    discharge: state.discharges,
    ...(duty
      ? { duty: duty.duty, institutionId: ownerOf(state, duty.owner).institutionId, dueAt: startOf(duty.dueOn ?? '1970-01-01') }
      : {}),
  },
});
