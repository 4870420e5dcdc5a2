/** What stands open while a person is looked for: the task of the step that it has come to, and the calls about it. */
import type { Obligation, PathwayTask } from '../kit/pathway.ts';
import type { FollowUpState, SearchStage } from './state.ts';
import type { SearchTaskName } from './task-names.ts';

export const searchTaskOf: Readonly<Record<SearchStage, SearchTaskName>> = {
  'home-visit': 'find-at-home',
  community: 'ask-community',
  decision: 'confirm-lost',
};

/** Somebody is called when the time of a step is over, and again each time it has passed once more: a search is never left lying. */
export function searchObligation({ search }: FollowUpState): Obligation<'search-overdue'>[] {
  if (!search) return [];
  const { id, startedAt, budgetMs } = search.clock;
  const times = search.calls + 1;
  return [{ id: `${id}:${100 * times}`, name: 'search-overdue', at: startedAt + budgetMs * times }];
}

export const isSearchTask = (name: string): boolean => Object.values<string>(searchTaskOf).includes(name);

export function searchTask({ search, centreId, enrolments }: FollowUpState): PathwayTask<SearchTaskName>[] {
  if (!search) return [];
  const { stage, why, learned, since, clock } = search;
  return [
    {
      id: clock.id,
      name: searchTaskOf[stage],
      role: stage === 'decision' ? 'gp' : 'nurse',
      institutionId: centreId,
      departmentId: null,
      urgency: 'routine',
      emergency: false,
      clock,
      about: {
        why,
        learned,
        since: new Date(since).toISOString(),
        enrolmentIds: enrolments.filter(({ status }) => status === 'active').map(({ id }) => id),
      },
    },
  ];
}
