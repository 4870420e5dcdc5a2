/** This file decides the commands of people on an episode: the plan, contacts, visits and the reconciliation of medicines. */
import { localDateOf } from '../time/local-date.ts';
import { allowedCommands, sideOf, sidesOf } from './allowed-commands.ts';
import { acceptWith, type DischargeEntry, type DischargeVerdict, endWhenCompleted, entryOf, refuse } from './changes.ts';
import type { CreateEpisode, DischargeCommandEvent, DischargeEventNamed } from './events.ts';
import { discharge, evidenceOf, tellCentre } from './facts.ts';
import { climb, isCounted, rungOfChannel } from './ladder.ts';
import { planClockId } from './owed-duties.ts';
import { type ContactAttempt, type DischargeState, type Duty, findDuty, isClosed, withDuty } from './state.ts';

export function decideCommand(state: DischargeState, event: DischargeCommandEvent): DischargeVerdict {
  if (event.name === 'create') return create(state, event);
  const refusal = refusalOf(state, event);
  if (refusal) return refusal;
  switch (event.name) {
    case 'record-plan':
      return recordPlan(state, event);
    case 'record-contact':
      return recordContact(state, event);
    case 'record-visit':
      return recordVisit(state, event);
    case 'reconcile':
      return reconcile(state, event);
  }
}

type PersonsCommand = Exclude<DischargeCommandEvent, { name: 'create' }>;

function refusalOf(state: DischargeState, { name, actor, input }: PersonsCommand): DischargeVerdict | undefined {
  if (input.patientId !== undefined && input.patientId !== state.patientId) return refuse('patient-mismatch');
  if (state.over) return refuse(state.endReason === 'died' ? 'patient-died' : 'pathway-ended');
  if (state.endReason === 'died') return refuse('patient-died', { state: state.status });
  const side = sideOf(state, actor.institutionId);
  if (name === 'record-plan' && state.status === 'discharged' && state.plan) return refuse('plan-active', { state: state.status });
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
  return standing?.status === 'discharged' ? discharge(opened, at) : opened;
}

function recordPlan(state: DischargeState, event: DischargeEventNamed<'record-plan'>): DischargeVerdict {
  const { patientId: _, doneAt = event.at, ...plan } = event.input;
  const recorded: DischargeState = {
    ...state,
    plan: { ...plan, recordedAt: doneAt },
    clocks: state.clocks.filter(({ clock }) => clock.id !== planClockId(state.discharges)),
  };
  const after = closeDuty(recorded, 'plan', doneAt);
  const missing = Object.entries(plan.information).flatMap(([part, isGiven]) => (isGiven ? [] : [part]));
  const evidence = { template: plan.template, missing: missing.join(' ') };
  return conclude(state, after, event, evidence);
}

/** A sign of life closes the contact, late or not. */
function recordContact(state: DischargeState, event: DischargeEventNamed<'record-contact'>): DischargeVerdict {
  const { channel, outcome, contact = null, doneAt = event.at } = event.input;
  const attempt = { at: doneAt, rung: rungOfChannel[channel], channel, outcome, contact, discharge: state.discharges };
  const earlier = state.attempts.filter(({ discharge: of }) => of === state.discharges);
  const counted = isCounted(state.rules, earlier, attempt);
  const noted: DischargeState = { ...state, attempts: [...state.attempts, { ...attempt, counted }] };
  const isReached = outcome === 'reached' || outcome === 'refused';
  const after = isReached ? closeContact(noted, doneAt) : tryNext(noted, attempt, event);
  return conclude(state, after, event, { channel, outcome, counted, rung: attempt.rung });
}

/** The closing contact, once its window is open, else the first one. */
function closeContact(state: DischargeState, doneAt: number): DischargeState {
  const closing = findDuty(state, 'closing-contact');
  const isClosing = closing && !isClosed(closing) && closing.state !== 'waiting';
  const after = closeDuty(state, 'contact', doneAt);
  return isClosing ? closeDuty(after, 'closing-contact', doneAt) : after;
}

function tryNext(
  state: DischargeState,
  attempt: Omit<ContactAttempt, 'counted'>,
  { at, input }: DischargeEventNamed<'record-contact'>,
): DischargeState {
  const contact = findDuty(state, 'contact');
  if (!contact || isClosed(contact)) return tryClosing(state, attempt.at, input.familyContacts);
  const climbed = climb(state, at, input.familyContacts);
  // Whoever is asked next is called about their own step.
  return climbed.ladder === state.ladder ? climbed : withDuty(climbed, 'contact', { called: 0 });
}

/** The closing contact knows the first two ways only; after these it has not been possible. */
function tryClosing(state: DischargeState, at: number, familyContacts: number): DischargeState {
  const closing = findDuty(state, 'closing-contact');
  if (!closing || isClosed(closing) || closing.opensOn === null) return state;
  const { opensOn } = closing;
  const since = state.attempts.filter((one) => localDateOf(one.at) >= opensOn);
  const tried = climb({ ...state, attempts: since, ladder: { rung: 1, dueOn: null, lostOn: null } }, at, familyContacts);
  return (tried.ladder.rung ?? 1) > 2 ? withDuty(state, 'closing-contact', { state: 'not-reached' }) : state;
}

/** Somebody has seen the patient, who is reached by that too. */
function recordVisit(state: DischargeState, event: DischargeEventNamed<'record-visit'>): DischargeVerdict {
  const { visitedAt, mode } = event.input;
  const visit = findDuty(state, 'visit');
  const isInWindow = visit?.opensOn !== null && visit !== undefined && localDateOf(visitedAt) >= visit.opensOn;
  const seen = closeDuty(state, 'contact', visitedAt);
  const after = isInWindow ? closeDuty(seen, 'visit', visitedAt) : seen;
  return conclude(state, after, event, { mode, visitedOn: localDateOf(visitedAt) });
}

function reconcile(state: DischargeState, event: DischargeEventNamed<'reconcile'>): DischargeVerdict {
  const { medicines, discrepancies, doneAt = event.at } = event.input;
  return conclude(state, closeDuty(state, 'reconciliation', doneAt), event, { medicines, discrepancies });
}

function closeDuty(state: DischargeState, name: Duty['duty'], doneAt: number): DischargeState {
  const duty = findDuty(state, name);
  if (!duty || isClosed(duty)) return state;
  const late = duty.dueAt === null ? duty.dueOn !== null && localDateOf(doneAt) > duty.dueOn : doneAt > duty.dueAt;
  const closed = withDuty(state, name, { state: 'done', doneAt, late });
  return name === 'contact' ? { ...closed, ladder: { rung: null, dueOn: null, lostOn: null } } : closed;
}

function conclude(
  before: DischargeState,
  after: DischargeState,
  event: PersonsCommand,
  evidence: Parameters<typeof entryOf>[3],
): DischargeVerdict {
  const ended = endWhenCompleted(after, event.at);
  return acceptWith(before, ended.after, event, [entryOf(before, after, event.name, evidence), ...ended.entries]);
}
