/** What is owed after a discharge: which duty is open from when until when, and whose it is. */
import type { Reason } from '../kit/pathway.ts';
import { type LocalDate, localDateOf } from '../time/local-date.ts';
import { startClock } from '../time/sla-clock.ts';
import { actedOn, computeDuties, type DatedDuty, datedDuties as datedDutyNames, planBudgetMs } from './duties.ts';
import { isWritten } from './plan-input.ts';
import { type DischargeState, type Duty, isAwaited, isClosed, type Owner } from './state.ts';
import { findTemplate } from './templates.ts';

const HOUR_MS = 3_600_000;
/** The owner, their head, the alliance office. */
export const rungPercents = [50, 80, 100];

export const planClockId = (discharge: number): string => `plan-${discharge}`;

/** The day of the discharge; undefined while there is none. */
export function dischargedOnOf({ standing }: DischargeState): LocalDate | undefined {
  return standing?.dischargedAt === null || standing?.dischargedAt === undefined ? undefined : localDateOf(standing.dischargedAt);
}

/** Returns the state with the duties that follow from the discharge, all of them anew. */
export function withDuties(state: DischargeState, at: number): DischargeState {
  const dischargedAt = state.standing?.dischargedAt ?? at;
  const plan = planDuty(state, dischargedAt, at);
  const dated = datedDuties(state, at).map((duty) => openIfDue(state, duty, at));
  const clock = startClock({
    id: planClockId(state.discharges),
    name: 'record-plan',
    budgetMs: planBudgetMs(state.rules),
    at: dischargedAt,
    rungPercents,
  });
  const isOwed = plan.state === 'open';
  return {
    ...state,
    duties: [plan, ...dated],
    clocks: isOwed ? [...state.clocks, { clock, owner: plan.owner, task: 'record-plan' }] : state.clocks,
    ladder: { rung: 1, dueOn: dated.find(({ duty }) => duty === 'contact')?.dueOn ?? null, lostOn: null },
  };
}

function planDuty({ plan, rules }: DischargeState, dischargedAt: number, at: number): Duty {
  const owner: Owner = { side: 'hospital', role: 'nurse' };
  const dueAt = dischargedAt + planBudgetMs(rules);
  const because = [reasonOf('plan', { dischargedAt: new Date(dischargedAt).toISOString(), withinHours: planBudgetMs(rules) / HOUR_MS })];
  const base = { duty: 'plan' as const, opensOn: null, dueOn: null, dueAt, owner, because, called: 0, late: false };
  return plan && isWritten(plan)
    ? { ...base, state: 'done', doneAt: plan.recordedAt }
    : { ...base, state: at > dueAt ? 'overdue' : 'open', doneAt: null };
}

const datedDuties = (state: DischargeState, at: number): Duty[] =>
  datedDutyNames.map((duty) => ({
    duty,
    state: 'waiting',
    late: false,
    ...windowOf(state, duty, at),
    dueAt: null,
    doneAt: null,
    called: 0,
  }));

type DutyDates = Pick<Duty, 'opensOn' | 'dueOn' | 'owner' | 'because'>;

/** The window of a duty, its owner and why. Whose wards work on a day off owes what is due then. */
function windowOf(state: DischargeState, duty: DatedDuty, at: number): DutyDates {
  const { calendar, risk, rules, templates, plan } = state;
  const dischargedOn = dischargedOnOf(state) ?? localDateOf(at);
  const template = findTemplate(templates, plan?.template);
  const window = computeDuties({ rules, templates, calendar, dischargedOn, today: localDateOf(at), risk: risk.level, template })[duty];
  const { opensOn, dueOn, owner, isHospitals, unconfirmed } = window;
  const evidence = { dischargedOn, risk: risk.level, dueOn, isHospitals, unconfirmed };
  return { opensOn, dueOn, owner, because: window.because.map((reason) => ({ ...reason, evidence: { ...reason.evidence, ...evidence } })) };
}

export const reasonOf = (clause: string, evidence: Reason['evidence']): Reason => ({ rule: 'discharge-rules', clause, evidence });

/** Dates of open duties anew, after the risk, the calendar or the date of the discharge has changed. What is open stays open. */
export const withDatesAnew = (state: DischargeState, at: number): DischargeState => {
  const duties = state.duties.map((duty) =>
    duty.duty === 'plan' || isClosed(duty) ? duty : openIfDue(state, { ...duty, ...windowOf(state, duty.duty, at) }, at),
  );
  const contact = duties.find(({ duty }) => duty === 'contact');
  const ladder = state.ladder.rung === 1 && contact ? { ...state.ladder, dueOn: contact.dueOn } : state.ladder;
  return { ...state, duties, ladder };
};

/** Dates act at nine; a window that is open by then is open at once, unless the patient is expected in another hospital. */
const openIfDue = (state: DischargeState, duty: Duty, at: number): Duty =>
  !isAwaited(state) && duty.state === 'waiting' && duty.opensOn !== null && duty.opensOn <= actedOn(at) ? { ...duty, state: 'open' } : duty;
