/**
 * Nobody is given up in silence after a discharge: telephone, the family's telephones, a visit at home, the residents' committee, a letter. Each rung is
 * tried and opens the next one; only after the last one without any sign somebody is lost. A fold over what was tried, one attempt at a time.
 */
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, laterOf, localDateOf } from '../time/local-date.ts';
import { type ContactAttempt, type LoggedAttempt, logAttempt, type NumbersOfPatient, type Rung, rungs, triedAt } from './attempts.ts';
import { computeDueDate } from './due-date.ts';
import type { DischargeGround } from './duties.ts';
import { type OrderOwner, ownerOf } from './owners.ts';
import type { RiskLevel } from './risk-model.ts';
import { numberOf } from './rules.ts';

export interface LadderGround extends DischargeGround, NumbersOfPatient {
  risk: RiskLevel;
  /** The date of the duty, to which the first rung belongs, and whether it is the hospital's. */
  contactDueOn: LocalDate;
  isHospitals: boolean;
}

export type LadderEnd = 'reached' | 'refused' | 'lost' | 'not-reached';

export interface ContactLadder {
  /** The closing contact ends with the family's telephones. */
  lastRung: 2 | 5;
  rung: Rung;
  /** The last try of the rung before. */
  openedAt: number;
  dueOn: LocalDate;
  owner: OrderOwner;
  unconfirmed: boolean;
  /** Since the ladder was begun, in the order in which they were told. */
  attempts: readonly LoggedAttempt[];
  /** Somebody has said that the patient has moved or died; until that is confirmed nothing is due. */
  restsFor: 'moved' | 'dead' | null;
  /** At 09:00 of this day the patient is lost; null until the last rung was tried. */
  lostOn: LocalDate | null;
  end: { how: LadderEnd; at: number } | null;
}

export function openLadder(ground: LadderGround, { at, lastRung }: { at: number; lastRung: 2 | 5 }): ContactLadder {
  const opened: ContactLadder = {
    lastRung,
    rung: 1,
    openedAt: at,
    ...dateRung(ground, 1, at),
    attempts: [],
    restsFor: null,
    lostOn: null,
    end: null,
  };
  return climb(ground, opened);
}

export type LadderEffect =
  /** The patient does not want to be called: the gp speaks about it. */
  | { effect: 'conversation' }
  /** It is found out within hours, by one task of the resident's. */
  | { effect: 'confirm'; what: 'moved' | 'dead' }
  | { effect: 'call-back'; callAt: number };

export interface LadderStep {
  ladder: ContactLadder;
  logged: LoggedAttempt;
  effects: LadderEffect[];
}

/** An attempt is logged whatever the ladder is at, also after its end. */
export function recordAttempt(ground: LadderGround, ladder: ContactLadder, attempt: ContactAttempt): LadderStep {
  const logged = logAttempt(ground.rules, ladder.attempts, attempt);
  const next: ContactLadder = { ...ladder, attempts: [...ladder.attempts, logged] };
  const step = (changed: ContactLadder, ...effects: LadderEffect[]): LadderStep => ({ ladder: changed, logged, effects });
  switch (attempt.outcome) {
    case 'reached':
      return step(closeLadder(next, 'reached', attempt.at));
    case 'refused':
      return step(closeLadder(next, 'refused', attempt.at), { effect: 'conversation' });
    case 'moved':
    case 'dead':
      return step({ ...next, restsFor: attempt.outcome }, { effect: 'confirm', what: attempt.outcome });
    case 'call-later':
      return step(climb(ground, next), ...(attempt.callAt === undefined ? [] : [{ effect: 'call-back' as const, callAt: attempt.callAt }]));
    case 'no-answer':
    case 'wrong-number':
      return step(climb(ground, next));
  }
}

/** A visit, a dispensing, an answer by link or the family closes the contact too, late or not. What has ended ends once. */
export const closeLadder = (ladder: ContactLadder, how: LadderEnd, at: number): ContactLadder =>
  ladder.end ? ladder : { ...ladder, end: { how, at }, lostOn: null, restsFor: null };

/** What was said was not so: the rung goes on, and is due as if it had opened now. */
export function resumeLadder(ground: LadderGround, ladder: ContactLadder, at: number): ContactLadder {
  if (!ladder.restsFor) return ladder;
  const dated = dateRung(ground, ladder.rung, at);
  return climb(ground, { ...ladder, restsFor: null, ...dated, dueOn: laterOf(dated.dueOn, ladder.dueOn) });
}

/** To call after the patient's numbers or the date of the contact have changed. The rung that was reached stays. */
export const reviewLadder = (ground: LadderGround, ladder: ContactLadder): ContactLadder =>
  climb(ground, ladder.rung === 1 ? { ...ladder, ...dateRung(ground, 1, ladder.openedAt) } : ladder);

export const isLostOn = ({ lostOn, end, restsFor }: ContactLadder, on: LocalDate): boolean =>
  end === null && restsFor === null && lostOn !== null && on >= lostOn;

/** True at 09:00 of a day when the open rung was due before and was not tried. */
export const isRungOverdue = ({ dueOn, end, restsFor, lostOn }: ContactLadder, on: LocalDate): boolean =>
  end === null && restsFor === null && lostOn === null && on > dueOn;

/** Goes on while the open rung has been tried. */
function climb(ground: LadderGround, ladder: ContactLadder): ContactLadder {
  if (ladder.end || ladder.restsFor || ladder.lostOn !== null) return ladder;
  const tried = triedAt(ground.rules, ground, ladder.rung, ladder.openedAt, ladder.attempts);
  if (tried === undefined) return ladder;
  const openedAt = Math.max(ladder.openedAt, tried);
  const next = rungs.find((rung) => rung > ladder.rung && rung <= ladder.lastRung);
  if (next) return climb(ground, { ...ladder, rung: next, openedAt, ...dateRung(ground, next, openedAt) });
  if (ladder.lastRung === 2) return closeLadder(ladder, 'not-reached', openedAt);
  return { ...ladder, lostOn: addDays(localDateOf(openedAt), numberOf(ground.rules, 'ladder-lost-days')) };
}

function dateRung(ground: LadderGround, rung: Rung, openedAt: number): Pick<ContactLadder, 'dueOn' | 'owner' | 'unconfirmed'> {
  const { rules, calendar, isHospitals } = ground;
  if (rung === 1) return { dueOn: ground.contactDueOn, owner: ownerOf({ role: 'nurse' }, isHospitals), unconfirmed: false };
  const opensOn = localDateOf(openedAt);
  const workingDays = {
    3: ground.risk === 'high' ? 'ladder-home-high-working-days' : 'ladder-home-working-days',
    4: 'ladder-community-working-days',
    5: 'ladder-letter-working-days',
  } as const;
  const nominal =
    rung === 2
      ? addDays(opensOn, numberOf(rules, 'ladder-second-phone-days'))
      : addWorkingDays(calendar, opensOn, numberOf(rules, workingDays[rung]));
  const due = computeDueDate(calendar, { ...ground, dueOn: nominal, opensOn });
  // The family is called by whom the contact belongs to; the rest is done where the patient lives.
  const owner = ownerOf({ role: 'nurse' }, rung === 2 && (isHospitals || due.isHospitals));
  return { dueOn: due.dueOn, owner, unconfirmed: due.unconfirmed };
}
