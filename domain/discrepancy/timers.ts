/**
 * The timers of a discrepancy: the owner acknowledges it, then resolves it; if not, the head nurse and then the alliance's office take it up. All three
 * count from the opening.
 */
import { startTimer, stopTimersNamed, type Timer } from '../sterile-supply/timers.ts';
import type { DiscrepancyState } from './state.ts';

const NAME = 'discrepancy';

type Ground = Pick<DiscrepancyState, 'owner' | 'cssdInstitutionId' | 'officeInstitutionId' | 'openedAt' | 'budgets'>;

const after = ({ openedAt }: Pick<Ground, 'openedAt'>, seconds: number): number => openedAt + seconds * 1_000;

const headNurse = ({ cssdInstitutionId }: Ground) => ({ role: 'headnurse' as const, institutionId: cssdInstitutionId });

const toOffice = (ground: Ground) => ({
  name: NAME,
  about: 'escalate',
  at: ground.openedAt,
  dueAt: after(ground, ground.budgets.escalateSeconds),
  role: 'office' as const,
  institutionId: ground.officeInstitutionId,
  taskFrom: 'due' as const,
  tells: [{ percent: 100, to: [{ role: 'office' as const, institutionId: ground.officeInstitutionId }] }],
});

const toHeadNurse = (ground: Ground) => ({
  name: NAME,
  about: 'resolve',
  at: ground.openedAt,
  dueAt: after(ground, ground.budgets.resolveSeconds),
  ...headNurse(ground),
  taskFrom: 'due' as const,
  tells: [{ percent: 100, to: [headNurse(ground)] }],
});

const toOwner = (ground: Ground, seconds: number) => ({
  name: NAME,
  at: ground.openedAt,
  dueAt: after(ground, seconds),
  ...ground.owner,
  tells: [{ percent: 100, to: [ground.owner] }],
});

export function timersOfOpen(ground: Ground): Timer[] {
  const ofOwner = startTimer([], toOwner(ground, ground.budgets.acknowledgeSeconds));
  return startTimer(startTimer(ofOwner, toHeadNurse(ground)), toOffice(ground));
}

/** The owner knows of it and has the time in which it is to be resolved. */
export const timersOfAcknowledged = (timers: readonly Timer[], ground: Ground): Timer[] =>
  startTimer(timers, toOwner(ground, ground.budgets.resolveSeconds));

/** The head nurse has to close it. */
export function timersOfResolved(timers: readonly Timer[], ground: Ground): Timer[] {
  const office = timers.find(({ role }) => role === 'office');
  const forClosing = {
    ...toHeadNurse(ground),
    taskFrom: 'start' as const,
    dueAt: after(ground, ground.budgets.escalateSeconds),
    tells: [],
  };
  const others = office ? [office] : [];
  return [...startTimer(others, forClosing)];
}

export const timersOfClosed = (timers: readonly Timer[]): Timer[] => stopTimersNamed(timers, NAME);
