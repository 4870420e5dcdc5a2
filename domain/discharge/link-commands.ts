/** This file decides what is asked about links and what is said by them: of orders, of symptoms, of a call, and that it is the wrong person. */
import { acceptWith, type DischargeVerdict, entryOf, refuse } from './changes.ts';
import { conclude, refusalOf } from './commands.ts';
import type { DischargeCommandEvent, DischargeEventNamed } from './events.ts';
import { type LinkCommandName, linkCommands } from './link-inputs.ts';
import type { PatientLink } from './link-state.ts';
import {
  allowsLink,
  findLink,
  mayAskForCall,
  openCallBacks,
  reportOfDone,
  withCallBack,
  withCallDone,
  withLink,
  withoutLink,
  withSaid,
} from './links.ts';
import { messagesOfNewWork, messageWithLink } from './messages.ts';
import { type Changed, reportOrders } from './order-commands.ts';
import { findOrder, openTriage } from './orders.ts';
import { closeContact, noteAttempt } from './reach.ts';
import type { DischargeState } from './state.ts';
import { judgeSymptoms } from './triage.ts';

export type LinkCommandEvent = Extract<DischargeCommandEvent, { name: LinkCommandName }>;

const names: readonly string[] = linkCommands;
export const isLinkCommand = (event: DischargeCommandEvent): event is LinkCommandEvent => names.includes(event.name);

export function decideLinkCommand(state: DischargeState, event: LinkCommandEvent): DischargeVerdict {
  switch (event.name) {
    case 'send-link':
      return sendLink(state, event);
    case 'revoke-link':
      return revokeLink(state, event);
    case 'call-back-done':
      return noteCall(state, event);
    case 'link-not-me':
      return disown(state, event);
    case 'link-report':
    case 'link-stopped':
    case 'link-symptoms':
    case 'link-call-me':
      return hear(state, event);
  }
}

function sendLink(state: DischargeState, event: DischargeEventNamed<'send-link'>): DischargeVerdict {
  const refusal = refusalOf(state, event);
  if (refusal) return refusal;
  const { linkId, to } = event.input;
  if (!allowsLink(state.plan, to)) return refuse('no-link-consent', { state: state.status });
  const after = withLink(state, { id: linkId, to, at: event.at });
  const entry = entryOf(state, after, event.name, { linkId, to });
  return acceptWith(state, after, event, [entry], [messageWithLink(state, event.id, { linkId, to })]);
}

function revokeLink(state: DischargeState, event: DischargeEventNamed<'revoke-link'>): DischargeVerdict {
  const refusal = refusalOf(state, event);
  if (refusal) return refusal;
  const { linkId } = event.input;
  if (!findLink(state, linkId, event.at)) return refuse('not-found');
  const after = withoutLink(state, linkId);
  return acceptWith(state, after, event, [entryOf(state, after, event.name, { linkId })]);
}

type Said = DischargeEventNamed<'link-report' | 'link-stopped' | 'link-symptoms' | 'link-call-me'>;

/** Whatever somebody says by a link is a sign of life, so it closes the contact. */
function hear(state: DischargeState, event: Said): DischargeVerdict {
  const link = findLink(state, event.input.linkId, event.at);
  if (!link) return refuse('not-found');
  if (state.status === 'suspended' && event.name === 'link-symptoms') return hearInHospital(state, event, link);
  // In hospital again nothing is asked of the patient, so nothing of it can be said either.
  if (state.status !== 'discharged') return refuse('transition-not-allowed', { state: state.status, allowed: ['link-not-me'] });
  const heard = changeBySaid(state, event, link);
  if (!('state' in heard)) return heard.verdict;
  return conclude(state, closeContact(heard.state, event.at), event, evidenceOf(event));
}

/** What may be dangerous is judged wherever the patient is thought to be; all else goes on resting. */
function hearInHospital(state: DischargeState, event: DischargeEventNamed<'link-symptoms'>, link: PatientLink): DischargeVerdict {
  const heard = changeBySaid(state, event, link);
  if (!('state' in heard)) return heard.verdict;
  const after = heard.state;
  return acceptWith(state, after, event, [entryOf(state, after, event.name, evidenceOf(event))], messagesOfNewWork(state, after, event.id));
}

function changeBySaid(state: DischargeState, event: Said, link: PatientLink): Changed {
  switch (event.name) {
    case 'link-report':
      return report(state, event);
    case 'link-stopped':
      return stop(state, event);
    case 'link-symptoms': {
      const given = state.orders.map((order) => order.given);
      const needed = judgeSymptoms(state.rules, event.input.symptoms, given, event.at);
      return { state: needed ? openTriage(state, event.id, needed.level, event.at) : state };
    }
    case 'link-call-me':
      return mayAskForCall(state, event.at)
        ? { state: withCallBack(state, { id: event.id, of: link.to, at: event.at }) }
        : { verdict: refuse('too-many-requests') };
  }
}

function report(state: DischargeState, event: DischargeEventNamed<'link-report'>): Changed {
  const { orderId, done } = event.input;
  const order = findOrder(state, orderId);
  if (!order) return { verdict: refuse('not-found') };
  if (order.status === 'closed') return { verdict: refuse('order-closed', { state: order.outcome }) };
  const said = withSaid(state, orderId, { at: event.at, said: done ? 'done' : 'not-done' });
  const reported = reportOfDone(order, done, event.at);
  return reported ? reportOrders(said, [reported], event) : { state: said };
}

function stop(state: DischargeState, event: DischargeEventNamed<'link-stopped'>): Changed {
  const { orderId, reason } = event.input;
  const said = withSaid(state, orderId, { at: event.at, said: 'stopped' });
  return reportOrders(said, [{ orderId, outcome: 'stopped', reason }], event);
}

function evidenceOf({ name, input }: Said): Parameters<typeof entryOf>[3] {
  const { linkId } = input;
  switch (name) {
    case 'link-report':
      return { linkId, orderId: input.orderId, done: input.done };
    case 'link-stopped':
      return { linkId, orderId: input.orderId, reason: input.reason };
    case 'link-symptoms':
      return { linkId, symptoms: input.symptoms.join(' ') };
    case 'link-call-me':
      return { linkId };
  }
}

/** The number belongs to somebody else: the link ends, and to reach the patient that call was in vain for good. */
function disown(state: DischargeState, event: DischargeEventNamed<'link-not-me'>): DischargeVerdict {
  const { linkId, familyContacts, hasNumber } = event.input;
  const link = findLink(state, linkId, event.at);
  if (!link) return refuse('not-found');
  const without = withoutLink(state, linkId);
  const evidence = { linkId, to: link.to };
  if (state.status !== 'discharged') return acceptWith(state, without, event, [entryOf(state, without, event.name, evidence)]);
  const ofPatient = link.to === 'patient';
  const { state: tried } = noteAttempt(
    without,
    {
      channel: ofPatient ? 'phone' : 'second-phone',
      outcome: 'wrong-number',
      familyContacts,
      hasNumber: hasNumber && !ofPatient,
      ...(link.to === 'patient' ? {} : { contact: link.to }),
    },
    { id: event.id, at: event.at, doneAt: event.at },
  );
  return conclude(state, tried, event, evidence);
}

function noteCall(state: DischargeState, event: DischargeEventNamed<'call-back-done'>): DischargeVerdict {
  const { callBackId, doneAt = event.at } = event.input;
  if (!openCallBacks(state).some(({ id }) => id === callBackId)) return refuse('task-closed');
  const after = withCallDone(state, callBackId, doneAt);
  return conclude(state, after, event, { callBackId });
}
