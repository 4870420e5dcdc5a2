/** Who owes what on a load until when: each timer with its owner, and what each act does to them. */
import type { Role } from '../alliance/roles.ts';
import { startTimer, stopTimer, type Timer } from '../sterile-supply/timers.ts';
import type { StartSteriliserLoad, SteriliserLoadFactEvent } from './events.ts';
import type { LoadTimer, SteriliserLoadState } from './state.ts';

/** The owner of each timer; who hears of it as well when the time is over is the head nurse, of infection control's decision infection control alone. */
const ownerOf = {
  'end-overdue': 'technician',
  'unload-overdue': 'technician',
  'review-overdue': 'releaser',
  'incubate-overdue': 'releaser',
  'read-overdue': 'releaser',
  'recall-decision': 'infection',
} as const satisfies Record<LoadTimer, Role>;

type Obliged = Pick<SteriliserLoadState, 'institutionId' | 'infectionInstitutionId' | 'budgets' | 'timers'>;

/** `from` is the instant that the budget counts from, in milliseconds. */
function oblige(
  { institutionId, infectionInstitutionId, budgets, timers }: Obliged,
  name: LoadTimer,
  { from, begunAt = from, about }: { from: number; begunAt?: number; about?: string },
): Timer[] {
  const role = ownerOf[name];
  const place = role === 'infection' ? infectionInstitutionId : institutionId;
  const headNurse = { role: 'headnurse', institutionId } as const;
  return startTimer(timers, {
    name,
    about,
    at: Math.min(begunAt, from),
    dueAt: from + budgets[name] * 1_000,
    role,
    institutionId: place,
    tells: [{ percent: 100, to: [{ role, institutionId: place }, headNurse] }],
  });
}

export function timersOfStart(state: Obliged, { startedAt, programSeconds, inquiry }: StartSteriliserLoad): Timer[] {
  if (inquiry) return inquiryTimer(state, inquiry.packId, inquiry.since);
  return oblige(state, 'end-overdue', { from: startedAt + programSeconds * 1_000, begunAt: startedAt });
}

/** One failed indicator inside a pack is reviewed by the releaser; of a whole load infection control decides. */
const inquiryTimer = (state: Obliged, packId: string | null, from: number): Timer[] =>
  packId === null ? oblige(state, 'recall-decision', { from }) : oblige(state, 'review-overdue', { from, about: packId });

/** The timers that run after an act. `unread` are the indicators that nobody has read by then. */
export function timersAfter(state: SteriliserLoadState, { name, input }: SteriliserLoadFactEvent, unread: readonly string[]): Timer[] {
  const { timers } = state;
  const from = input.occurredAt;
  switch (name) {
    case 'load-ended':
      return unread.reduce(
        (running, about) => oblige({ ...state, timers: running }, 'incubate-overdue', { from, about }),
        withoutWork(state)
          ? stopTimer(timers, 'end-overdue')
          : oblige({ ...state, timers: stopTimer(timers, 'end-overdue') }, 'unload-overdue', { from }),
      );
    case 'load-unloaded':
      return oblige({ ...state, timers: stopTimer(timers, 'unload-overdue') }, 'review-overdue', { from });
    case 'load-released':
    case 'load-released-early':
      return stopTimer(timers, 'review-overdue');
    case 'load-aborted':
    case 'load-rejected':
      return [];
    case 'load-reviewed':
      return timers;
    case 'bi-incubated': {
      const { indicatorId: about, dueAt } = input;
      return oblige({ ...state, timers: stopTimer(timers, 'incubate-overdue', about) }, 'read-overdue', {
        from: dueAt,
        begunAt: from,
        about,
      });
    }
    case 'bi-read':
    case 'bi-corrected': {
      const read = stopTimer(stopTimer(timers, 'incubate-overdue', input.indicatorId), 'read-overdue', input.indicatorId);
      // A load that failed is recalled already, and nobody has to release or to decide anything.
      if (input.loadStatus === 'failed') return read.filter((timer) => timer.name === 'incubate-overdue' || timer.name === 'read-overdue');
      const reviewed =
        input.loadStatus === 'ended' && state.status !== 'ended' ? oblige({ ...state, timers: read }, 'review-overdue', { from }) : read;
      return input.usedPacks ? oblige({ ...state, timers: reviewed }, 'recall-decision', { from }) : reviewed;
    }
    case 'inner-ci-failed':
      return inquiryTimer(state, input.decide ? null : input.packId, from);
    case 'load-recalled':
      return stopTimer(timers, 'recall-decision');
  }
}

/** A requalification run is empty, so that nothing has to be unloaded. */
const withoutWork = ({ purpose }: SteriliserLoadState): boolean => purpose === 'requalification';
