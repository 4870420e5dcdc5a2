/**
 * The search for a person whom no message has reached, or who did not come for so many windows: a visit at home, then the community committee, then a
 * doctor who says that the person is lost, and why. Each step is a task with a deadline, and nobody is lost without one. While it lasts the person is
 * asked to no visit; whoever turns up goes on.
 */
import { defaultFollowUpConfiguration } from '../alliance/configuration.ts';
import type { ErrorCode } from '../kit/errors.ts';
import { fireRungs, startClock } from '../time/sla-clock.ts';
import { acceptWith, agreementReason, askAgainSoon, endEnrolment, type FollowUpVerdict, withEnrolment } from './changes.ts';
import type { FollowUpDueEvent, FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { type FollowUpMessage, messageToRoles } from './messages.ts';
import { withPlan } from './plan.ts';
import { isLostReason, type LostReason, type SearchOutcome } from './search-outcomes.ts';
import { searchTaskOf } from './search-tasks.ts';
import type { FollowUpState, Search, SearchStage } from './state.ts';

const nextStage: Readonly<Record<SearchStage, SearchStage>> = { 'home-visit': 'community', community: 'decision', decision: 'decision' };

/** Only a doctor or the head says that somebody is lost. */
const rolesThatDecide = ['gp', 'head'];

/**
 * Returns the state with a search that begins with a visit at home, or at once with the doctor where it is known what has become of the person; the same
 * state when there is one, or nobody to look for.
 */
export function withSearch(state: FollowUpState, at: number, why: Search['why'], learned: LostReason | null = null): FollowUpState {
  const active = state.enrolments.filter(({ status }) => status === 'active');
  if (state.search || active.length === 0 || state.deceasedAt !== null) return state;
  const asked = active.reduce((now, { id }) => withEnrolment(now, id, askAgainSoon(state, at, 'search')), state);
  return withPlan({ ...asked, search: { since: at, why, ...stageFrom(state, learned === null ? 'home-visit' : 'decision', at), learned } });
}

function stageFrom({ configuration }: FollowUpState, stage: SearchStage, at: number): Pick<Search, 'stage' | 'clock' | 'calls'> {
  const seconds = (configuration.searchWithinSeconds ?? defaultFollowUpConfiguration.searchWithinSeconds)[stage];
  const id = `search-${at}-${stage}`;
  return { stage, calls: 0, clock: startClock({ id, name: searchTaskOf[stage], budgetMs: seconds * 1_000, at, rungPercents: [100] }) };
}

/** Returns the state in which the person, who has turned up, is asked to come soon; the same state when nobody looked for them. `except`: who has been seen. */
export function withPersonFound(state: FollowUpState, at: number, except: readonly string[] = []): FollowUpState {
  if (!state.search) return state;
  const others = state.enrolments.filter(({ id, status }) => status === 'active' && !except.includes(id));
  const found: FollowUpState = { ...state, search: null };
  return withPlan(others.reduce((now, { id }) => withEnrolment(now, id, { missed: 0, ...askAgainSoon(now, at, 'found again') }), found));
}

/** What those who have to look for the person are told. A message about a task begins its step with the task's id. */
export const messageOfSearch = (state: FollowUpState): FollowUpMessage[] => {
  const { search } = state;
  if (!search) return [];
  const roles = search.stage === 'decision' ? ['gp'] : ['nurse'];
  return [messageToRoles(state, search.clock.id, 'follow-up-search', roles, { search: search.clock.id })];
};

export function callOverdueSearch(state: FollowUpState, event: FollowUpDueEvent): FollowUpVerdict {
  const search = state.search as Search;
  const after: FollowUpState = {
    ...state,
    search: { ...search, calls: search.calls + 1, clock: fireRungs(search.clock, [100], event.at) },
  };
  const entry: FollowUpEntry = { event: 'search-overdue', from: null, to: null, because: [searchReason(state, search, {})] };
  const message = messageToRoles(state, event.id, 'follow-up-search-overdue', ['gp', 'head'], { search: search.clock.id });
  return acceptWith(state, after, event, [entry], [message]);
}

type RefusalCode = Extract<ErrorCode, 'transition-not-allowed' | 'role-may-not'>;
const refuse = (code: RefusalCode): FollowUpVerdict => ({ ok: false, refusal: { code } });

/** Somebody says what has come of looking for the person: they go on, the next step is taken, or a doctor says that they are lost. */
export function reportSearch(state: FollowUpState, event: FollowUpEventNamed<'report-search'>): FollowUpVerdict {
  const { search } = state;
  const { outcome, step } = event.input;
  if (!search || (step !== undefined && step !== search.clock.id)) return refuse('transition-not-allowed');
  const decides = search.stage === 'decision' && isLostReason(outcome);
  if (decides && !rolesThatDecide.includes(event.actor.role)) return refuse('role-may-not');
  const said: FollowUpEntry = { event: 'report-search', from: null, to: null, because: [searchReason(state, search, { outcome })] };
  if (!isLostReason(outcome)) return acceptWith(state, withPersonFound(state, event.at), event, [said]);
  if (decides) return loseResident(state, event, outcome, said);
  // Whoever is known to have moved, to refuse or to have died is not looked for any longer.
  const stage = outcome === 'not-found' ? nextStage[search.stage] : 'decision';
  const learned = outcome === 'not-found' ? search.learned : outcome;
  const after: FollowUpState = { ...state, search: { ...search, ...stageFrom(state, stage, event.at), learned } };
  return acceptWith(state, after, event, [said], messageOfSearch(after));
}

function loseResident(
  state: FollowUpState,
  event: FollowUpEventNamed<'report-search'>,
  reason: LostReason,
  said: FollowUpEntry,
): FollowUpVerdict {
  const lost = state.enrolments.filter(({ status }) => status === 'active');
  const ended = lost.reduce((now, { id }) => withEnrolment(endEnrolment(now, id, 'lost', event.at), id, { lostReason: reason }), state);
  const entries = lost.map(
    ({ id, missed }): FollowUpEntry => ({
      event: 'lost',
      from: 'active',
      to: 'ended',
      because: [agreementReason(state, 'lost', { enrolmentId: id, reason, missedWindows: missed })],
    }),
  );
  return acceptWith(state, ended, event, [said, ...entries], [messageToRoles(state, event.id, 'follow-up-lost', ['gp', 'head'])]);
}

const searchReason = (state: FollowUpState, { stage, why }: Search, evidence: { outcome?: SearchOutcome }) =>
  agreementReason(state, 'search', { step: stage, why, ...evidence });
