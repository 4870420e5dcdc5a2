/** A Task as another system wants it, as the trigger that leads there. */
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import { businessStatusOf, type ReferralStatus, type ReferralTrigger } from '../../domain/referral/transitions.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { businessStatuses, systems } from './codes.ts';
import { inUtc } from './instants.ts';
import type { Concept, TaskBody } from './schemas.ts';

export interface WantedStep {
  trigger: ReferralTrigger;
  body: Record<string, unknown>;
}

/** Paths of the API's bodies, and the elements they come from. */
export const taskElements: Record<string, string> = {
  reason: 'Task.statusReason',
  note: 'Task.output',
  outcome: 'Task.output',
  startsAt: 'Task.executionPeriod.start',
  endsAt: 'Task.executionPeriod.end',
  patientId: 'Task.for',
};

/** Task.status that goes with each business status. */
const STATUS: Record<string, string> = {
  '2.0': 'received',
  '3.0': 'accepted',
  '4.0': 'rejected',
  '5.1.1': 'in-progress',
  '5.1.2': 'in-progress',
  '5.1.3': 'in-progress',
  '5.1.4': 'in-progress',
  '5.2': 'in-progress',
  '6.0': 'cancelled',
  '7.0': 'completed',
};

/** Throws Problem 422 when the Task wants nothing, or what no trigger leads to. */
export function wantedStep(wanted: TaskBody, { state }: ReferralRecord): WantedStep {
  const present = businessStatusOf(state.status as ReferralStatus);
  const code = wantedCode(wanted);
  switch (code) {
    case '2.0':
      return buildStep(code, present, 'send-referral-package', {});
    case '3.0':
      return buildStep(code, present, 'send-acceptance', {});
    case '4.0':
      return buildStep(code, present, 'send-decline', reason(wanted));
    case '5.1.1':
      return appointment(wanted, state, present);
    case '5.1.2':
      return buildStep(code, present, 'report-no-show', {});
    case '5.1.3':
      return buildStep(code, present, 'cancel-appointment', reason(wanted));
    case '5.1.4':
      return { trigger: 'send-interim-note', body: result(wanted, 'interim-note', 'note') };
    case '5.2':
      return buildStep(code, present, 'request-cancellation', reason(wanted));
    case '6.0':
      return present === '5.2' ? { trigger: 'confirm-cancellation', body: {} } : buildStep(code, present, 'withdraw', reason(wanted));
    default:
      return buildStep(code, present, 'send-outcome', result(wanted, 'outcome', 'outcome'));
  }
}

/** From businessStatus, else from a status that can mean one thing only. */
function wantedCode({ businessStatus, status }: TaskBody): string {
  const code = businessStatus?.coding?.find(({ system }) => system === systems.businessStatus)?.code;
  if (code !== undefined) {
    if (!Object.hasOwn(businessStatuses, code))
      throw invalidRequestProblem('Task.businessStatus', { zh: '未知的业务状态', en: 'an unknown business status' });
    if (STATUS[code] !== status)
      throw invalidRequestProblem('Task.status', {
        zh: `业务状态 ${code} 对应 ${STATUS[code]}`,
        en: `the business status ${code} goes with ${STATUS[code]}`,
      });
    return code;
  }
  const meant = Object.entries(STATUS).filter(([, each]) => each === status);
  if (meant.length !== 1) throw invalidRequestProblem('Task.businessStatus', { zh: '缺少业务状态', en: 'a business status is needed' });
  return meant[0]?.[0] as string;
}

function buildStep(code: string, present: string | null, trigger: ReferralTrigger, body: Record<string, unknown>): WantedStep {
  if (code === present) throw invalidRequestProblem('Task.businessStatus', { zh: '没有变化', en: 'nothing changes' });
  return { trigger, body };
}

const reason = ({ statusReason }: TaskBody): Record<string, unknown> => {
  const text = textOf(statusReason);
  return text ? { reason: text } : {};
};

const textOf = (concept: Concept | undefined): string | undefined =>
  concept?.text ?? concept?.coding?.find(({ display }) => display)?.display;

/** The latest text of that kind; a system that knows no kinds writes it as the latest note. */
function result({ output, note }: TaskBody, kind: string, member: string): Record<string, unknown> {
  const ofKind = output?.findLast(({ type }) => type.coding?.some(({ system, code }) => system === systems.output && code === kind));
  const text = ofKind?.valueString ?? note?.at(-1)?.text;
  return text === undefined ? {} : { [member]: text };
}

function appointment({ executionPeriod }: TaskBody, state: ReferralRecord['state'], present: string | null): WantedStep {
  const { start, end } = executionPeriod ?? {};
  const same =
    state.appointment && start && end && Date.parse(start) === state.appointment.startsAt && Date.parse(end) === state.appointment.endsAt;
  if (present === '5.1.1' && same) throw invalidRequestProblem('Task.executionPeriod', { zh: '没有变化', en: 'nothing changes' });
  return {
    // After a no-show an appointment is moved, after its cancellation a new one is made.
    trigger: present === '5.1.1' || present === '5.1.2' ? 'reschedule-visit' : 'schedule-visit',
    body: { ...(start === undefined ? {} : { startsAt: inUtc(start) }), ...(end === undefined ? {} : { endsAt: inUtc(end) }) },
  };
}
