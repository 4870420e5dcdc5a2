/** What somebody has to know of a follow-up to do one of its tasks. */
import { z } from '@hono/zod-openapi';
import { listTaskGrounds, type TaskGround } from '../../db/follow-up/task-grounds.ts';
import type { Database } from '../../db/kit/database.ts';
import type { TaskRow } from '../../db/kit/tasks.ts';
import { isSearchTask } from '../../domain/follow-up/search-tasks.ts';
import { completedBy } from '../../domain/follow-up/tasks.ts';
import type { Caller } from '../kit/auth.ts';
import type { TaskDetails } from '../kit/pathway-api.ts';
import { mayCommand } from './resource.ts';

export async function describeFollowUpTasks(
  db: Database,
  tasks: readonly TaskRow[],
  caller: Caller,
): Promise<ReadonlyMap<string, TaskDetails>> {
  const grounds = await listTaskGrounds(db, [...new Set(tasks.map(({ pathwayId }) => pathwayId))]);
  return new Map(
    tasks.map((task) => [
      task.id,
      {
        ...subjectOf(task, grounds.get(task.pathwayId)),
        allowed: allowedFor(task, caller),
        isReschedulable: isVisitTask(task),
        ...(isSearchTask(task.name) ? { isCompletable: true } : {}),
      },
    ]),
  );
}

/** The commands that do the task, those of the caller's posts at the centre that it is of. */
const allowedFor = ({ name, institutionId, message }: TaskRow, caller: Caller): string[] =>
  message !== null || institutionId !== caller.institutionId
    ? []
    : (completedBy[name] ?? []).flatMap((command) => (mayCommand(command, caller.roles) ? [command] : []));

/** The enrolments of the person whom a search task is about. */
export const enrolmentsInSearch = ({ about }: Pick<TaskRow, 'about'>): string[] => z.array(z.string()).catch([]).parse(about?.enrolmentIds);

/** The task of a visit, of a pause and of an episode names what it is of: `visit-3`, `pause-<enrolment>`, `episode-<episode>`. */
function subjectOf({ id, pathwayId, about }: TaskRow, ground: TaskGround | undefined): Pick<TaskDetails, 'subject' | 'about'> {
  const [kind, ...rest] = id.slice(pathwayId.length + 1).split('-');
  const ofTask = rest.join('-');
  switch (kind) {
    case 'visit': {
      if (!ground?.plan) return {};
      const { enrolmentIds, opensOn, dueOn, mode } = ground.plan;
      const [first] = enrolmentIds;
      return {
        ...(first === undefined ? {} : { subject: { type: 'enrolment', id: first } }),
        about: { enrolmentIds, opensOn, dueOn, mode },
      };
    }
    case 'pause':
      return { subject: { type: 'enrolment', id: ofTask }, about: { enrolmentIds: [ofTask] } };
    case 'episode': {
      const episode = ground?.episodes.find((one) => one.id === ofTask);
      return { subject: { type: 'episode', id: ofTask }, about: episode ? { rule: episode.rule } : {} };
    }
    case 'search': {
      const [first] = enrolmentsInSearch({ about });
      return first === undefined ? {} : { subject: { type: 'enrolment', id: first } };
    }
    default:
      return {};
  }
}

/** Says whether the task is that of a visit, which has its number in the task's id: `visit-3`. */
const isVisitTask = ({ message, id, pathwayId }: TaskRow): boolean => message === null && visitNumberOf({ id, pathwayId }) !== undefined;

export function visitNumberOf({ id, pathwayId }: Pick<TaskRow, 'id' | 'pathwayId'>): number | undefined {
  const number = /^visit-(\d+)$/.exec(id.slice(pathwayId.length + 1))?.[1];
  return number === undefined ? undefined : Number(number);
}
