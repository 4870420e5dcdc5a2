/** A centre has taken a patient back from hospital: their follow-up goes on there, soon, and not beside the first follow-up that the referral asks for. */
import type { Entry, PathwayEvent } from '../kit/pathway.ts';
import { addDays, earlier, type LocalDate, localDateOf } from '../time/local-date.ts';
import { againSoon, asReason, changedEnrolment, decided, type FollowUpVerdict, isAskedFor, nextUnder, tell } from './changes.ts';
import { runBy } from './commands.ts';
import type { NextVisit } from './evaluation.ts';
import { dueDate } from './next-visit.ts';
import { replanned } from './plan.ts';
import type { Enrolment, FollowUpState } from './state.ts';

/** Input of the fact: the centre accepted the down referral. */
export interface DownReferralAccepted {
  occurredAt: number;
  referralId: string;
  /** the centre */
  institutionId: string;
  /** the referral's own task at the centre; until then it is what is asked for */
  firstFollowUpWithinSeconds: number;
  /** the management plan's date, where it names one */
  nextVisitOn: LocalDate | null;
}

export function handedOver(state: FollowUpState, event: PathwayEvent): FollowUpVerdict {
  const input = event.input as DownReferralAccepted;
  const { occurredAt, referralId, institutionId } = input;
  const isOn = state.endedAt === null;
  const run = isOn && institutionId !== state.centreId ? runBy(state, institutionId) : state;
  const awaited = state.enrolments.filter((enrolment) => isOn && isAwaited(state, enrolment));
  const resumed = awaited.filter(({ status }) => status === 'paused');
  const asked = awaited.map((enrolment) => ({ enrolment, ...soonAfterHospital(run, enrolment, event.at, input) }));
  const after = replanned(
    asked.reduce(
      (now, { enrolment, next, because }) =>
        changedEnrolment(now, enrolment.id, {
          ...(enrolment.status === 'paused' ? { status: 'active' as const, pause: null, missed: 0 } : {}),
          anchor: 'agreement',
          next,
          because,
        }),
      run,
    ),
  );
  const entry: Entry = {
    event: event.name,
    from: null,
    to: null,
    because: [
      {
        rule: 'follow-up-rules',
        clause: isOn ? 'a centre has taken the patient back from hospital' : 'noted',
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
      ...asked.flatMap(({ because }) => because.map(asReason)),
    ],
  };
  const messages = run.centreId === state.centreId ? [] : [tell(after, event.id, 'follow-up-transferred', ['nurse', 'gp'])];
  return decided(state, isOn ? after : state, event, [entry], messages);
}

/** The admission is over. A pause for another reason lasts until somebody ends it; who has been asked to come already comes on that date. */
function isAwaited(state: FollowUpState, { id, status, pause }: Enrolment): boolean {
  return status === 'active' ? !isAskedFor(state, id) : pause?.reason === 'admission';
}

/** By the plan's date or within the agreed days; never later than the protocol asks, as far as its date is still to come. */
function soonAfterHospital(
  state: FollowUpState,
  enrolment: Enrolment,
  at: number,
  { nextVisitOn, firstFollowUpWithinSeconds }: DownReferralAccepted,
): Pick<Enrolment, 'next' | 'because'> {
  const today = localDateOf(at);
  const agreed = againSoon(state, at, 'after hospital');
  const protocol = enrolment.status === 'paused' ? nextUnder(state, { ...enrolment, anchor: 'protocol' }) : enrolment;
  const wanted = nextVisitOn !== null && nextVisitOn >= today ? byPlan(state, nextVisitOn, today) : agreed;
  const latest = protocol.next && protocol.next.dueOn >= today ? protocol : agreed;
  const { next, because } = (latest.next as NextVisit).dueOn < (wanted.next as NextVisit).dueOn ? latest : wanted;
  const { dueOn } = next as NextVisit;
  const opensOn = earlier(addDays(localDateOf(at + firstFollowUpWithinSeconds * 1_000), 1), dueOn);
  return { next: { opensOn, dueOn }, because: because.map((reason) => ({ ...reason, evidence: { ...reason.evidence, opensOn, dueOn } })) };
}

function byPlan({ calendar }: FollowUpState, nextVisitOn: LocalDate, today: LocalDate): Pick<Enrolment, 'next' | 'because'> {
  const because = { rule: 'management-plan', clause: 'nextVisitOn', source: 'management plan of the hospital', evidence: { nextVisitOn } };
  return { next: { opensOn: today, dueOn: dueDate(calendar, today, nextVisitOn) }, because: [because] };
}
