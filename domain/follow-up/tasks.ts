/** The tasks of a follow-up in the centre's worklist: the visit whose window is open, a pause to review, a search, an episode. */
import type { Role } from '../alliance/roles.ts';
import type { PathwayTask } from '../kit/pathway.ts';
import { DAY_MS } from '../time/shanghai.ts';
import { startClock } from '../time/sla-clock.ts';
import type { EnrolmentCommandName } from './allowed-commands.ts';
import { presentationOf } from './episodes.ts';
import { opensAt, visitTaskDueAt } from './plan.ts';
import { searchTask } from './search-tasks.ts';
import type { FollowUpState } from './state.ts';
import type { FollowUpTaskName } from './task-names.ts';

export function tasksOf(state: FollowUpState): PathwayTask<FollowUpTaskName>[] {
  if (state.endedAt !== null) return [];
  const { plan, configuration, centreId: institutionId } = state;
  const place = { institutionId, departmentId: null, emergency: false };
  const tasks: PathwayTask<FollowUpTaskName>[] = [];
  if (plan && plan.stage !== 'planned') {
    const at = opensAt(plan, configuration);
    const name = plan.mode === 'home' ? 'follow-up-home-visit' : 'follow-up-visit';
    const clock = startClock({ id: `visit-${plan.n}`, name, budgetMs: visitTaskDueAt(plan) - at, at, rungPercents: [100] });
    tasks.push({ id: `visit-${plan.n}`, name, role: 'nurse', ...place, urgency: 'routine', clock });
  }
  for (const { id, pause } of state.enrolments) {
    if (!pause?.asked) continue;
    const at = pause.at + configuration.pauseReviewAfterDays * DAY_MS;
    const budgetMs = configuration.reviewWithinSeconds * 1_000;
    const clock = startClock({ id: `pause-${id}`, name: 'pause-review', budgetMs, at, rungPercents: [100] });
    tasks.push({ id: `pause-${id}`, name: 'pause-review', role: 'gp', ...place, urgency: 'routine', clock });
  }
  tasks.push(...searchTask(state));
  for (const episode of state.episodes) {
    const { name, urgency } = presentationOf(episode);
    tasks.push({ id: `episode-${episode.id}`, name, role: episode.role, ...place, urgency, clock: episode.clock });
  }
  return tasks;
}

/** A doctor makes a visit and looks for somebody as well as a nurse does; the head says as well as a doctor that somebody is lost. */
export const sharedTasks: Readonly<Partial<Record<FollowUpTaskName, readonly Role[]>>> = {
  'follow-up-visit': ['gp'],
  'follow-up-home-visit': ['gp'],
  'find-at-home': ['gp'],
  'ask-community': ['gp'],
  'confirm-lost': ['head'],
};

/** Each task is completed by one of these commands, because it must be said what was done. */
export const completedBy: Readonly<Record<string, readonly EnrolmentCommandName[]>> = {
  'follow-up-visit': ['record-visit'],
  'follow-up-home-visit': ['record-visit'],
  'pause-review': ['resume', 'withdraw'],
  'find-at-home': ['report-search', 'record-visit'],
  'ask-community': ['report-search', 'record-visit'],
  'confirm-lost': ['report-search', 'record-visit'],
  'reading-episode': ['close-episode'],
  'see-resident': ['record-visit', 'close-episode'],
  'specialist-consultation': ['close-episode'],
} satisfies Record<FollowUpTaskName, readonly EnrolmentCommandName[]>;
