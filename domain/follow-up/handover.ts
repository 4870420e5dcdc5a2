/**
 * When a centre has taken a patient back from hospital, the follow-up goes on there soon. Its visit opens only after the time for the first follow-up
 * that the referral itself asks for, so that the patient is not asked for twice at the same time.
 */
import { addDays, earlierOf, type LocalDate, localDateOf } from '../time/local-date.ts';
import { acceptWith, askAgainSoon, type FollowUpVerdict, isAskedFor, recalculateNext, withCentre, withEnrolment } from './changes.ts';
import type { NextVisit } from './evaluation.ts';
import type { DownReferralAccepted, FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { messageToRoles } from './messages.ts';
import { dueDate } from './next-visit.ts';
import { withPlan } from './plan.ts';
import type { Enrolment, FollowUpState } from './state.ts';

export function continueAfterHospital(state: FollowUpState, event: FollowUpEventNamed<'down-referral-accepted'>): FollowUpVerdict {
  const { input } = event;
  const { occurredAt, referralId, institutionId } = input;
  const isOpen = state.endedAt === null;
  const planned = isOpen ? withManagementPlan(state, event) : state;
  const awaited: FollowUpState = isOpen ? { ...planned, search: null } : planned;
  const atCentre = isOpen && institutionId !== state.centreId ? withCentre(awaited, institutionId) : awaited;
  const continued = state.enrolments.filter((enrolment) => isOpen && isContinued(state, enrolment));
  const resumed = continued.filter(({ status }) => status === 'paused');
  const requests = continued.map((enrolment) => ({ enrolment, ...requestAfterHospital(atCentre, enrolment, event.at, input) }));
  const after = withPlan(
    requests.reduce(
      (now, { enrolment, next, because }) =>
        withEnrolment(now, enrolment.id, {
          ...(enrolment.status === 'paused' ? { status: 'active' as const, pause: null, missed: 0 } : {}),
          anchor: 'agreement',
          next,
          because,
        }),
      atCentre,
    ),
  );
  const entry: FollowUpEntry = {
    event: event.name,
    from: null,
    to: null,
    because: [
      {
        rule: 'follow-up-rules',
        clause: isOpen ? 'a centre has taken the patient back from hospital' : 'noted',
        evidence: {
          factId: event.id,
          occurredAt: new Date(occurredAt).toISOString(),
          referralId,
          institutionId,
          resumed: resumed.map(({ id }) => id).join(' ') || null,
          dueOnBefore: state.plan?.dueOn ?? null,
          dueOn: after.plan?.dueOn ?? null,
        },
      },
      ...requests.flatMap(({ because }) => because),
    ],
  };
  const messages = atCentre.centreId === state.centreId ? [] : [messageToRoles(after, event.id, 'follow-up-transferred', ['nurse', 'gp'])];
  return acceptWith(state, isOpen ? after : state, event, [entry], messages);
}

/** The newest plan holds. One that is only a text bends nothing and takes the place of an older one all the same, because the hospital has seen the person since. */
const withManagementPlan = (state: FollowUpState, { at, input }: FollowUpEventNamed<'down-referral-accepted'>): FollowUpState => ({
  ...state,
  managementPlan: input.plan ? { ...input.plan, referralId: input.referralId, acceptedAt: at } : null,
});

/**
 * Says whether the enrolment asks for a visit after the hospital. A pause for another reason than the admission lasts until somebody ends it, and whoever
 * has been asked to come already comes on that date.
 */
function isContinued(state: FollowUpState, { id, status, pause }: Enrolment): boolean {
  return status === 'active' ? !isAskedFor(state, id) : pause?.reason === 'admission';
}

/**
 * Requests a visit by the date of the hospital's management plan or within the agreed days. It is never later than the protocol's date,
 * unless that has passed.
 */
function requestAfterHospital(
  state: FollowUpState,
  enrolment: Enrolment,
  at: number,
  { nextVisitOn, firstFollowUpWithinSeconds, plan }: DownReferralAccepted,
): Pick<Enrolment, 'next' | 'because'> {
  const today = localDateOf(at);
  const agreed = askAgainSoon(state, at, 'after hospital');
  const protocol = enrolment.status === 'paused' ? recalculateNext(state, { ...enrolment, anchor: 'protocol' }) : enrolment;
  const wanted = nextVisitOn !== null && nextVisitOn >= today ? requestByManagementPlan(state, nextVisitOn, today) : agreed;
  const latest = protocol.next && protocol.next.dueOn >= today ? protocol : agreed;
  const byRhythm = plan?.visitEveryDays == null ? [] : [requestByRhythm(state, plan.visitEveryDays, today)];
  const { next, because } = [latest, wanted, ...byRhythm].reduce((first, one) => (dueOnOf(one) < dueOnOf(first) ? one : first), wanted);
  const { dueOn } = next as NextVisit;
  const opensOn = earlierOf(addDays(localDateOf(at + firstFollowUpWithinSeconds * 1_000), 1), dueOn);
  return { next: { opensOn, dueOn }, because: because.map((reason) => ({ ...reason, evidence: { ...reason.evidence, opensOn, dueOn } })) };
}

const dueOnOf = ({ next }: Pick<Enrolment, 'next'>): LocalDate => (next as NextVisit).dueOn;

function requestByRhythm({ calendar }: FollowUpState, visitEveryDays: number, today: LocalDate): Pick<Enrolment, 'next' | 'because'> {
  const because = {
    rule: 'management-plan',
    clause: 'visitEveryDays',
    source: 'management plan of the hospital',
    evidence: { visitEveryDays },
  };
  return { next: { opensOn: today, dueOn: dueDate(calendar, today, addDays(today, visitEveryDays)) }, because: [because] };
}

function requestByManagementPlan(
  { calendar }: FollowUpState,
  nextVisitOn: LocalDate,
  today: LocalDate,
): Pick<Enrolment, 'next' | 'because'> {
  const because = { rule: 'management-plan', clause: 'nextVisitOn', source: 'management plan of the hospital', evidence: { nextVisitOn } };
  return { next: { opensOn: today, dueOn: dueDate(calendar, today, nextVisitOn) }, because: [because] };
}
