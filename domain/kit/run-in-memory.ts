/**
 * Runs a pathway in memory: the decider alone, with every obligation at its time, as the workflow would run it. Nothing is written, and nobody is told
 * anything. A run is plain data, and each function returns the run that comes after.
 */
import {
  type Decider,
  type Entry,
  evolve,
  findEarliest,
  type MessageIntent,
  type PathwayEvent,
  type PathwayTask,
  type Refusal,
} from './pathway.ts';

export interface MemoryRun<State> {
  pathwayId: string;
  decider: Decider<State>;
  state: State;
  /** How many events have been decided. */
  version: number;
  entries: readonly RunEntry[];
  /** Closed ones too, in the order in which they were opened. */
  tasks: readonly RunTask[];
  messages: readonly RunMessage[];
}

export interface RunEntry extends Entry {
  at: number;
  version: number;
  actor: PathwayEvent['actor'];
}

export interface RunTask extends PathwayTask {
  openedAt: number;
  /** Null while it is open. */
  closed: { at: number; as: 'done' | 'withdrawn'; by: string } | null;
}

export interface RunMessage extends MessageIntent {
  at: number;
}

export const beginRun = <State>(pathwayId: string, decider: Decider<State>): MemoryRun<State> => ({
  pathwayId,
  decider,
  state: decider.initial,
  version: 0,
  entries: [],
  tasks: [],
  messages: [],
});

/** What becomes of the run when an event reaches it, or why it is refused. */
export type Told<State> = { ok: true; run: MemoryRun<State> } | { ok: false; refusal: Refusal };

export function tellRun<State>(run: MemoryRun<State>, event: PathwayEvent): Told<State> {
  const verdict = run.decider.decide(run.state, event);
  if (!verdict.ok) return { ok: false, refusal: verdict.refusal };
  const { decision } = verdict;
  const state = evolve(run.state, decision);
  const version = run.version + 1;
  return {
    ok: true,
    run: {
      ...run,
      state,
      version,
      entries: [...run.entries, ...decision.entries.map((entry) => ({ ...entry, at: decision.at, version, actor: event.actor }))],
      tasks: keepTasks(run.tasks, run.decider.ended(state) ? [] : run.decider.tasks(state), decision.at, {
        at: decision.at,
        as: event.kind === 'fact' || run.decider.takesBack?.includes(event.name) ? 'withdrawn' : 'done',
        by: event.name,
      }),
      messages: [...run.messages, ...decision.messages.map((message) => ({ ...message, at: decision.at }))],
    },
  };
}

/** A pathway that asks the same again and again is a defect, and must not hold up whoever runs it. */
const MOST_STEPS = 10_000;

/** Decides everything that comes due until an instant, each at its time. Whoever reads the run at the instant sees what is due then as done. */
export function passTime<State>(run: MemoryRun<State>, until: number): MemoryRun<State> {
  let passed = run;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const due = passed.decider.ended(passed.state) ? undefined : findEarliest(passed.decider.obligations(passed.state));
    if (!due || due.at > until) return passed;
    const told = tellRun(passed, { kind: 'due', name: due.name, id: due.id, at: due.at, actor: null, input: null });
    if (!told.ok) throw new Error(`${due.name} of ${run.pathwayId} was refused: ${told.refusal.code}.`);
    passed = told.run;
  }
  throw new Error(`${run.pathwayId} asks for more than ${MOST_STEPS} steps.`);
}

/** A task that the state no longer has is closed; one that it still has may have moved to somebody else. */
function keepTasks(
  known: readonly RunTask[],
  wanted: readonly PathwayTask[],
  at: number,
  closed: NonNullable<RunTask['closed']>,
): RunTask[] {
  const left = new Map(wanted.map((task) => [task.id, task]));
  const kept = known.map((task): RunTask => {
    if (task.closed) return task;
    const same = left.get(task.id);
    left.delete(task.id);
    return same ? { ...same, openedAt: task.openedAt, closed: null } : { ...task, closed };
  });
  return [...kept, ...[...left.values()].map((task) => ({ ...task, openedAt: at, closed: null }))];
}
