/**
 * The pathway kit: makes a pure decider durable. One event at a time; Postgres' decision log is the truth, the workflow its gatekeeper and timekeeper.
 *
 * Each event: decide → commit (one activity, fenced by version, deduplicated by step) → evolve from the decisions that the commit returns, never from
 * our own verdict. So workflow and Postgres cannot drift, whoever was killed in between.
 */
import * as wf from '@temporalio/workflow';
import {
  type Actor,
  type Decider,
  type Decision,
  earliest,
  evolve,
  type Obligation,
  type PathwayEvent,
  type Refusal,
  stepKey,
  upToDate,
  type Verdict,
} from '../../domain/kit/pathway.ts';

export type Outcome = { ok: true; version: number } | { ok: false; refusal: Refusal };

/** Argument of every Update. */
export interface Command {
  actor: Actor;
  input: unknown;
  /** the version the caller insists on */
  ifVersion?: number;
  /** the version the caller has seen: the validator does not judge on an older one */
  seen: number;
}

/** Argument of every Signal. */
export interface Fact {
  id: string;
  input: unknown;
}

export interface CommitRequest<State> {
  pathwayId: string;
  kind: string;
  /** (pathway, step): never run or attempt */
  key: string;
  /** fence: the version the workflow knows */
  expect: number;
  event: PathwayEvent;
  verdict: Verdict<State>;
}

export interface CommitAnswer<State> {
  /** absent: the workflow was behind and nothing was written */
  outcome?: Outcome;
  /** every stored decision above `expect`, in order, ours included */
  log: Decision<State>[];
}

export interface Carried<State> {
  version: number;
  state: State;
  /** outcomes of the latest commands, so that a repeated one gets its own answer */
  answered: [string, Outcome][];
  facts: PathwayEvent[];
  runs: number;
}

export interface PathwayInput<State> {
  id: string;
  /** the creating command rides in the start, so that no workflow exists without its first decision; the Update of the same id only waits for the outcome */
  first: { id: string; name: string; actor: Actor; input: unknown };
  eventCap: number;
  /** Pathways from before this was so commit their creation by a normal activity. */
  creation?: 'local';
  /** how decisions are committed; 'mixed' unless a comparison is run */
  path?: 'mixed' | 'normal' | 'local';
  carried?: Carried<State>;
}

interface Acts<State> {
  commit(request: CommitRequest<State>): Promise<CommitAnswer<State>>;
}

interface Waiting {
  event: PathwayEvent;
  outcome?: Outcome;
}

const ANSWERED_KEPT = 200;
/** A workflow is behind by at most what was stored while it was away; each round catches up with all of it. */
const ROUNDS = 100;

