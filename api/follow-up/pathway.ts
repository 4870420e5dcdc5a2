/** Follow-up as the generic routes know it. */
import { findLetterPatient } from '../../db/follow-up/enrolments.ts';
import { completedBy } from '../../domain/follow-up/tasks.ts';
import type { AnsweredCommand } from '../kit/commands.ts';
import type { PathwayApi } from '../kit/pathway-api.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { refuseCompletion } from '../kit/task-completion.ts';
import { calendarOperations } from './calendars.ts';
import { enrolmentHistoryOperations } from './history.ts';
import { followUpIndicators } from './indicators.ts';
import { patientVisitOperations, renderPatientVisit } from './patient-visits.ts';
import { protocolOperations } from './protocols.ts';
import { renderEnrolment } from './resource.ts';
import { enrolmentOperations } from './routes.ts';
import { sheetOperations } from './sheet.ts';
import { describeFollowUpTasks } from './task-details.ts';
import { versionMoveOperations } from './version-moves.ts';
import { visitFormOperations } from './visit-form-routes.ts';
import { visitOperations } from './visits.ts';

/** A visit over all enrolments names the further parts, even where there is none. */
const isVisitOfPerson = ({ name, input }: AnsweredCommand): boolean =>
  name === 'record-visit' && typeof input === 'object' && input !== null && 'furtherParts' in input;

export const followUpApi: PathwayApi = {
  operations: [
    ...enrolmentOperations,
    ...visitOperations,
    ...patientVisitOperations,
    ...sheetOperations,
    ...enrolmentHistoryOperations,
    ...visitFormOperations,
    ...protocolOperations,
    ...versionMoveOperations,
    ...calendarOperations,
  ],
  render: (request, answered) => (isVisitOfPerson(answered) ? renderPatientVisit : renderEnrolment)(request, answered),
  // A task of follow-up is completed by the command that says what was done, never by ticking it off.
  completeTask: async (request) => refuseCompletion(request, completedBy[request.resource.name] ?? []),
  describeTasks: describeFollowUpTasks,
  indicators: followUpIndicators,
  async findLetterSubject(db, pathwayId) {
    const patient = await findLetterPatient(db, pathwayId);
    return patient && { pathwayId, subtitle: '随访', patient, blocks: [], printedAt: pathwayNow(patient) };
  },
};
