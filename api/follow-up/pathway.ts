/** Follow-up as the generic routes know it. */
import { findEnrolment, findLetterPatient } from '../../db/follow-up/enrolments.ts';
import { searchOutcomes } from '../../domain/follow-up/search-outcomes.ts';
import { isSearchTask } from '../../domain/follow-up/search-tasks.ts';
import { completedBy } from '../../domain/follow-up/tasks.ts';
import type { AnsweredCommand } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { type CompleteTaskRequest, completeByCommand, refuseCompletion } from '../kit/task-completion.ts';
import { calendarOperations } from './calendars.ts';
import { commandSteps } from './commands.ts';
import { enrolmentHistoryOperations } from './history.ts';
import { followUpIndicators } from './indicators.ts';
import { lessonOperations } from './lessons.ts';
import { patientVisitOperations, renderPatientVisit } from './patient-visits.ts';
import { protocolOperations } from './protocols.ts';
import { rescheduleVisit } from './reschedule-visit.ts';
import { renderEnrolment } from './resource.ts';
import { enrolmentOperations } from './routes.ts';
import { sheetOperations } from './sheet.ts';
import { describeFollowUpTasks, enrolmentsInSearch } from './task-details.ts';
import { versionMoveOperations } from './version-moves.ts';
import { visitFormOperations } from './visit-form-routes.ts';
import { visitOperations } from './visits.ts';
import { renderMarkedVisit, visitInErrorOperations } from './visits-in-error.ts';

/** A visit over all enrolments names the further parts, even where there is none. */
const isVisitOfPerson = ({ name, input }: AnsweredCommand): boolean =>
  name === 'record-visit' && typeof input === 'object' && input !== null && 'furtherParts' in input;

/** What has come of looking for the resident completes the task. Throws Problem 422 without an outcome and how it was found out. */
async function completeSearch(request: CompleteTaskRequest): Promise<Reply> {
  const { body, resource: task, deps } = request;
  const outcome = searchOutcomes.find((one) => one === body.outcome);
  const of = searchOutcomes.join(', ');
  if (outcome === undefined) throw invalidRequestProblem('outcome', { zh: `须为以下之一：${of}`, en: `one of ${of}` });
  if (body.note === undefined)
    throw invalidRequestProblem('note', { zh: '须说明如何寻找、何人告知', en: 'say how you looked, and who said so' });
  const [enrolmentId] = enrolmentsInSearch(task);
  const resource = enrolmentId === undefined ? undefined : await findEnrolment(deps.db, enrolmentId);
  if (!resource) throw new Problem('not-found');
  const step = task.id.slice(task.pathwayId.length + 1);
  return completeByCommand(request, commandSteps('report-search'), { body: { outcome, note: body.note, step }, resource });
}

function chooseRendering(answered: AnsweredCommand): PathwayApi['render'] {
  if (answered.name === 'mark-visit-in-error') return renderMarkedVisit;
  return isVisitOfPerson(answered) ? renderPatientVisit : renderEnrolment;
}

export const followUpApi: PathwayApi = {
  operations: [
    ...enrolmentOperations,
    ...visitOperations,
    ...patientVisitOperations,
    ...visitInErrorOperations,
    ...sheetOperations,
    ...lessonOperations,
    ...enrolmentHistoryOperations,
    ...visitFormOperations,
    ...protocolOperations,
    ...versionMoveOperations,
    ...calendarOperations,
  ],
  render: (request, answered) => chooseRendering(answered)(request, answered),
  taskReport: { outcomes: searchOutcomes, actions: [], roles: [] },
  // A task of follow-up is completed by the command that says what was done, never by ticking it off.
  completeTask: async (request) =>
    isSearchTask(request.resource.name) ? completeSearch(request) : refuseCompletion(request, completedBy[request.resource.name] ?? []),
  rescheduleTask: rescheduleVisit,
  describeTasks: describeFollowUpTasks,
  indicators: followUpIndicators,
  async findLetterSubject(db, pathwayId) {
    const patient = await findLetterPatient(db, pathwayId);
    return patient && { pathwayId, subtitle: '随访', patient, blocks: [], printedAt: pathwayNow(patient) };
  },
};
