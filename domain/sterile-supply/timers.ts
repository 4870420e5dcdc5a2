/**
 * The timers of sterile supply: who owes what until when, and who hears of it when the time is used. A pathway holds its running timers in its state;
 * obligations, tasks and messages follow from them alone.
 */
import type { Role } from '../alliance/roles.ts';
import type { MessageIntent, Obligation, PathwayTask, Recipient } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import { dueRungs, fireRungs, instantOf, nextRung, type SlaClock, startClock } from '../time/sla-clock.ts';

/** Who hears that a share of a timer is used. The office is the alliance's, whatever institution the timer is of. */
export interface Rung {
  percent: number;
  to: readonly { role: Role; institutionId: string }[];
}

/** A running timer. Its id names the task of the worklist: the timer's name, and what of several the timer is about. */
export interface Timer extends SlaClock {
  role: Role;
  institutionId: string;
  /** `start`: its work can be done from the beginning. `due`: nobody has to act before the time is over. */
  taskFrom: 'start' | 'due';
  tells: readonly Rung[];
}

export interface NewTimer {
  /** As the table of timers has it: `stop-use`, `read-overdue`. It is also the name of the task. */
  name: string;
  /** Of several timers of one name in one pathway: a lower-case id of what this one is about. */
  about?: string | undefined;
  at: number;
  /** The instant at which the time is over. One that has passed already is due at once. */
  dueAt: number;
  role: Role;
  institutionId: string;
  taskFrom?: Timer['taskFrom'];
  tells: readonly Rung[];
}

export const timerId = (name: string, about?: string): string => (about === undefined ? name : `${name}-${about}`);

/** Adds a timer; one with the same id is replaced. */
export function startTimer(timers: readonly Timer[], timer: NewTimer): Timer[] {
  const { name, about, at, dueAt, role, institutionId, taskFrom = 'start', tells } = timer;
  const id = timerId(name, about);
  const rungPercents = [...new Set([100, ...tells.map(({ percent }) => percent)])];
  const clock = startClock({ id, name, budgetMs: Math.max(1_000, dueAt - at), at, rungPercents });
  return [...timers.filter((running) => running.id !== id), { ...clock, role, institutionId, taskFrom, tells }];
}

export const stopTimer = (timers: readonly Timer[], name: string, about?: string): Timer[] =>
  timers.filter(({ id }) => id !== timerId(name, about));

/** Stops every timer of a name, whatever each is about. */
export const stopTimersNamed = (timers: readonly Timer[], name: string): Timer[] => timers.filter((timer) => timer.name !== name);

/**
 * The logical step of a rung: `<timer>:<start>:<percent>`. It holds the start, so that a timer which begins anew fires and tells anew; without it the
 * rungs of the one before would count as fired for ever.
 */
const rungId = ({ id, startedAt }: Timer, percent: number): string => `${id}:${startedAt}:${percent}`;

/** One obligation for each timer that still has a rung to fire. */
export const obligationsOf = (timers: readonly Timer[]): Obligation<'rung'>[] =>
  timers.flatMap((timer) => {
    const rung = nextRung(timer);
    return rung ? [{ id: rungId(timer, rung.percent), name: 'rung' as const, at: rung.at }] : [];
  });

const isDue = (timer: Timer): boolean => timer.rungs.some(({ percent, firedAt }) => percent >= 100 && firedAt !== null);

export const tasksOf = (timers: readonly Timer[]): PathwayTask[] =>
  timers
    .filter((timer) => timer.taskFrom === 'start' || isDue(timer))
    .map(({ role, institutionId, taskFrom, tells, ...clock }) => ({
      id: clock.id,
      name: clock.name,
      role,
      institutionId,
      departmentId: null,
      urgency: 'routine',
      emergency: false,
      clock,
    }));

/** Fires what is due of the timer that an obligation's id names. `percent` is the highest rung that fired; undefined: none was due. */
export function fireTimer(
  timers: readonly Timer[],
  { id, at, pathwayId }: { id: string; at: number; pathwayId: string | null },
): { timers: Timer[]; timer: Timer | undefined; percent: number | undefined; messages: MessageIntent<RungTemplate>[] } {
  const [idOfTimer] = id.split(':');
  const timer = timers.find((running) => running.id === idOfTimer);
  const percents = timer ? dueRungs(timer, at) : [];
  if (!timer || percents.length === 0) return { timers: [...timers], timer, percent: undefined, messages: [] };
  const fired: Timer = { ...timer, ...fireRungs(timer, percents, at) };
  const messages = percents.flatMap((percent) => messageOfRung(fired, percent, pathwayId));
  return { timers: timers.map((running) => (running.id === timer.id ? fired : running)), timer: fired, percent: percents.at(-1), messages };
}

function messageOfRung(timer: Timer, percent: number, pathwayId: string | null): MessageIntent<RungTemplate>[] {
  const recipients: Recipient[] = timer.tells
    .filter((rung) => rung.percent === percent)
    .flatMap(({ to }) => to)
    .map(({ role, institutionId }) => (role === 'office' ? { to: 'office' } : { to: 'role', role, institutionId, departmentId: null }));
  if (recipients.length === 0) return [];
  const parameters = { clock: timer.name, dueAt: instantOf(timer, 100) ?? null, referralId: pathwayId };
  return [{ step: rungId(timer, percent), template: `rung-${percent}`, recipients, parameters }];
}
