/** This file decides the commands of people on an episode: the plan, contacts, visits and the reconciliation of medicines. */
import { localDateOf } from '../time/local-date.ts';
import { allowedCommands, sideOf, sidesOf } from './allowed-commands.ts';
import { acceptWith, type DischargeEntry, type DischargeVerdict, endEpisode, entryOf, refuse } from './changes.ts';
import { endWhenCompleted } from './completion.ts';
import { actedOn } from './duties.ts';
import type { CreateEpisode, DischargeCommandEvent, DischargeEventNamed, EpisodeCommandName } from './events.ts';
import { discharge, evidenceOf, tellCentre } from './facts.ts';
import { handOverToCentre } from './hand-over.ts';
import { brief, educate, isReported, tellResults, withInStayDuties } from './in-stay.ts';
import type { LinkCommandName } from './link-inputs.ts';
import { messagesOfNewWork } from './messages.ts';
import { finishTask } from './noted-tasks.ts';
import {
  addOrder,
  answerConversation,
  type Changed,
  changeOrder,
  judgeTriage,
  reportOrders,
  reportResult,
  setRisk,
  tellResult,
} from './order-commands.ts';
import {
  missingInformation,
  openConversation,
  openTriage,
  withActiveOrders,
  withOrdersRedated,
  withPlannedOrders,
  withReviewClocks,
  withRisk,
} from './orders.ts';
import { planClockId, withDatesAnew } from './owed-duties.ts';
import { isWritten } from './plan-input.ts';
import { closeContact, closeDuty, noteAttempt, seePatient } from './reach.ts';
import { type DischargeState, isClosed, withActedOn } from './state.ts';
import { judgeSymptoms } from './triage.ts';

export function decideCommand(state: DischargeState, event: Exclude<DischargeCommandEvent, { name: LinkCommandName }>): DischargeVerdict {
  if (event.name === 'create') return create(state, event);
  if (event.name === 'finish-task') return finishTask(state, event);
  const refusal = refusalOf(state, event);
  if (refusal) return refusal;
  switch (event.name) {
    case 'record-plan':
      return recordPlan(state, event);
    case 'brief': {
      const { doneAt = event.at, expectedDays } = event.input;
      return conclude(state, brief(state, doneAt), event, { expectedDays });
    }
    case 'educate': {
      const { doneAt = event.at, understood } = event.input;
      return conclude(state, educate(state, understood === 'yes', doneAt), event, { understood });
    }
    case 'tell-results': {
      const { doneAt = event.at, numbers } = event.input;
      if (!numbers.every((number) => isReported(state, number))) return refuse('not-found');
      return conclude(state, tellResults(state, numbers, doneAt), event, { numbers: numbers.join(' ') });
    }
    case 'record-contact':
      return recordContact(state, event);
    case 'record-visit':
      return recordVisit(state, event);
    case 'reconcile':
      return reconcile(state, event);
    case 'report-orders':
      return reportAll(state, event);
    case 'withdraw': {
      const after = endEpisode(state, 'withdrawn', event.at);
      return acceptWith(state, after, event, [entryOf(state, after, event.name, { endReason: 'withdrawn' })]);
    }
    case 'reopen':
      return reopen(state, event);
    case 'add-order':
      return concludeChanged(state, addOrder(state, event), event, { orderId: event.input.order.id, kind: event.input.order.given.kind });
    case 'change-order':
      return concludeChanged(state, changeOrder(state, event), event, { orderId: event.input.orderId });
    case 'answer-conversation':
      return concludeChanged(state, answerConversation(state, event), event, {
        conversationId: event.input.conversationId,
        decision: event.input.decision,
      });
    case 'triage':
      return concludeChanged(state, judgeTriage(state, event), event, { triageId: event.input.triageId, action: event.input.action });
    case 'report-result':
      return concludeChanged(state, reportResult(state, event), event, { orderId: event.input.orderId, critical: event.input.critical });
    case 'tell-result':
      return concludeChanged(state, tellResult(state, event), event, { orderId: event.input.orderId });
    case 'set-risk':
      return concludeChanged(state, setRisk(state, event), event, { level: event.input.level });
  }
}

type PersonsCommand = Exclude<DischargeCommandEvent, { name: 'create' | 'finish-task' }>;

