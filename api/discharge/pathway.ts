/** The episode as the generic routes know it. */
import { isNotedTask } from '../../domain/discharge/changes.ts';
import type { EpisodeCommandName } from '../../domain/discharge/events.ts';
import type { DischargeTaskName, NotedTaskName } from '../../domain/discharge/task-names.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { refuseCompletion } from '../kit/task-completion.ts';
import { completeCallBack } from './call-back.ts';
import { dischargeFigures } from './indicators.ts';
import { completeByNote } from './noted-tasks.ts';
import { renderEpisode } from './resource.ts';
import { dischargeOperations } from './routes.ts';

const reporting: readonly EpisodeCommandName[] = ['report-orders'];

/** Each other task is completed by one of these commands, because it must be said what was done. */
const completedBy: Readonly<Record<string, readonly EpisodeCommandName[]>> = {
  briefing: ['brief'],
  'tell-results': ['tell-results'],
  educate: ['educate'],
  'record-plan': ['record-plan'],
  contact: ['record-contact'],
  'second-phone': ['record-contact'],
  'home-visit': ['record-contact', 'record-visit'],
  'ask-community': ['record-contact'],
  'send-letter': ['record-contact'],
  'closing-contact': ['record-contact'],
  'review-order': ['change-order'],
  conversation: ['answer-conversation'],
  triage: ['triage'],
  'order-medicine': reporting,
  'order-revisit': ['record-visit', ...reporting, 'change-order'],
  'order-retest': reporting,
  'order-pending-result': ['report-result', 'tell-result'],
  'order-wound': reporting,
  'order-rehabilitation': reporting,
  'order-education': reporting,
  'order-device': reporting,
  'order-vaccination': reporting,
  'order-other': reporting,
  'post-discharge-visit': ['record-visit'],
  reconcile: ['reconcile'],
  'call-back': [],
} satisfies Record<Exclude<DischargeTaskName, NotedTaskName>, readonly EpisodeCommandName[]>;

/** Whoever does these tells what was done. */
const isToldInWords = (name: string): boolean => name === 'call-back' || isNotedTask(name);

export const dischargeApi: PathwayApi = {
  operations: dischargeOperations,
  render: renderEpisode,
  completeTask: async (request) => {
    if (request.resource.name === 'call-back') return completeCallBack(request);
    return isNotedTask(request.resource.name)
      ? completeByNote(request)
      : refuseCompletion(request, completedBy[request.resource.name] ?? []);
  },
  describeTasks: async (_, tasks) =>
    new Map(tasks.map(({ id, name }) => [id, { allowed: completedBy[name] ?? [], isCompletable: isToldInWords(name) }])),
  findLetterSubject: async () => undefined,
  indicators: dischargeFigures,
};
