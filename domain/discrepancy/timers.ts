/**
 * The timers of a discrepancy: the owner acknowledges it, then resolves it; if not, the head nurse and then the alliance's office take it up. All three
 * count from the opening. A discrepancy that is opened again has timers with the same start, so each opening gives them ids of its own.
 */
import { type NewTimer, startTimer, stopTimersNamed, type Timer } from '../sterile-supply/timers.ts';
import type { DiscrepancyState } from './state.ts';

const NAME = 'discrepancy';

export type DiscrepancyTaskName = typeof NAME;

type Ground = Pick<DiscrepancyState, 'owner' | 'cssdInstitutionId' | 'officeInstitutionId' | 'openedAt' | 'openings' | 'budgets'>;

/** `part`: what the timer is about; none for the first of all. */
function timerOf(
  ground: Ground,
  seconds: number,
  timer: Pick<NewTimer, 'role' | 'institutionId' | 'tells'> & { part?: string; taskFrom?: Timer['taskFrom'] },
): NewTimer {
  const { openedAt, openings } = ground;
  const { part, ...rest } = timer;
  const about = [...(part === undefined ? [] : [part]), ...(openings > 1 ? [String(openings)] : [])].join('-');
  return { name: NAME, ...(about === '' ? {} : { about }), at: openedAt, dueAt: openedAt + seconds * 1_000, ...rest };
}

const headNurseOf = ({ cssdInstitutionId }: Ground) => ({ role: 'headnurse' as const, institutionId: cssdInstitutionId });
const officeOf = ({ officeInstitutionId }: Ground) => ({ role: 'office' as const, institutionId: officeInstitutionId });

const toldWhenOver = (...to: { role: Timer['role']; institutionId: string }[]) => [{ percent: 100, to }];

export function timersOfOpen(ground: Ground): Timer[] {
  const { acknowledgeSeconds, resolveSeconds, escalateSeconds } = ground.budgets;
  const { owner } = ground;
  const headNurse = headNurseOf(ground);
  const office = officeOf(ground);
  const timers = [
    timerOf(ground, acknowledgeSeconds, { ...owner, tells: toldWhenOver(owner) }),
    timerOf(ground, resolveSeconds, { part: 'resolve', ...headNurse, taskFrom: 'due', tells: toldWhenOver(headNurse) }),
    timerOf(ground, escalateSeconds, { part: 'escalate', ...office, taskFrom: 'due', tells: toldWhenOver(office) }),
  ];
  return timers.reduce<Timer[]>(startTimer, []);
}

/** The owner knows of it and has the time in which it is to be resolved. */
export function timersOfAcknowledged(timers: readonly Timer[], ground: Ground): Timer[] {
  const { owner, budgets } = ground;
  const others = timers.filter(({ taskFrom }) => taskFrom === 'due');
  return startTimer(others, timerOf(ground, budgets.resolveSeconds, { part: 'acknowledged', ...owner, tells: toldWhenOver(owner) }));
}

/** The head nurse has to close it; if not, the office hears of it as before. */
export function timersOfResolved(timers: readonly Timer[], ground: Ground): Timer[] {
  const office = timers.filter(({ role }) => role === 'office');
  const headNurse = headNurseOf(ground);
  return startTimer(office, timerOf(ground, ground.budgets.escalateSeconds, { part: 'close', ...headNurse, tells: [] }));
}

export const timersOfClosed = (timers: readonly Timer[]): Timer[] => stopTimersNamed(timers, NAME);