export function refusalOf(
  state: DischargeState,
  { name, actor, input }: Extract<DischargeCommandEvent, { name: EpisodeCommandName }>,
): DischargeVerdict | undefined {
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse('patient-mismatch');
  if (state.over) return refuse(state.endReason === 'died' ? 'patient-died' : 'pathway-ended');
  if (state.endReason === 'died') return refuse('patient-died', { state: state.status });
  const side = sideOf(state, actor.institutionId);
  if (name === 'record-plan' && state.status === 'discharged' && isWritten(state.plan))
    return refuse('plan-active', { state: state.status });
  const allowed = allowedCommands(state);
  if (allowed.includes(name) && side !== undefined && sidesOf[name].includes(side)) return undefined;
  return refuse('transition-not-allowed', {
    state: state.status,
    allowed: allowed.filter((one) => side !== undefined && sidesOf[one].includes(side)),
  });
}

/** A stay that is known only as cancelled or by a death is created so, and nobody is told. */
function create(state: DischargeState, event: DischargeEventNamed<'create'>): DischargeVerdict {
  if (state.status !== null) return refuse('already-exists');
  const opened = openEpisode(state, event.input);
  const after = enterStanding(opened, event.at);
  const entry: DischargeEntry = { ...entryOf(opened, after, 'create', evidenceOf(event.input.number, event.input.standing)), from: null };
  return acceptWith(state, after, event, [entry], tellCentre(after, event.id));
}

const openEpisode = (state: DischargeState, input: CreateEpisode): DischargeState => ({ ...state, ...input, status: 'admitted' });

function enterStanding(opened: DischargeState, at: number): DischargeState {
  const { standing } = opened;
  if (standing?.disposition === 'died') return { ...opened, status: 'ended', endReason: 'died', endedAt: at };
  if (standing?.status === 'cancelled') return { ...opened, status: 'ended', endReason: 'cancelled', endedAt: at };
  return standing?.status === 'discharged' ? discharge(opened, at) : withInStayDuties(opened, at);
}

/** A plan of somebody who is in hospital is a draft; after the discharge it is active at once. */
function recordPlan(state: DischargeState, event: DischargeEventNamed<'record-plan'>): DischargeVerdict {
  const { patientId: _, doneAt = event.at, ...plan } = event.input;
  const recorded: DischargeState = {
    ...state,
    plan: { ...plan, recordedAt: doneAt, recordedBy: event.actor.personId },
    clocks: state.clocks.filter(({ clock }) => clock.id !== planClockId(state.discharges)),
  };
  const planned = withPlannedOrders(recorded, state.plan, plan.orders, event.at);
  const active = state.status === 'discharged' ? activatePlan(planned, event.at, doneAt) : planned;
  const { state: after, entries } = handOverToCentre(active, event.at);
  const evidence = { template: plan.template, missing: missingInformation(after).join(' '), orders: after.orders.length };
  return conclude(state, after, event, evidence, entries);
}

/** What the plan tells may make the risk another, and with it the dates. */
function activatePlan(state: DischargeState, at: number, doneAt: number): DischargeState {
  const dated = withDatesAnew(withRisk(state), at);
  return closeDuty(withActiveOrders(dated, at), 'plan', doneAt);
}

/** A sign of life closes the contact, late or not. */
function recordContact(state: DischargeState, event: DischargeEventNamed<'record-contact'>): DischargeVerdict {
  const { channel, outcome, doneAt = event.at } = event.input;
  const { state: noted, attempt } = noteAttempt(state, event.input, { id: event.id, at: event.at, doneAt });
  const { counted, rung } = attempt;
  return concludeChanged(state, withReports(noted, event, doneAt), event, { channel, outcome, counted, rung });
}

/** What was told of orders and symptoms on the same occasion. */
function withReports(state: DischargeState, event: DischargeEventNamed<'record-contact' | 'record-visit'>, doneAt: number): Changed {
  const { symptoms = [], orders = [] } = event.input;
  const reported = reportOrders(state, orders, event);
  if (!('state' in reported)) return reported;
  const alive = reported.isSignOfLife ? closeContact(reported.state, doneAt) : reported.state;
  const given = alive.orders.map((order) => order.given);
  const needed = judgeSymptoms(alive.rules, symptoms, given, event.at);
  return { state: needed ? openTriage(alive, event.id, needed.level, event.at) : alive };
}

