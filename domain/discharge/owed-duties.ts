/** What is owed after a discharge: which duty is open from when until when, and whose it is. */
import type { Reason } from '../kit/pathway.ts';
import { addDays, earlierOf, type LocalDate, localDateOf } from '../time/local-date.ts';
import { instantOf, startClock } from '../time/sla-clock.ts';
import type { DutyName, RiskLevel } from './codes.ts';
import { type RuledDate, ruleDate, workingDaysAfter } from './duty-dates.ts';
import { type DischargeState, type Duty, isClosed, type Owner } from './state.ts';

const HOUR_MS = 3_600_000;
const rungPercents = [50, 80, 100];

const visitWithinDays: Readonly<Record<RiskLevel, number>> = { high: 7, medium: 14, low: 30 };

export const planClockId = (discharge: number): string => `plan-${discharge}`;

/** The day of the discharge; undefined while there is none. */
export function dischargedOnOf({ standing }: DischargeState): LocalDate | undefined {
  return standing?.dischargedAt === null || standing?.dischargedAt === undefined ? undefined : localDateOf(standing.dischargedAt);
}

/** Returns the state with the duties that follow from the discharge, all of them anew. */
export function withDuties(state: DischargeState, at: number): DischargeState {
  const dischargedAt = state.standing?.dischargedAt ?? at;
  const plan = planDuty(state, dischargedAt, at);
  const dated = datedDuties(state, at).map((duty) => openIfDue(duty, at));
  const clock = startClock({
    id: planClockId(state.discharges),
    name: 'record-plan',
    budgetMs: 24 * HOUR_MS,
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

function planDuty({ plan }: DischargeState, dischargedAt: number, at: number): Duty {
  const owner: Owner = { side: 'hospital', role: 'nurse' };
  const dueAt = dischargedAt + 24 * HOUR_MS;
  const because = [reasonOf('plan', { dischargedAt: new Date(dischargedAt).toISOString(), withinHours: 24 })];
  const base = { duty: 'plan' as const, opensOn: null, dueOn: null, dueAt, owner, because, called: 0, late: false };
  return plan ? { ...base, state: 'done', doneAt: plan.recordedAt } : { ...base, state: at > dueAt ? 'overdue' : 'open', doneAt: null };
}

type DatedDuty = Exclude<DutyName, 'plan'>;
const datedDutyNames: readonly DatedDuty[] = ['contact', 'visit', 'reconciliation', 'closing-contact'];

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

interface Window {
  opensOn: LocalDate;
  dueOn: LocalDate;
  owner: Owner;
  because: Reason[];
}

/** The window of a duty, its owner and why. Whose wards work on a day off owes what is due then. */
export function windowOf(state: DischargeState, duty: DatedDuty, at: number): Window {
  const { calendar, risk } = state;
  const day = dischargedOnOf(state) ?? localDateOf(at);
  const rule = (opensOn: LocalDate, dueOn: LocalDate): RuledDate =>
    ruleDate(calendar, dueOn, { dischargedOn: day, opensOn, today: localDateOf(at) });
  const evidence = { dischargedOn: day, risk: risk.level };
  const windowFrom = (opensOn: LocalDate, dueOn: LocalDate, owners: { centre: Owner; hospital: Owner }): Window => {
    const ruled = rule(opensOn, dueOn);
    return {
      opensOn,
      dueOn: ruled.dueOn,
      owner: ruled.atHospital ? owners.hospital : owners.centre,
      because: [reasonOf(duty, { ...evidence, before: dueOn, atHospital: ruled.atHospital })],
    };
  };
  const nurses = { centre: { side: 'centre', role: 'nurse' }, hospital: { side: 'hospital', role: 'nurse' } } as const;
  const pharmacist: Owner = { side: 'hospital', role: 'pharmacist' };
  switch (duty) {
    case 'contact':
      return windowFrom(day, earlierOf(workingDaysAfter(calendar, day, 2), addDays(day, risk.level === 'high' ? 3 : 5)), nurses);
    case 'visit':
      return windowFrom(addDays(day, 1), addDays(day, visitWithinDays[risk.level]), {
        centre: { side: 'centre', role: 'gp' },
        hospital: { side: 'hospital', role: 'specialist' },
      });
    case 'reconciliation':
      return windowFrom(day, addDays(day, visitWithinDays[risk.level]), { centre: pharmacist, hospital: pharmacist });
    case 'closing-contact':
      return windowFrom(addDays(day, 24), addDays(day, 30), nurses);
  }
}

export const reasonOf = (clause: string, evidence: Reason['evidence']): Reason => ({ rule: 'discharge-rules', clause, evidence });

/** Dates of open duties anew, after the risk, the calendar or the date of the discharge has changed. What is open stays open. */
export const withDatesAnew = (state: DischargeState, at: number): DischargeState => {
  const duties = state.duties.map((duty) =>
    duty.duty === 'plan' || isClosed(duty) ? duty : openIfDue({ ...duty, ...windowOf(state, duty.duty, at) }, at),
  );
  const contact = duties.find(({ duty }) => duty === 'contact');
  const ladder = state.ladder.rung === 1 && contact ? { ...state.ladder, dueOn: contact.dueOn } : state.ladder;
  return { ...state, duties, ladder };
};

/** Dates act at nine; a window that is open by then is open at once. */
export const NINE_MS = 9 * HOUR_MS;
export const openIfDue = (duty: Duty, at: number): Duty =>
  duty.state === 'waiting' && duty.opensOn !== null && duty.opensOn <= dateActing(at) ? { ...duty, state: 'open' } : duty;

/** The last date that has acted: today from nine on, before that yesterday. */
export const dateActing = (at: number): LocalDate => localDateOf(at - NINE_MS);

/** When the plan is due, for whoever reads a clock. */
export const dueAtOf = ({ clock }: { clock: Parameters<typeof instantOf>[0] }): number | null => instantOf(clock, 100) ?? null;