export async function runPathway<State>(
  decider: Decider<State>,
  input: PathwayInput<State>,
  again: (input: PathwayInput<State>) => Promise<unknown>,
): Promise<Pick<Carried<State>, 'version' | 'runs'>> {
  // Few events, but gone with the workflow task if the worker dies: right for what the pathway itself will do again.
  const cheap = wf.proxyLocalActivities<Acts<State>>({ startToCloseTimeout: '3s', retry: { maximumAttempts: 1 } });
  // The decision is in the history before Postgres is touched: whoever dies, it is tried again until it is known.
  const sure = wf.proxyActivities<Acts<State>>({ startToCloseTimeout: '10s', retry: { initialInterval: '500ms', maximumInterval: '5s' } });

  let { version, state, runs } = input.carried ?? { version: 0, state: decider.initial, runs: 0 };
  state = upToDate(decider, state);
  const answered = new Map<string, Outcome>(input.carried?.answered);
  const queue: Waiting[] = (input.carried?.facts ?? []).map((event) => ({ event }));
  if (!input.carried) queue.push({ event: { kind: 'command', at: Date.now(), ...input.first } });
  let busy = false;
  let stillborn = false;

  for (const name of decider.commands) {
    const asEvent = ({ actor, input, ifVersion }: Command): PathwayEvent => ({
      kind: 'command',
      name,
      id: wf.currentUpdateInfo()?.id ?? '',
      at: Date.now(),
      actor,
      input,
      ...(ifVersion === undefined ? {} : { ifVersion }),
    });
    const handle = async (command: Command): Promise<Outcome> => {
      const waiting: Waiting = { event: asEvent(command) };
      queue.push(waiting);
      await wf.condition(() => waiting.outcome !== undefined);
      return waiting.outcome as Outcome; // a refusal is a value: it was recorded before it is answered
    };
    // Refuses without a trace, and only when that cannot be wrong: idle, not a repeat, and not behind what the caller saw.
    const validator = (command: Command): void => {
      const event = asEvent(command);
      if (busy || queue.length > 0 || answered.has(event.id) || command.seen > version || dueNow()) return;
      const verdict = judge(event);
      if (!verdict.ok) throw wf.ApplicationFailure.nonRetryable(verdict.refusal.code, 'Refused', verdict.refusal);
    };
    wf.setHandler(wf.defineUpdate<Outcome, [Command]>(name), handle, { validator });
  }
  for (const name of decider.facts)
    wf.setHandler(wf.defineSignal<[Fact]>(name), ({ id, input }) => {
      queue.push({ event: { kind: 'fact', name, id, at: Date.now(), actor: null, input } });
    });

  // For operators and tests: whether workflow and Postgres agree.
  wf.setHandler(wf.defineQuery<number>('version'), () => version);

  function judge(event: PathwayEvent): Verdict<State> {
    if (event.ifVersion !== undefined && event.ifVersion !== version) return { ok: false, refusal: { code: 'version-changed' } };
    return decider.decide(state, event);
  }

  async function commit(request: CommitRequest<State>): Promise<CommitAnswer<State>> {
    const path = input.path ?? 'mixed';
    // The creating command stands in the start itself: whoever dies, the pathway takes it up again. Any other one is known from its activity only.
    const standsInStart = input.creation === 'local' && request.event.id === input.first.id;
    if (path === 'normal' || (path === 'mixed' && request.event.kind === 'command' && !standsInStart)) return sure.commit(request);
    return cheap.commit(request).catch(() => sure.commit(request));
  }

  /** undefined: an obligation that the stored decisions had already met. */
  async function take(event: PathwayEvent): Promise<Outcome | undefined> {
    const known = answered.get(event.id);
    if (known) return known;
    for (let round = 0; round < ROUNDS; round++) {
      if (event.kind === 'due' && !decider.obligations(state).some(({ id }) => id === event.id)) return undefined;
      const verdict = judge(event);
      const { outcome, log } = await commit({
        pathwayId: input.id,
        kind: decider.kind,
        key: stepKey(input.id, event.id),
        expect: version,
        event,
        verdict,
      });
      for (const decision of log) {
        state = evolve(state, decision);
        version++;
      }
      if (!outcome) continue; // we were behind: judge again on the state we now have
      if (event.kind !== 'due') remember(event.id, outcome);
      return outcome;
    }
    throw new Error('The commit never settled.'); // fails the task, not the workflow: it goes on once whatever is wrong is mended
  }

  function remember(id: string, outcome: Outcome): void {
    answered.set(id, outcome);
    for (const oldest of answered.keys()) {
      if (answered.size <= ANSWERED_KEPT) break;
      answered.delete(oldest);
    }
  }

  let alarm: { at: number; scope: wf.CancellationScope } | undefined;
  function setAlarm(at: number | undefined): void {
    if (alarm?.at === at) return; // unchanged deadline: no events
    alarm?.scope.cancel();
    alarm = undefined;
    if (at === undefined) return;
    const mine = { at, scope: new wf.CancellationScope() };
    alarm = mine;
    const rung = () => {
      if (alarm === mine) alarm = undefined;
    };
    mine.scope.run(() => wf.sleep(Math.max(1, at - Date.now()))).then(rung, () => {});
  }

  const callersWait = () => queue.some(({ event }) => event.kind === 'command') || !wf.allHandlersFinished();
  // A pathway whose creation was refused has nothing to wait for.
  const isOver = () => decider.ended(state) || stillborn;
  const nextDue = (): Obligation | undefined => (isOver() ? undefined : earliest(decider.obligations(state)));
  const dueNow = (): Obligation | undefined => {
    const due = nextDue();
    return due && due.at <= Date.now() ? due : undefined;
  };

  for (;;) {
    const { continueAsNewSuggested, historyLength } = wf.workflowInfo();
    const full = continueAsNewSuggested || historyLength > input.eventCap;
    const ended = isOver();
    if (full || ended) {
      // An accepted Update would fail with the run: its caller is answered first. Facts that wait are carried over.
      await wf.condition(() => queue.some(({ event }) => event.kind === 'command') || wf.allHandlersFinished());
      if (!callersWait() && ended && queue.length === 0) return { version, runs: runs + 1 };
      if (!callersWait() && !ended) {
        const carried: Carried<State> = { version, state, answered: [...answered], facts: queue.map(({ event }) => event), runs: runs + 1 };
        return (await wf.continueAsNew<typeof again>({ ...input, carried })) as never;
      }
    }
    // What came due comes before what was asked later: a deadline does not wait for the command that missed it.
    const due = dueNow();
    const waiting = due ? undefined : queue.shift();
    const event = waiting?.event ?? (due && { kind: 'due' as const, name: due.name, id: due.id, actor: null, input: null });
    if (event) {
      busy = true;
      const outcome = await take({ ...event, at: Date.now() });
      if (waiting && outcome) waiting.outcome = outcome;
      if (version === 0 && outcome?.ok === false) stillborn = true;
      busy = false;
      continue;
    }
    if (full || ended) continue; // callers wait but have not queued yet
    setAlarm(nextDue()?.at);
    const armed = alarm;
    await wf.condition(() => queue.length > 0 || alarm !== armed);
  }
}
