/** Completing the task of a message that people carry: what came of a call, of a letter, or of a question. */
import { findInstitution } from '../../db/directory/directory.ts';
import type { RecordedBy } from '../../db/directory/fact-audit.ts';
import { tellEpisodesOfMessageCall } from '../../db/discharge/tell-contacts.ts';
import type { Database } from '../../db/kit/database.ts';
import type { TaskMessage, TaskRow } from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { loadMessageConfiguration } from '../../db/messages/configuration.ts';
import { CALL_CONTACT, findUsefulUntil, REACH_RESIDENT, REACH_STAFF, taskOfChannel } from '../../db/messages/open-task.ts';
import { type Report, reportCall, reportConfirmation, reportLetter, reportReach } from '../../db/messages/tasks.ts';
import {
  type CallOutcome,
  type ConfirmOutcome,
  callOutcomes,
  confirmOutcomes,
  type LetterOutcome,
  letterOutcomes,
  type ReachOutcome,
  reachOutcomes,
} from '../../domain/messages/channels.ts';
import { isQuiet } from '../../domain/messages/quiet-hours.ts';
import { invalidRequestProblem } from '../kit/problem.ts';

export const messageTaskOutcomes = [...callOutcomes, ...letterOutcomes, ...reachOutcomes, ...confirmOutcomes] as const;

/** The report on a call or a letter as the owner of the task sends it. */
export interface MessageTaskReport {
  note?: string | undefined;
  result?: string | undefined;
  outcome?: (typeof messageTaskOutcomes)[number] | undefined;
  /** with call-later: when */
  callAt?: string | undefined;
  /** with a confirmed move: where the resident lives now */
  homeInstitutionId?: string | undefined;
}

/** The report of one kind of task, with an outcome that this kind has. */
export type CheckedReport =
  | { kind: 'call'; outcome: CallOutcome; callAt: Date | null }
  | { kind: 'letter'; outcome: LetterOutcome }
  | { kind: 'reach'; outcome: ReachOutcome }
  | { kind: 'confirmation'; outcome: ConfirmOutcome; homeInstitutionId?: string | undefined };

/** Throws Problem 422. */
export async function checkMessageReport(
  db: Database,
  task: Pick<TaskRow, 'name' | 'emergency'>,
  message: TaskMessage,
  report: MessageTaskReport,
): Promise<CheckedReport> {
  const checked = outcomeIn(task.name, report);
  if (report.result !== undefined) throw invalidRequestProblem('result', { zh: '请改用 outcome 和 note', en: 'use outcome and note' });
  if ((checked.kind === 'confirmation' || checked.kind === 'reach') && report.note === undefined)
    throw invalidRequestProblem('note', { zh: '须说明如何核实', en: 'say how you found out' });
  if ((checked.outcome === 'call-later') !== (report.callAt !== undefined))
    throw invalidRequestProblem('callAt', { zh: 'call-later 须有此项，其他结果不得有', en: 'belongs to call-later, and to nothing else' });
  if (report.homeInstitutionId !== undefined) await checkNewHome(db, task, checked, report.homeInstitutionId);
  if (checked.kind === 'call' && checked.callAt) await checkCallAt(db, task, message, checked.callAt);
  return checked;
}

function outcomeIn(taskName: string, { outcome, callAt, homeInstitutionId }: MessageTaskReport): CheckedReport {
  switch (taskName) {
    case taskOfChannel.phone:
    case CALL_CONTACT:
      return { kind: 'call', outcome: oneOf(callOutcomes, outcome), callAt: callAt === undefined ? null : new Date(callAt) };
    case taskOfChannel.paper:
      return { kind: 'letter', outcome: oneOf(letterOutcomes, outcome) };
    case REACH_RESIDENT:
    case REACH_STAFF:
      return { kind: 'reach', outcome: oneOf(reachOutcomes, outcome) };
    default:
      return { kind: 'confirmation', outcome: oneOf(confirmOutcomes, outcome), homeInstitutionId };
  }
}

/** Throws Problem 422. */
function oneOf<Outcome extends string>(outcomes: readonly Outcome[], given: string | undefined): Outcome {
  const outcome = outcomes.find((each) => each === given);
  if (outcome === undefined)
    throw invalidRequestProblem('outcome', { zh: `须为以下之一：${outcomes.join('、')}`, en: `one of ${outcomes.join(', ')}` });
  return outcome;
}

const LATEST_CALL_MS = 30 * 86_400_000;

/** Throws Problem 422. */
async function checkCallAt(db: Database, { emergency }: Pick<TaskRow, 'emergency'>, { id }: TaskMessage, callAt: Date): Promise<void> {
  const ahead = callAt.getTime() - Date.now();
  if (ahead <= 0 || ahead > LATEST_CALL_MS)
    throw invalidRequestProblem('callAt', { zh: '须在今后 30 天内', en: 'lies within the next 30 days' });
  const { quietHours } = await loadMessageConfiguration(db);
  if (!emergency && isQuiet(callAt.getTime(), quietHours))
    throw invalidRequestProblem('callAt', { zh: '在免打扰时段内', en: 'lies in quiet hours' });
  const until = await findUsefulUntil(db, id);
  if (until && callAt >= until)
    throw invalidRequestProblem('callAt', { zh: '届时通知已无意义（就诊时间已到）', en: 'is too late: the appointment begins before' });
}

/** Throws Problem 422 for an institution that is given where it means nothing, or that is none of the alliance's centres and hospitals. */
async function checkNewHome(
  db: Database,
  task: Pick<TaskRow, 'name'>,
  { kind, outcome }: CheckedReport,
  homeInstitutionId: string,
): Promise<void> {
  if (kind !== 'confirmation' || outcome !== 'confirmed' || task.name !== 'confirm-move')
    throw invalidRequestProblem('homeInstitutionId', { zh: '只有核实迁居时有此项', en: 'belongs to a confirmed move only' });
  const institution = await findInstitution(db, homeInstitutionId);
  if (!institution || institution.kind === 'sterile-supply-department')
    throw invalidRequestProblem('homeInstitutionId', {
      zh: '联盟内没有这家医院或社康中心',
      en: 'no such hospital or centre in the alliance',
    });
}

/** The message's attempt ends with the report. False when the task was closed before. */
export async function writeMessageReport(
  trx: Trx,
  common: Omit<Report<never>, 'outcome'> & { by: RecordedBy },
  report: CheckedReport,
): Promise<boolean> {
  switch (report.kind) {
    case 'call': {
      if (!(await reportCall(trx, { ...common, outcome: report.outcome, callAt: report.callAt, at: new Date() }))) return false;
      const { messageId, by } = common;
      await tellEpisodesOfMessageCall(trx, { messageId, outcome: report.outcome, institutionId: by.actor.institutionId });
      return true;
    }
    case 'letter':
      return reportLetter(trx, { ...common, outcome: report.outcome });
    case 'reach':
      return reportReach(trx, { ...common, outcome: report.outcome });
    case 'confirmation':
      return reportConfirmation(trx, { ...common, outcome: report.outcome, homeInstitutionId: report.homeInstitutionId });
  }
}
