/**
 * The link that a patient, or a family member whom they allow, gets after a discharge, and what is said there. A state knows the id of a link, whom it went
 * to and until when it holds; its secret is made of the id where it is sent (platform/patient-links.ts). Limits of access are numbers of this file and none
 * of the clinical rules: nobody signs them off, and they hold for all links at once.
 */
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, localDateOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import type { CallBack, LinkRecipient, PatientLink } from './link-state.ts';
import type { OrderState, SaidOfOrder } from './order.ts';
import type { OrderReport } from './order-reports.ts';
import type { RecordPlan } from './plan-input.ts';
import type { DischargeState } from './state.ts';

/** A link that nobody has ended holds for so long. */
const LINK_DAYS = 30;
/** Whoever asks to be called is called by the end of the next working day. */
const CALL_BACK_WORKING_DAYS = 1;
/** So often somebody may ask for a call on one day. */
const CALLS_ASKED_PER_DAY = 2;

export function allowsLink(plan: Pick<RecordPlan, 'linkConsent'> | null, to: LinkRecipient): boolean {
  switch (plan?.linkConsent) {
    case 'patient':
      return to === 'patient';
    case 'patient-and-family':
      return true;
    case 'none':
    case undefined:
      return false;
  }
}

export const withLink = (state: DischargeState, { id, to, at }: { id: string; to: LinkRecipient; at: number }): DischargeState => ({
  ...state,
  links: [...state.links, { id, to, sentAt: at, expiresAt: at + LINK_DAYS * DAY_MS }],
});

export const withoutLink = (state: DischargeState, linkId: string): DischargeState => ({
  ...state,
  links: state.links.filter(({ id }) => id !== linkId),
});

/** A link that still holds at an instant. An end, a death and a discharge that was taken back have removed theirs from the state. */
export const findLink = ({ links }: Pick<DischargeState, 'links'>, linkId: string, at: number): PatientLink | undefined =>
  links.find(({ id, expiresAt }) => id === linkId && expiresAt > at);

/** What the patient themselves can do closes by their word; of anything else staff read it and find out. */
const isClosedByWord = ({ given }: OrderState): boolean => given.kind === 'education' || given.kind === 'device';

/** The report that the word of a patient stands for; undefined where it is only noted. */
export function reportOfDone(order: OrderState, isDone: boolean, at: number): (OrderReport & { orderId: string }) | undefined {
  if (!isDone || !isClosedByWord(order)) return undefined;
  const on = localDateOf(at);
  const evidence = order.given.kind === 'education' ? { on, topics: true, understood: 'yes' as const } : { on, inUse: true };
  return { orderId: order.id, outcome: 'done', evidence };
}

export const withSaid = (state: DischargeState, orderId: string, said: SaidOfOrder): DischargeState => ({
  ...state,
  orders: state.orders.map((order) => (order.id === orderId ? { ...order, reported: [...(order.reported ?? []), said] } : order)),
});

export const mayAskForCall = ({ callBacks }: Pick<DischargeState, 'callBacks'>, at: number): boolean =>
  callBacks.filter(({ askedAt }) => localDateOf(askedAt) === localDateOf(at)).length < CALLS_ASKED_PER_DAY;

/** Asked twice before anybody has called it is one call, which was due by the first time. */
export function withCallBack(state: DischargeState, { id, of, at }: { id: string; of: LinkRecipient; at: number }): DischargeState {
  const dueOn = addWorkingDays(state.calendar, localDateOf(at), CALL_BACK_WORKING_DAYS);
  const asked: CallBack = { id, of, askedAt: at, dueOn, doneAt: null, discharge: state.discharges };
  return { ...state, callBacks: [...state.callBacks, asked] };
}

export const openCallBacks = ({ callBacks, discharges }: DischargeState): CallBack[] =>
  callBacks.filter(({ doneAt, discharge }) => doneAt === null && discharge === discharges);

export const withCallDone = (state: DischargeState, callBackId: string, doneAt: number): DischargeState => ({
  ...state,
  callBacks: state.callBacks.map((one) => (one.id === callBackId ? { ...one, doneAt } : one)),
});

/** The day from which a call that was asked for stands in the worklist. */
export const callBackOpensOn = ({ dueOn, askedAt }: CallBack): LocalDate => {
  const askedOn = localDateOf(askedAt);
  return askedOn < dueOn ? askedOn : addDays(dueOn, -1);
};
