/** One try to reach a patient after a discharge, and whether it counts. */
import { isQuiet } from '../messages/quiet-hours.ts';
import { DAY_MS } from '../time/shanghai.ts';
import { type DischargeRules, numberOf } from './rules.ts';

export const attemptChannels = ['phone', 'second-phone', 'home', 'community', 'letter', 'incoming'] as const;
export type AttemptChannel = (typeof attemptChannels)[number];

export const attemptOutcomes = ['reached', 'no-answer', 'call-later', 'wrong-number', 'refused', 'moved', 'dead'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

export interface ContactAttempt {
  at: number;
  channel: AttemptChannel;
  /** Of a visit, the community and a letter `no-answer` says that it was made in vain, that nothing is known there, that it was sent. */
  outcome: AttemptOutcome;
  /** Which of the patient's contacts was called by `second-phone`. */
  contact?: number | undefined;
  /** When somebody who cannot speak now wants to be called. */
  callAt?: number | undefined;
}

export interface LoggedAttempt extends ContactAttempt {
  rung: Rung;
  counted: boolean;
}

export const rungs = [1, 2, 3, 4, 5] as const;
export type Rung = (typeof rungs)[number];

const HOUR_MS = 3_600_000;

/** An attempt counts for the rung of its channel, whichever is open. A call from the patient is of the first. */
function rungOf(channel: AttemptChannel): Rung {
  switch (channel) {
    case 'phone':
    case 'incoming':
      return 1;
    case 'second-phone':
      return 2;
    case 'home':
      return 3;
    case 'community':
      return 4;
    case 'letter':
      return 5;
  }
}

const isCall = ({ channel }: ContactAttempt): boolean => channel === 'phone' || channel === 'second-phone';
const isSameNumber = (a: ContactAttempt, b: ContactAttempt): boolean => a.channel === b.channel && a.contact === b.contact;

/** Calls in vain that count against a number. */
const isUnanswered = (attempt: LoggedAttempt): boolean =>
  isCall(attempt) && attempt.counted && (attempt.outcome === 'no-answer' || attempt.outcome === 'call-later');

/** A call in vain at night, or soon after the last one that counted to that number, is logged and does not count. */
export function logAttempt(rules: DischargeRules, before: readonly LoggedAttempt[], attempt: ContactAttempt): LoggedAttempt {
  const logged = (counted: boolean): LoggedAttempt => ({ ...attempt, rung: rungOf(attempt.channel), counted });
  if (!isCall(attempt) || (attempt.outcome !== 'no-answer' && attempt.outcome !== 'call-later'))
    return logged(attempt.outcome !== 'call-later');
  const toNumber = before.filter((other) => isSameNumber(other, attempt));
  const putOff = toNumber.filter(({ outcome }) => outcome === 'call-later').length + 1;
  if (attempt.outcome === 'call-later' && putOff < numberOf(rules, 'ladder-call-later-times')) return logged(false);
  const quiet = {
    fromMinute: numberOf(rules, 'ladder-quiet-from-hour') * 60,
    untilMinute: numberOf(rules, 'ladder-quiet-until-hour') * 60,
  };
  const gapMs = numberOf(rules, 'ladder-call-gap-hours') * HOUR_MS;
  const isTooSoon = toNumber.some((other) => isUnanswered(other) && Math.abs(attempt.at - other.at) < gapMs);
  return logged(!isTooSoon && !isQuiet(attempt.at, quiet));
}

export interface NumbersOfPatient {
  hasNumber: boolean;
  /** The places of the contacts that have a telephone. */
  familyContacts: readonly number[];
}

/** The instant at which a rung was tried; undefined while it is not. A rung that has nobody to try was tried when it opened. */
export function triedAt(
  rules: DischargeRules,
  { hasNumber, familyContacts }: NumbersOfPatient,
  rung: Rung,
  openedAt: number,
  attempts: readonly LoggedAttempt[],
): number | undefined {
  const inTime = attempts.filter((attempt) => attempt.rung === rung && attempt.channel !== 'incoming').toSorted((a, b) => a.at - b.at);
  if (rung === 1) {
    if (!hasNumber) return openedAt;
    const wrong = inTime.find(({ outcome }) => outcome === 'wrong-number');
    return wrong?.at ?? inTime.filter(isUnanswered)[numberOf(rules, 'ladder-calls') - 1]?.at;
  }
  if (rung === 2) {
    const tries = familyContacts.map((place) => inTime.find(({ contact, counted }) => contact === place && counted)?.at);
    return tries.includes(undefined) ? undefined : Math.max(openedAt, ...tries.flatMap((at) => at ?? []));
  }
  return inTime.find(({ counted }) => counted)?.at;
}

export type AttemptProblem = { path: 'callAt' | 'contact' | 'outcome'; problem: 'missing' | 'unknown' | 'too-early' | 'too-late' };

export function findAttemptProblem(rules: DischargeRules, contacts: number, attempt: ContactAttempt): AttemptProblem | undefined {
  const { channel, outcome, contact, callAt, at } = attempt;
  if (channel === 'second-phone' && contact === undefined) return { path: 'contact', problem: 'missing' };
  if (contact !== undefined && (channel !== 'second-phone' || !(contact >= 0 && contact < contacts)))
    return { path: 'contact', problem: 'unknown' };
  if (channel === 'incoming' && (outcome === 'no-answer' || outcome === 'wrong-number')) return { path: 'outcome', problem: 'unknown' };
  if (outcome !== 'call-later') return callAt === undefined ? undefined : { path: 'callAt', problem: 'unknown' };
  if (callAt === undefined) return { path: 'callAt', problem: 'missing' };
  if (callAt <= at) return { path: 'callAt', problem: 'too-early' };
  return callAt > at + numberOf(rules, 'ladder-call-later-days') * DAY_MS ? { path: 'callAt', problem: 'too-late' } : undefined;
}
