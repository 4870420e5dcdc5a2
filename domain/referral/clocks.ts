/** Each state has a clock, from which follows what comes due. The source is the table "Clocks" of the alliance's referral rules. */
import type { BudgetsSeconds, Direction, Urgency } from '../alliance/configuration.ts';
import type { Obligation, Reason } from '../kit/pathway.ts';
import { instantOf, nextRung, startClock } from '../time/sla-clock.ts';
import type { ReferralDueName } from './events.ts';
import type { Appointment, ReferralClock, ReferralPolicy, ReferralState } from './state.ts';
import type { ReferralStatus, Side } from './transitions.ts';

const SECOND = 1_000;

interface ClockRule {
  side: Side;
  /** The name of the clock, and of its budget in the configuration. */
  name: string;
  budgetMs: number;
  /** The instant at which the clock starts, where that is not at once. */
  startsAt?: number;
}

const buildClockRule = (side: Side, name: string, budgets: BudgetsSeconds, urgency: Urgency): ClockRule => ({
  side,
  name,
  budgetMs: budgets[urgency] * SECOND,
});

interface EnteredState {
  direction: Direction;
  urgency: Urgency;
  policy: ReferralPolicy;
  appointment: Appointment | null;
  at: number;
  from: ReferralStatus | null;
}

/** Returns the clock that a state starts when it is entered. With 'runs-on' the running clock stays, and with null nobody has to act. */
export function clockRuleOf(
  status: ReferralStatus,
  { direction, urgency, policy, appointment, at, from }: EnteredState,
): ClockRule | 'runs-on' | null {
  const budgets = policy.budgetsSeconds;
  switch (status) {
    case 'draft':
      return buildClockRule('initiator', 'draft', budgets.draft, urgency);
    case 'received':
      return buildClockRule('recipient', 'received', budgets.received, urgency);
    case 'accepted':
      // The first follow-up of a down referral has a clock of its own, which no appointment resets.
      if (direction === 'down') return null;
      if (from === 'completed') return buildClockRule('recipient', 'accepted', budgets.reopened, urgency);
      if (urgency !== 'routine') return { side: 'recipient', name: 'accepted', budgetMs: budgets.accepted[urgency] * SECOND };
      return 'runs-on';
    case 'in-progress/5.1.1':
      // Nobody has to do anything before the visit is over, so nobody is called before that.
      return {
        ...buildClockRule('recipient', 'appointment', budgets.afterAppointment, urgency),
        startsAt: Math.max(appointment?.endsAt ?? at, at),
      };
    case 'in-progress/5.1.2':
      return buildClockRule('recipient', 'no-show', budgets.noShow, urgency);
    case 'in-progress/5.1.3':
      return buildClockRule('recipient', 'appointment-cancelled', budgets.appointmentCancelled, urgency);
    case 'in-progress/5.1.4':
      return buildClockRule('recipient', 'interim-note', budgets.afterInterimNote, urgency);
    case 'in-progress/5.2':
      return buildClockRule('recipient', 'cancellation-requested', budgets.received, urgency);
    case 'completed':
    case 'rejected':
      return buildClockRule('initiator', 'review', budgets.review, urgency);
    case 'cancelled':
      return null;
  }
}

export function startReferralClock(
  state: Pick<ReferralState, 'clockCount' | 'emergency' | 'policy'>,
  { name, side, budgetMs, startsAt }: ClockRule,
  at: number,
): { clock: ReferralClock; clockCount: number } {
  const clockCount = state.clockCount + 1;
  // An emergency calls the head of department and the alliance office at once, not only when time has passed.
  const rungPercents = state.emergency && name === 'received' ? [0, ...state.policy.rungPercents] : state.policy.rungPercents;
  return { clock: { ...startClock({ id: `c${clockCount}`, name, budgetMs, at: startsAt ?? at, rungPercents }), side }, clockCount };
}

/** Returns the budget of a clock as a reason, so that every deadline can be explained. */
export function budgetReason(policy: ReferralPolicy, clock: ReferralClock): Reason {
  return {
    rule: `alliance-configuration/${policy.version}`,
    clause: `referral/${clock.name}`,
    evidence: { clock: clock.id, budgetSeconds: clock.budgetMs / SECOND, startedAt: new Date(clock.startedAt).toISOString() },
  };
}

/** The clock of the present state stands first, because whoever has to act on that one is shown first everywhere. */
export const clockFields = ['clock', 'informationClock', 'followUpClock', 'checkClock', 'consentClock'] as const;
export type ClockField = (typeof clockFields)[number];

export const runningClocks = (state: ReferralState): ReferralClock[] =>
  clockFields.map((field) => state[field]).filter((clock): clock is ReferralClock => clock !== null);

/** The head and the office are called again and again for as long as nobody answers an emergency. */
const hasRepeatedCalls = (state: ReferralState): boolean => state.emergency && state.status === 'received';

export function obligationsOf(state: ReferralState): Obligation<ReferralDueName>[] {
  if (state.status === null || state.over) return [];
  const due: Obligation<ReferralDueName>[] = [];
  for (const clock of runningClocks(state)) {
    const rung = nextRung(clock);
    if (rung) due.push({ id: `${clock.id}:${rung.percent}`, name: 'rung', at: rung.at });
  }
  if (state.clock && !nextRung(state.clock) && hasRepeatedCalls(state)) {
    const at = instantOf(state.clock, 100 + state.policy.emergencyRepeatPercent * (state.repeatedCalls + 1));
    if (at !== undefined) due.push({ id: `${state.clock.id}:repeat-${state.repeatedCalls + 1}`, name: 'call-repeat', at });
  }
  if (owesCheck(state) && state.sentAt !== null && state.checkAskedAt === null)
    due.push({ id: 'check-due', name: 'check-due', at: state.sentAt + state.policy.checkAfterSeconds * SECOND });
  const end = overAtOf(state);
  if (end !== undefined) due.push({ id: `over-${state.endedAt}`, name: 'over', at: end });
  return due;
}

/** The active check is owed however the referral ended, unless it was never sent or the patient has died. */
const owesCheck = ({ sentAt, deceasedAt }: Pick<ReferralState, 'sentAt' | 'deceasedAt'>): boolean => sentAt !== null && deceasedAt === null;

/**
 * Returns the instant from which nothing more can happen, because the referral is closed, its active check is answered and the time for
 * reopening is past; undefined while something is open.
 */
function overAtOf(state: ReferralState): number | undefined {
  if (state.closedAt === null || state.endedAt === null) return undefined;
  if (owesCheck(state) && state.checkAnsweredAt === null) return undefined;
  // After the patient's death nobody may reopen it, so there is no window to wait for.
  const window = state.deceasedAt === null ? state.policy.reopenWithinSeconds * SECOND : 0;
  return Math.max(state.closedAt, state.checkAnsweredAt ?? 0, state.deceasedAt ?? 0, state.endedAt + window);
}