function reportAll(state: DischargeState, event: DischargeEventNamed<'report-orders'>): DischargeVerdict {
  const reported = reportOrders(state, event.input.orders, event);
  if (!('state' in reported)) return reported.verdict;
  const after = reported.isSignOfLife ? closeDuty(reported.state, 'contact', event.input.doneAt ?? event.at) : reported.state;
  const outcomes = event.input.orders.map(({ orderId, outcome }) => `${orderId} ${outcome}`).join(', ');
  return conclude(state, after, event, { outcomes });
}

/** Goes on with what was owed, dated anew. */
function reopen(state: DischargeState, event: DischargeEventNamed<'reopen'>): DischargeVerdict {
  const open: DischargeState = { ...state, status: 'discharged', endReason: null, endedAt: null };
  const duties = open.duties.map((duty) =>
    duty.state === 'lost' || duty.state === 'withdrawn' ? { ...duty, state: 'waiting' as const, called: 0, doneAt: null } : duty,
  );
  const orders = open.orders.map((order) =>
    order.outcome === 'lost' || order.outcome === 'withdrawn' || order.outcome === 'expired'
      ? { ...order, status: 'waiting' as const, outcome: null }
      : order,
  );
  const contact = duties.find(({ duty }) => duty === 'contact');
  const ladder = contact && !isClosed(contact) ? { rung: 1 as const, dueOn: contact.dueOn, lostOn: null } : open.ladder;
  const after = withOrdersRedated(withDatesAnew({ ...open, duties, orders, ladder }, event.at), event.at);
  return acceptWith(state, withReviewClocks({ ...after, actedOn: actedOn(event.at) }, event.at), event, [
    entryOf(state, after, event.name, { endReason: state.endReason }),
  ]);
}

/** Somebody has seen the patient, who is reached by that too; what was to be seen to by then is done. */
function recordVisit(state: DischargeState, event: DischargeEventNamed<'record-visit'>): DischargeVerdict {
  const { visitedAt, mode } = event.input;
  const visitedOn = localDateOf(visitedAt);
  const closed = seePatient(state, visitedAt);
  const reported = event.input.orders ?? [];
  const revisits = closed.orders.filter(
    ({ id, given, status, opensOn }) =>
      given.kind === 'revisit' &&
      status !== 'closed' &&
      opensOn !== null &&
      opensOn <= visitedOn &&
      !reported.some(({ orderId }) => orderId === id),
  );
  const done = revisits.map(({ id }) => ({ orderId: id, outcome: 'done' as const, evidence: { on: visitedOn } }));
  const withAll = { ...event, input: { ...event.input, orders: [...reported, ...done] } };
  return concludeChanged(state, withReports(closed, withAll, visitedAt), event, { mode, visitedOn });
}

/** What does not agree is for the gp to speak about. */
function reconcile(state: DischargeState, event: DischargeEventNamed<'reconcile'>): DischargeVerdict {
  const { medicines, discrepancies, doneAt = event.at } = event.input;
  const done = closeDuty(state, 'reconciliation', doneAt);
  const after = discrepancies > 0 ? openConversation(done, { id: event.id, order: null, reason: 'discrepancy', at: event.at }) : done;
  return conclude(state, after, event, { medicines, discrepancies });
}

function concludeChanged(
  before: DischargeState,
  changed: Changed,
  event: PersonsCommand,
  evidence: Parameters<typeof entryOf>[3],
): DischargeVerdict {
  return 'state' in changed ? conclude(before, changed.state, event, evidence) : changed.verdict;
}

export function conclude(
  before: DischargeState,
  changed: DischargeState,
  event: PersonsCommand,
  evidence: Parameters<typeof entryOf>[3],
  further: DischargeEntry[] = [],
): DischargeVerdict {
  const after = withReviewClocks(withActedOn(changed, actedOn(event.at)), event.at);
  const ended = endWhenCompleted(after, event.at);
  const entries = [entryOf(before, after, event.name, evidence), ...further, ...ended.entries];
  return acceptWith(before, ended.after, event, entries, messagesOfNewWork(before, after, event.id));
}
