/** A Task as another system wants it, as the trigger that leads there. */
import type { Task } from '@medplum/fhirtypes';
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import { businessStatusOf, type ReferralStatus, type ReferralTrigger } from '../../domain/referral/transitions.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { businessStatuses, systems } from './codes.ts';
import { conceptText } from './concepts.ts';
import { inUtc } from './instants.ts';
import type { Concept, TaskBody } from './schemas.ts';

export interface WantedStep {
  trigger: ReferralTrigger;
  body: Record<string, unknown>;
  taken: TakenFromTask;
}

/** The parts of the Task that the step has its body from. */
export interface TakenFromTask {
  statusReason?: true;
  executionPeriod?: true;
  /** Places in the lists of the Task. */
  notes?: readonly number[];
  outputs?: readonly number[];
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

/** `shown`: the Task as the sender has read it. Throws Problem 422 when the Task wants nothing, or what no trigger leads to. */
export function wantedStep(wanted: TaskBody, { state }: Pick<ReferralRecord, 'state'>, shown: Task): WantedStep {
  const present = businessStatusOf(state.status as ReferralStatus);
  const code = wantedCode(wanted);
  switch (code) {
    case '2.0':
      return buildStep(code, present, 'send-referral-package', NOTHING);
    case '3.0':
      return buildStep(code, present, 'send-acceptance', NOTHING);
    case '4.0':
      return buildStep(code, present, 'send-decline', reason(wanted));
    case '5.1.1':
      return appointment(wanted, state, present);
    case '5.1.2':
      return buildStep(code, present, 'report-no-show', NOTHING);
    case '5.1.3':
      return buildStep(code, present, 'cancel-appointment', reason(wanted));
    case '5.1.4':
      return { trigger: 'send-interim-note', ...result(wanted, shown, { kind: 'interim-note', member: 'note' }) };
    case '5.2':
      return buildStep(code, present, 'request-cancellation', reason(wanted));
    case '6.0':
      return present === '5.2' ? { trigger: 'confirm-cancellation', ...NOTHING } : buildStep(code, present, 'withdraw', reason(wanted));
    default:
      return buildStep(code, present, 'send-outcome', result(wanted, shown, { kind: 'outcome', member: 'outcome' }));
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

type Taken = Omit<WantedStep, 'trigger'>;
const NOTHING: Taken = { body: {}, taken: {} };

function buildStep(code: string, present: string | null, trigger: ReferralTrigger, taken: Taken): WantedStep {
  if (code === present) throw invalidRequestProblem('Task.businessStatus', { zh: '没有变化', en: 'nothing changes' });
  return { trigger, ...taken };
}

function reason({ statusReason }: TaskBody): Taken {
  const text = statusReason && conceptText(statusReason);
  return text ? { body: { reason: text }, taken: { statusReason: true } } : NOTHING;
}

/** All new texts of that kind; a system that knows no kinds writes it as the latest note. What the Task had already is sent along and is not said again. */
function result({ output = [], note = [] }: TaskBody, shown: Task, { kind, member }: { kind: string; member: string }): Taken {
  const isOfKind = ({ type }: { type?: Concept | undefined }) =>
    type?.coding?.some(({ system, code }) => system === systems.output && code === kind) === true;
  const told = (shown.output ?? []).filter((each) => isOfKind(each as { type?: Concept })).map(({ valueString }) => valueString);
  const ofKind = output.flatMap((each, n) => (isOfKind(each) && each.valueString !== undefined ? [{ n, text: each.valueString }] : []));
  const fresh = ofKind.filter(({ text }) => {
    const at = told.indexOf(text);
    if (at >= 0) told.splice(at, 1);
    return at < 0;
  });
  if (fresh.length > 0)
    return { body: { [member]: fresh.map(({ text }) => text).join('\n') }, taken: { outputs: fresh.map(({ n }) => n) } };
  const lastNote = note.at(-1);
  if (lastNote) return { body: { [member]: lastNote.text }, taken: { notes: [note.length - 1] } };
  const repeated = ofKind.at(-1);
  return repeated ? { body: { [member]: repeated.text }, taken: { outputs: [repeated.n] } } : NOTHING;
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
    taken: { executionPeriod: true },
  };
}
