/** The one task of a crisis reading, and the times at which somebody is called about it. */
import type { Obligation, PathwayTask, TaskAbout } from '../kit/pathway.ts';
import type { CrisisReadingState } from './state.ts';
import { worstOf } from './state.ts';

export const CONFIRM_READING = 'confirm-reading';

export function tasksOf({ clock, plan, centreId, values }: CrisisReadingState): PathwayTask[] {
  if (!clock) return [];
  const [first] = plan.calls;
  return [
    {
      id: CONFIRM_READING,
      name: CONFIRM_READING,
      role: first?.role ?? 'nurse',
      institutionId: centreId,
      departmentId: null,
      urgency: 'urgent',
      emergency: true,
      clock,
      about: aboutOf(values),
    },
  ];
}

/** What the task shows: the worst value that nobody has confirmed, and how many there are besides. */
function aboutOf(values: CrisisReadingState['values']): TaskAbout {
  const worst = worstOf(values);
  if (!worst) return {};
  const { kind, value, unit, measuredAt, threshold, readingId, quarantine } = worst;
  return {
    kind,
    value,
    unit,
    measuredAt,
    threshold,
    readingId,
    ...(values.length > 1 ? { values: values.length } : {}),
    ...(quarantine === null ? {} : { quarantine }),
  };
}

type CallName = 'call' | 'call-again';

/** The calls that the plan still has, and when it has none, the one that is repeated. */
export function obligationsOf({ clock, plan, raisedAt, calls, repeatedCalls, reopenings }: CrisisReadingState): Obligation<CallName>[] {
  if (!clock) return [];
  const again = reopenings > 0 ? `-after-reopening-${reopenings}` : '';
  const next = plan.calls[calls];
  if (next) return [{ id: `call-${calls + 1}${again}`, name: 'call', at: raisedAt + next.afterSeconds * 1_000 }];
  const last = plan.calls.at(-1)?.afterSeconds ?? 0;
  const at = raisedAt + (last + (repeatedCalls + 1) * plan.repeatSeconds) * 1_000;
  return [{ id: `call-again-${repeatedCalls + 1}${again}`, name: 'call-again', at }];
}
