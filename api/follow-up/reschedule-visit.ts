/** The task of a visit is moved to another day of its window by a command of the follow-up. */
import { type EnrolmentRecord, findFollowUpOfResident } from '../../db/follow-up/enrolments.ts';
import { followUp } from '../../domain/follow-up/decider.ts';
import type { FollowUpEventNamed } from '../../domain/follow-up/events.ts';
import { describeError, type ErrorCode } from '../../domain/kit/errors.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { type CommandSteps, runCommand } from '../kit/commands.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Problem, type ProblemBody } from '../kit/problem.ts';
import type { Rescheduled, RescheduleTaskRequest } from '../kit/task-rescheduling.ts';
import { visitNumberOf } from './task-details.ts';

type AgreeDate = FollowUpEventNamed<'agree-visit-date'>['input'];
interface Checked {
  record: EnrolmentRecord;
  input: AgreeDate;
}

const refusedWith = (code: ErrorCode): Rescheduled => ({ status: describeError(code).status, code });

const steps: CommandSteps<RescheduleTaskRequest['body'], RescheduleTaskRequest['resource'], Checked> = {
  check,
  command: ({ body }, { record, input }) => ({
    kind: 'follow-up',
    pathwayId: record.pathwayId,
    name: 'agree-visit-date',
    input,
    texts: { note: body.reason },
    seen: record.version,
  }),
  render: async () => ({ status: 200, body: {} }),
};

/** Throws Problem 409. */
async function check({ deps, body, resource: task }: RescheduleTaskRequest): Promise<Checked> {
  const record = task.patientId === null ? undefined : await findFollowUpOfResident(deps.db, task.patientId);
  const visit = visitNumberOf(task);
  const [enrolmentId] = record?.state.plan?.enrolmentIds ?? [];
  if (record?.pathwayId !== task.pathwayId || visit === undefined || enrolmentId === undefined) throw new Problem('not-reschedulable');
  return { record, input: { enrolmentId, visit, agreedOn: localDateOf(body.dueAt.getTime()) } };
}

export async function rescheduleVisit(request: RescheduleTaskRequest): Promise<Rescheduled> {
  try {
    if (request.body.dryRun) return await judge(request);
    const { status, body } = await runCommand(steps, request);
    return status < 400 ? { status } : { status, code: (body as ProblemBody).code };
  } catch (error) {
    if (error instanceof Problem) return refusedWith(error.code);
    throw error;
  }
}

/** As the pathway would decide it now. */
async function judge(request: RescheduleTaskRequest): Promise<Rescheduled> {
  const { record, input } = await check(request);
  const at = pathwayNow(record);
  const verdict = followUp.decide(record.state, {
    kind: 'command',
    name: 'agree-visit-date',
    id: 'dry-run',
    at,
    actor: request.actor,
    input,
  });
  return verdict.ok ? { status: 200 } : refusedWith(verdict.refusal.code);
}
