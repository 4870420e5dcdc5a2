/** What comes by itself: a window opens, a visit is late, a window is given up, a pause wants a word. */
import type { Entry, MessageIntent, PathwayEvent } from '../kit/pathway.ts';
import { startOf } from '../time/local-date.ts';
import { fireRungs } from '../time/sla-clock.ts';
import { againSoon, agreement, changedEnrolment, decided, endEnrolment, enrolmentOf, type FollowUpVerdict, tell } from './changes.ts';
import { shownAs } from './episodes.ts';
import { monitoredEveryDays, replanned } from './plan.ts';
import type { FollowUpState, VisitPlan } from './state.ts';
import { riskReview } from './tiers.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export function due(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  switch (event.name) {
    case 'window-open':
      return windowOpen(state, event, state.plan as VisitPlan);
    case 'overdue':
      return overdue(state, event, state.plan as VisitPlan);
    case 'expired':
      return expired(state, event, state.plan as VisitPlan);
    case 'pause-review':
      return pauseReview(state, event);
    case 'episode-overdue': {
      const id = event.id.slice('episode-'.length, -':100'.length);
      const episodes = state.episodes.map((episode) =>
        episode.id === id ? { ...episode, clock: fireRungs(episode.clock, [100], event.at) } : episode,
      );
      const entry: Entry = { event: 'rung-100', from: null, to: null, because: [agreement(state, 'reading-episode', { episodeId: id })] };
      return decided(
        state,
        { ...state, episodes },
        event,
        [entry],
        [tell(state, event.id, shownAs(state.episodes.find((episode) => episode.id === id)).template, ['gp', 'head'], { episodeId: id })],
      );
    }
    case 'risk-review':
      return riskReview(state, event);
    case 'monitoring':
      return monitoring(state, event);
    case 'over':
      return decided(state, { ...state, over: true }, event, []);
    default:
      throw new Error(`Nothing is due by the name ${event.name}.`);
  }
}

const planReason = (state: FollowUpState, clause: string, { n, opensOn, dueOn, enrolmentIds }: VisitPlan) =>
  agreement(state, clause, { visit: n, opensOn, dueOn, enrolmentIds: enrolmentIds.join(' ') });

const about = ({ n, dueOn }: VisitPlan) => ({ visit: n, dueAt: startOf(dueOn) + DAY_MS - MINUTE_MS });

function windowOpen(state: FollowUpState, event: PathwayEvent, plan: VisitPlan): FollowUpVerdict {
  const after: FollowUpState = { ...state, plan: { ...plan, stage: 'open' } };
  const template = plan.mode === 'home' ? 'follow-up-open-at-home' : 'follow-up-open';
  const entry: Entry = { event: 'window-open', from: null, to: null, because: [planReason(state, 'window-open', plan)] };
  return decided(
    state,
    after,
    event,
    [entry],
    [
      tell(state, event.id, template, ['nurse'], about(plan)),
      {
        step: `${event.id}:patient`,
        template,
        recipients: [{ to: 'patient', patientId: state.patientId }],
        parameters: about(plan),
      },
    ],
  );
}

function overdue(state: FollowUpState, event: PathwayEvent, plan: VisitPlan): FollowUpVerdict {
  const after: FollowUpState = { ...state, plan: { ...plan, stage: 'overdue' } };
  const entry: Entry = { event: 'overdue', from: null, to: null, because: [planReason(state, 'overdue', plan)] };
  return decided(state, after, event, [entry], [tell(state, event.id, 'follow-up-overdue', ['nurse', 'gp'], about(plan))]);
}

/** Given up: asked for anew, or, after so many in a row, lost to follow-up; said, never silent. */
function expired(state: FollowUpState, event: PathwayEvent, plan: VisitPlan): FollowUpVerdict {
  let after = state;
  const entries: Entry[] = [{ event: 'expired', from: null, to: null, because: [planReason(state, 'expired', plan)] }];
  for (const id of plan.enrolmentIds) {
    const missed = (enrolmentOf(after, id)?.missed ?? 0) + 1;
    if (missed >= state.configuration.lostAfterMissedWindows) {
      after = endEnrolment(after, id, 'lost', event.at);
      const because = [agreement(state, 'lost', { enrolmentId: id, missedWindows: missed })];
      entries.push({ event: 'lost', from: 'active', to: 'ended', because });
    } else after = changedEnrolment(after, id, { missed, ...againSoon(state, event.at, 'missed window') });
  }
  const template = entries.length > 1 ? 'follow-up-lost' : 'follow-up-expired';
  return decided(state, replanned(after), event, entries, [tell(state, event.id, template, ['gp', 'head'])]);
}

function pauseReview(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  const paused = state.enrolments.find(({ id, pause }) => pause && event.id === `pause-${id}-${pause.at}`);
  if (!paused?.pause) throw new Error('No such pause.');
  const after = changedEnrolment(state, paused.id, { pause: { ...paused.pause, asked: true } });
  const evidence = { enrolmentId: paused.id, reason: paused.pause.reason, pausedAt: new Date(paused.pause.at).toISOString() };
  const entry: Entry = { event: 'pause-review', from: 'paused', to: 'paused', because: [agreement(state, 'pause-review', evidence)] };
  return decided(state, after, event, [entry], [tell(state, event.id, 'follow-up-pause-review', ['gp'])]);
}

/** With remote monitoring the person is asked to measure at home, between visits. */
function monitoring(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  const asked = state.enrolments.filter((one) => monitoredEveryDays(state, one) !== null);
  const after = asked.reduce((now, { id }) => changedEnrolment(now, id, { monitoredAt: event.at }), state);
  const because = [agreement(state, 'monitoring', { enrolmentIds: asked.map(({ id }) => id).join(' ') })];
  const recipients: MessageIntent['recipients'] = [{ to: 'patient', patientId: state.patientId }];
  const message: MessageIntent = { step: event.id, template: 'follow-up-measure', recipients, parameters: {} };
  return decided(state, after, event, [{ event: 'monitoring', from: null, to: null, because }], [message]);
}
