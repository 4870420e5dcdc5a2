/**
 * This file decides what comes due on a follow-up: a window opens, a visit is overdue or given up, a pause has to be reviewed, a
 * measurement is asked for.
 */
import { fireRungs } from '../time/sla-clock.ts';
import { acceptWith, agreementReason, askAgainSoon, type FollowUpVerdict, findEnrolment, withEnrolment } from './changes.ts';
import { presentationOf } from './episodes.ts';
import type { FollowUpDueEvent, FollowUpEntry } from './events.ts';
import { visitParameters } from './invitations.ts';
import { messageToPatient, messageToRoles } from './messages.ts';
import { monitoringIntervalDays, withPlan } from './plan.ts';
import { callOverdueSearch, messageOfSearch, withSearch } from './search.ts';
import type { FollowUpState, Search, VisitPlan } from './state.ts';
import { reviewRisk } from './tiers.ts';

export function decideDue(state: FollowUpState, event: FollowUpDueEvent): FollowUpVerdict {
  switch (event.name) {
    case 'window-open':
      return openWindow(state, event, state.plan as VisitPlan);
    case 'overdue':
      return callOverdueVisit(state, event, state.plan as VisitPlan);
    case 'expired':
      return giveUpVisit(state, event, state.plan as VisitPlan);
    case 'pause-review':
      return askForPauseReview(state, event);
    case 'episode-overdue':
      return callOverdueEpisode(state, event);
    case 'search-overdue':
      return callOverdueSearch(state, event);
    case 'risk-review':
      return reviewRisk(state, event);
    case 'monitoring':
      return askToMeasure(state, event);
    case 'over':
      return acceptWith(state, { ...state, over: true }, event, []);
  }
}

const planReason = (state: FollowUpState, clause: string, { n, opensOn, dueOn, enrolmentIds }: VisitPlan) =>
  agreementReason(state, clause, { visit: n, opensOn, dueOn, enrolmentIds: enrolmentIds.join(' ') });

/** The time for the visit has come: the centre gets a task, and the person is asked to come. */
function openWindow(state: FollowUpState, event: FollowUpDueEvent, plan: VisitPlan): FollowUpVerdict {
  const after: FollowUpState = { ...state, plan: { ...plan, stage: 'open' } };
  const template = plan.mode === 'home' ? 'follow-up-open-at-home' : 'follow-up-open';
  const entry: FollowUpEntry = { event: 'window-open', from: null, to: null, because: [planReason(state, 'window-open', plan)] };
  return acceptWith(
    state,
    after,
    event,
    [entry],
    [
      messageToRoles(state, event.id, template, ['nurse'], visitParameters(state, plan)),
      messageToPatient(state, `${event.id}:patient`, template, visitParameters(state, plan)),
    ],
  );
}

function callOverdueVisit(state: FollowUpState, event: FollowUpDueEvent, plan: VisitPlan): FollowUpVerdict {
  const after: FollowUpState = { ...state, plan: { ...plan, stage: 'overdue' } };
  const entry: FollowUpEntry = { event: 'overdue', from: null, to: null, because: [planReason(state, 'overdue', plan)] };
  return acceptWith(
    state,
    after,
    event,
    [entry],
    [messageToRoles(state, event.id, 'follow-up-overdue', ['nurse', 'gp'], visitParameters(state, plan))],
  );
}

/** Nobody came to the visit: it is asked for anew, or the person is looked for after so many in a row. The centre is told of either. */
function giveUpVisit(state: FollowUpState, event: FollowUpDueEvent, plan: VisitPlan): FollowUpVerdict {
  const asked = plan.enrolmentIds.reduce((now, id) => {
    const missed = (findEnrolment(now, id)?.missed ?? 0) + 1;
    return withEnrolment(now, id, { missed, ...askAgainSoon(state, event.at, 'missed window') });
  }, state);
  const missedWindows = Math.max(...asked.enrolments.filter(({ id }) => plan.enrolmentIds.includes(id)).map(({ missed }) => missed));
  const isMissing = missedWindows >= state.configuration.lostAfterMissedWindows;
  const after = isMissing ? withSearch(asked, event.at, 'missed-windows') : withPlan(asked);
  const expired: FollowUpEntry = { event: 'expired', from: null, to: null, because: [planReason(state, 'expired', plan)] };
  if (!isMissing) return acceptWith(state, after, event, [expired], [messageToRoles(state, event.id, 'follow-up-expired', ['gp', 'head'])]);
  const because = [agreementReason(state, 'search', { missedWindows, step: (after.search as Search).stage })];
  const begun: FollowUpEntry = { event: 'search-begun', from: null, to: null, because };
  return acceptWith(state, after, event, [expired, begun], messageOfSearch(after));
}

function callOverdueEpisode(state: FollowUpState, event: FollowUpDueEvent): FollowUpVerdict {
  const episodeId = event.id.slice('episode-'.length, -':100'.length);
  const episodes = state.episodes.map((episode) =>
    episode.id === episodeId ? { ...episode, clock: fireRungs(episode.clock, [100], event.at) } : episode,
  );
  const entry: FollowUpEntry = {
    event: 'rung-100',
    from: null,
    to: null,
    because: [agreementReason(state, 'reading-episode', { episodeId })],
  };
  const { template } = presentationOf(state.episodes.find(({ id }) => id === episodeId));
  const message = messageToRoles(state, event.id, template, ['gp', 'head'], { episodeId });
  return acceptWith(state, { ...state, episodes }, event, [entry], [message]);
}

/** Somebody has to say whether a long pause goes on. */
function askForPauseReview(state: FollowUpState, event: FollowUpDueEvent): FollowUpVerdict {
  const paused = state.enrolments.find(({ id, pause }) => pause && event.id === `pause-${id}-${pause.at}`);
  if (!paused?.pause) throw new Error('No such pause.');
  const after = withEnrolment(state, paused.id, { pause: { ...paused.pause, asked: true } });
  const evidence = { enrolmentId: paused.id, reason: paused.pause.reason, pausedAt: new Date(paused.pause.at).toISOString() };
  const entry: FollowUpEntry = {
    event: 'pause-review',
    from: 'paused',
    to: 'paused',
    because: [agreementReason(state, 'pause-review', evidence)],
  };
  return acceptWith(state, after, event, [entry], [messageToRoles(state, event.id, 'follow-up-pause-review', ['gp'])]);
}

/** Asks a person with remote monitoring to measure at home between visits. */
function askToMeasure(state: FollowUpState, event: FollowUpDueEvent): FollowUpVerdict {
  const monitored = state.enrolments.filter((one) => monitoringIntervalDays(state, one) !== null);
  const after = monitored.reduce((now, { id }) => withEnrolment(now, id, { monitoredAt: event.at }), state);
  const because = [agreementReason(state, 'monitoring', { enrolmentIds: monitored.map(({ id }) => id).join(' ') })];
  const message = messageToPatient(state, event.id, 'follow-up-measure');
  return acceptWith(state, after, event, [{ event: 'monitoring', from: null, to: null, because }], [message]);
}
