/** Tasks of a load that are completed by what their owner writes: a decision on a recall, the review of a pack. All others are done by acting on the load. */
import { findPathway } from '../../db/kit/pathways.ts';
import { timerId } from '../../domain/sterile-supply/timers.ts';
import { initialSteriliserLoadState, type LoadTimer, loadTimers, type SteriliserLoadState } from '../../domain/steriliser-load/state.ts';
import type { AnsweredCommand, Asking, CommandSteps } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { type CompleteTaskRequest, completeByCommand, refuseCompletion, type TaskReport } from '../kit/task-completion.ts';
import { loadReply } from './resource.ts';

/** What does the work of each task. */
const completedBy: Record<LoadTimer, readonly string[]> = {
  'end-overdue': ['end', 'abort'],
  'unload-overdue': ['unload'],
  'review-overdue': ['release', 'reject'],
  'incubate-overdue': ['incubate'],
  'read-overdue': ['read'],
  'recall-decision': [],
};

export async function completeLoadTask(request: CompleteTaskRequest): Promise<Reply> {
  const { id, name, pathwayId } = request.resource;
  const reviewedPack = id.startsWith(`${pathwayId}.${timerId('review-overdue', '')}`)
    ? id.slice(`${pathwayId}.review-overdue-`.length)
    : undefined;
  if (name === 'recall-decision') return completeByCommand(request, decideSteps, await commandOn(request));
  if (reviewedPack) return completeByCommand(request, reviewSteps(reviewedPack), await commandOn(request));
  const known = loadTimers.find((timer) => timer === name);
  return refuseCompletion(request, known ? completedBy[known] : []);
}

interface Inquiry {
  pathwayId: string;
  version: number;
}

async function commandOn({ deps, body, resource }: CompleteTaskRequest): Promise<{ body: TaskReport; resource: Inquiry }> {
  const pathway = await findPathway(deps.db, resource.pathwayId);
  if (!pathway) throw new Problem('not-found');
  return { body, resource: { pathwayId: pathway.id, version: pathway.version } };
}

/** The answer to a command on a load: the load, of which the pathway may be a question. */
export async function renderLoad({ deps, caller }: Asking, { pathwayId }: AnsweredCommand): Promise<Reply> {
  const pathway = await findPathway(deps.db, pathwayId);
  const { loadId } = { ...initialSteriliserLoadState, ...(pathway?.state as Partial<SteriliserLoadState> | null) };
  return loadReply(deps.db, loadId || pathwayId, caller);
}

const decideSteps: CommandSteps<TaskReport, Inquiry, { recall: boolean }> = {
  async check({ body: { result } }) {
    if (result !== 'recall' && result !== 'no-recall')
      throw invalidRequestProblem('result', { zh: '须为 recall 或 no-recall', en: 'recall or no-recall' });
    return { recall: result === 'recall' };
  },
  command: ({ body: { note }, resource: { pathwayId, version } }, input) => ({
    kind: 'steriliser-load',
    pathwayId,
    name: 'decide-recall',
    input,
    texts: note === undefined ? {} : { note },
    seen: version,
  }),
  render: renderLoad,
};

const reviewSteps = (packId: string): CommandSteps<TaskReport, Inquiry, string> => ({
  async check({ body: { note } }) {
    if (note === undefined) throw invalidRequestProblem('note', { zh: '须填写复核情况', en: 'say what was found' });
    return note;
  },
  command: ({ resource: { pathwayId, version } }, note) => ({
    kind: 'steriliser-load',
    pathwayId,
    name: 'review-pack',
    input: { packId },
    texts: { note },
    seen: version,
  }),
  render: renderLoad,
});
