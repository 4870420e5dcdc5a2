/** The messages of an episode and their recipients. Messages carry codes and instants only; those to patients say a date, a place and whom to call. */
import type { MessageIntent, QueuedMessage, Recipient } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import { addDays, type LocalDate, startOf } from '../time/local-date.ts';
import { instantOf } from '../time/sla-clock.ts';
import type { LinkRecipient } from './link-state.ts';
import { conversationClockId, triageClockId } from './orders.ts';
import type { OverdueRole } from './overdue.ts';
import { type DischargeState, type Duty, type DutyClock, type Owner, ownerOf } from './state.ts';
import { ownerOfDuty, taskIdOf } from './tasks.ts';
import type { DischargeTemplate } from './texts.ts';

export type DischargeMessage = MessageIntent<DischargeTemplate | RungTemplate>;
export type QueuedDischargeMessage = QueuedMessage<DischargeTemplate | RungTemplate>;

const recipientOf = (state: DischargeState, owner: Owner): Recipient => ({ to: 'role', ...ownerOf(state, owner) });
const headOf = ({ side }: Owner): Owner => ({ side, role: 'head' });

/** The last instant of the day on which a duty is due. */
const dueAtOfDuty = ({ dueOn }: Pick<Duty, 'dueOn'>): number | null => (dueOn === null ? null : startOf(addDays(dueOn, 1)));

export const messageToOwner = (
  state: DischargeState,
  step: string,
  template: DischargeTemplate,
  owner: Owner,
  parameters: MessageIntent['parameters'] = {},
): DischargeMessage => ({ step, template, recipients: [recipientOf(state, owner)], parameters });

export interface DatedWork {
  taskId: string;
  owner: Owner;
  dueOn: LocalDate | null;
  /** What the message is about, so that it can be told whether it still holds. */
  parameters: MessageIntent['parameters'];
}

/** Whoever owes it, then their head too, then the alliance office. A step begins with the id of the task, which stands in their worklist then. */
export function messageAboutDated(state: DischargeState, step: string, work: DatedWork, told: OverdueRole): DischargeMessage {
  const owner = recipientOf(state, work.owner);
  const recipient: Record<typeof told, Recipient> = {
    owner: { to: 'owner', taskId: work.taskId, otherwise: owner },
    head: recipientOf(state, headOf(work.owner)),
    office: { to: 'office' },
  };
  return {
    step,
    template: 'discharge-overdue',
    recipients: [recipient[told]],
    parameters: { ...work.parameters, dueAt: dueAtOfDuty(work) },
  };
}

export const messageAboutOverdue = (state: DischargeState, step: string, duty: Duty, told: OverdueRole): DischargeMessage =>
  messageAboutDated(
    state,
    step,
    {
      taskId: taskIdOf(state, duty),
      owner: ownerOfDuty(state.ladder, duty),
      dueOn: duty.dueOn,
      parameters: { duty: duty.duty, discharge: state.discharges },
    },
    told,
  );

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
    ...(duty ? { duty: duty.duty, placeId: ownerOf(state, duty.owner).institutionId, dueAt: startOf(duty.dueOn ?? '1970-01-01') } : {}),
  },
});

/** It carries the id of the link; what opens it is made of that where the message is sent. */
export const messageWithLink = (
  state: DischargeState,
  step: string,
  { linkId, to }: { linkId: string; to: LinkRecipient },
): DischargeMessage => ({
  step,
  template: 'discharge-link',
  recipients: [
    to === 'patient'
      ? { to: 'patient', patientId: state.patientId, channel: 'sms' }
      : { to: 'contact', patientId: state.patientId, index: to, channel: 'sms' },
  ],
  parameters: { linkId, patientId: state.patientId },
});

/** Whoever has to judge what was told, and whoever has to speak with the patient, hears of it at once; of an emergency their head too. */
export function messagesOfNewWork(before: DischargeState, after: DischargeState, step: string): DischargeMessage[] {
  const isNew =
    <Item extends { id: string }>(known: readonly Item[]) =>
    ({ id }: Item) =>
      !known.some((one) => one.id === id);
  const triages = after.triages.filter(isNew(before.triages)).flatMap(({ id, level, dueAt }) => {
    const clock = after.clocks.find((one) => one.clock.id === triageClockId(id));
    const owner: Owner = clock?.owner ?? { side: 'centre', role: 'gp' };
    const recipients = [recipientOf(after, owner), ...(level === 'emergency' ? [recipientOf(after, headOf(owner))] : [])];
    const template: DischargeTemplate = level === 'emergency' ? 'discharge-emergency' : 'discharge-triage';
    return [
      { step: `${triageClockId(id)}:${step}`, template, recipients, parameters: { clock: 'triage', clockId: triageClockId(id), dueAt } },
    ];
  });
  const conversations = after.conversations.filter(isNew(before.conversations)).map(({ id, orderId, dueOn, dueAt }): DischargeMessage => {
    const isStopped = after.orders.some((order) => order.id === orderId && order.stopped !== null);
    const recipients = [
      recipientOf(after, { side: 'centre', role: 'gp' }),
      ...(isStopped ? [recipientOf(after, { side: 'hospital', role: 'specialist' })] : []),
    ];
    const parameters = { conversation: id, dueAt: dueAt ?? dueAtOfDuty({ dueOn }) };
    return { step: `${conversationClockId(id)}:${step}`, template: 'discharge-conversation', recipients, parameters };
  });
  return [...triages, ...conversations];
}
