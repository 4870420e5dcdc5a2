/** What has to be shown for an order to be done. */
import type { LocalDate } from '../time/local-date.ts';
import { takenFrom } from './medicines.ts';
import type { Evidence, OrderState } from './order.ts';
import { type OrderGround, withCourse } from './order-dates.ts';

export interface ReportProblem {
  code: 'invalid' | 'forbidden' | 'order-closed';
  /** The member of the report. */
  path: string;
  problem: 'missing' | 'too-early' | 'in-the-future' | 'too-late' | 'not-by-report' | 'not-done' | 'unknown' | 'role';
}

const missing = (path: string): ReportProblem => ({ code: 'invalid', path: `evidence.${path}`, problem: 'missing' });

/** Returns why the evidence does not show that the order was done; undefined when it does. */
export function findEvidenceProblem(ground: OrderGround, order: OrderState, evidence: Evidence | undefined): ReportProblem | undefined {
  const { kind } = order.given;
  // A result is done when it has come and was told, which are two reports of their own.
  if (kind === 'pending-result') return { code: 'invalid', path: 'outcome', problem: 'not-by-report' };
  if (!evidence) return { code: 'invalid', path: 'evidence', problem: 'missing' };
  if (evidence.on > ground.today) return { code: 'invalid', path: 'evidence.on', problem: 'in-the-future' };
  switch (kind) {
    case 'medicine':
      return findMedicineProblem(ground, order, evidence);
    case 'revisit':
      return order.opensOn !== null && evidence.on < order.opensOn ? tooEarly('evidence.on') : undefined;
    case 'retest':
      return evidence.value ? undefined : missing('value');
    case 'wound':
      return evidence.woundState ? undefined : missing('woundState');
    case 'rehabilitation':
      return undefined;
    case 'education':
      if (!evidence.topics) return missing('topics');
      if (!evidence.understood) return missing('understood');
      return evidence.understood === 'yes' ? undefined : { code: 'invalid', path: 'evidence.understood', problem: 'not-done' };
    case 'device':
      if (evidence.inUse === undefined) return missing('inUse');
      return evidence.inUse ? undefined : { code: 'invalid', path: 'evidence.inUse', problem: 'not-done' };
    case 'vaccination':
      return evidence.vaccine ? undefined : missing('vaccine');
    case 'other':
      return evidence.text ? undefined : missing('text');
  }
}

const tooEarly = (path: string): ReportProblem => ({ code: 'invalid', path, problem: 'too-early' });

/** It was handed out again, where more of it is asked for; at its end the patient has taken it. */
function findMedicineProblem(ground: OrderGround, order: OrderState, evidence: Evidence): ReportProblem | undefined {
  const given = order.given.medicine && withCourse(ground, order.given, order.given.medicine);
  if (evidence.taken) {
    const from: LocalDate | undefined = given && takenFrom(ground.rules, ground.dischargedOn, given, order.medicine);
    return from !== undefined && evidence.on < from ? tooEarly('evidence.taken') : undefined;
  }
  // Of one whose supply nobody could compute it is worth knowing that it was handed out.
  return order.medicine && (order.medicine.asNeeded || order.medicine.supply) && !order.medicine.isRefill ? missing('taken') : undefined;
}
