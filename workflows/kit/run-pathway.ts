/**
 * This file makes a pure decider durable. The workflow takes one event at a time. The truth is the log of decisions in Postgres; the workflow decides
 * what enters it and keeps the time.
 *
 * An event is decided and then committed by one activity, which writes nothing at another version and writes each step once. The state then follows
 * from the decisions that the commit returns and never from the workflow's own verdict, so that workflow and Postgres cannot drift apart when one of
 * them was killed in between.
 */
import * as wf from '@temporalio/workflow';
import {
  type Decider,
  evolve,
  findEarliest,
  type Obligation,
  type PathwayEvent,
  stepKey,
  type Verdict,
  withNewFields,
} from '../../domain/kit/pathway.ts';
import type { CarriedState, CommandArgument, CommitAnswer, CommitRequest, FactArgument, Outcome, PathwayInput } from './pathway.ts';

/** 200 outcomes cover every command that somebody may still repeat. */
const OUTCOMES_KEPT = 200;
/** Those of the last hours go on into the next run. Any older one is found by the commit, in the command's row. */
const OUTCOMES_CARRIED = 20;
/** Each attempt catches up with everything that was stored while the workflow was away, so one or two are enough: 100 of them mean a defect. */
const COMMIT_ATTEMPTS = 100;

interface CommitActivities<State> {
  commit(request: CommitRequest<State>): Promise<CommitAnswer<State>>;
}

/** An event that waits for its turn. The handler of a command waits for `outcome`. */
interface QueuedEvent {
  event: PathwayEvent;
  outcome?: Outcome;
}

type PathwayResult = Pick<CarriedState<unknown>, 'version' | 'runs'>;

/** Runs a pathway until it is over. `workflow` is the workflow itself: a long pathway is continued as a new run of it. */
export function runPathway<State>(
  decider: Decider<State>,
  input: PathwayInput<State>,
  workflow: (input: PathwayInput<State>) => Promise<unknown>,
): Promise<PathwayResult> {
  return new PathwayRun(decider, input).run(workflow);
}

class PathwayRun<State> {
  readonly #decider: Decider<State>;
  readonly #input: PathwayInput<State>;
  #version: number;
  #state: State;
  readonly #runs: number;
  /** The outcomes of the latest commands and facts, by event id, so that a repeated one gets the outcome of the first. */
  readonly #outcomes: Map<string, Outcome>;
  readonly #queue: QueuedEvent[];
  #isDeciding = false;
  /** True once the creating command was refused: the run then ends, because such a pathway has nothing to wait for. */
  #creationRefused = false;
  #alarm: { at: number; scope: wf.CancellationScope } | undefined;

  /**
   * A local activity costs few history events, but what it has done is lost to the history when the worker dies before its workflow task is
   * over. The step is then taken up again: an obligation by the pathway itself, a command by Temporal, which brings the Update again, or, when
   * Temporal has died as well, by the relay, which sends every command until it is acknowledged. Until then Postgres is ahead of the pathway.
   */
  readonly #localActivities = wf.proxyLocalActivities<CommitActivities<State>>({
    startToCloseTimeout: '3s',
    retry: { maximumAttempts: 1 },
  });
  /** A normal activity is in the history before it touches Postgres, so it is tried again until its outcome is known, also when a process dies. */
  readonly #normalActivities = wf.proxyActivities<CommitActivities<State>>({
    startToCloseTimeout: '10s',
    retry: { initialInterval: '500ms', maximumInterval: '5s' },
  });

  /** The constructor registers the handlers of all commands and facts, so it has to run before the workflow waits for anything. */
  constructor(decider: Decider<State>, input: PathwayInput<State>) {
    const { carried } = input;
    this.#decider = decider;
    this.#input = input;
    this.#version = carried?.version ?? 0;
    this.#state = withNewFields(decider, carried?.state ?? decider.initial);
    this.#runs = carried?.runs ?? 0;
    this.#outcomes = new Map(carried?.answered);
    this.#queue = (carried?.facts ?? []).map((event) => ({ event }));
    if (!carried) this.#queue.push({ event: { kind: 'command', at: Date.now(), ...input.first } });
    for (const name of decider.commands) this.#listenToCommand(name);
    for (const name of decider.facts) this.#listenToFact(name);
    // Operators and tests ask for it to see whether workflow and Postgres agree.
    wf.setHandler(wf.defineQuery<number>('version'), () => this.#version);
  }

  async run(workflow: (input: PathwayInput<State>) => Promise<unknown>): Promise<PathwayResult> {
    for (;;) {
      const isOver = this.#isOver();
      const mustEnd = isOver || this.#isLong();
      if (mustEnd) {
        // An accepted Update would fail with the run, so its caller is answered first. Facts that wait are carried over.
        await wf.condition(() => this.#hasQueuedCommand() || wf.allHandlersFinished());
        const callersWait = this.#hasQueuedCommand() || !wf.allHandlersFinished();
        if (!callersWait && isOver && this.#queue.length === 0) return { version: this.#version, runs: this.#runs + 1 };
        if (!callersWait && !isOver)
          return (await wf.continueAsNew<typeof workflow>({ path: 'local', ...this.#input, carried: this.#toCarry() })) as never;
      }
      // An obligation that is due is decided before queued commands, so that a command which came after a deadline cannot undo the deadline.
      const due = this.#findDue();
      const queued = due ? undefined : this.#queue.shift();
      if (due) await this.#process({ event: { kind: 'due', name: due.name, id: due.id, at: due.at, actor: null, input: null } });
      else if (queued) await this.#process(queued);
      // A run that must end does not wait for a timer, because the command of a caller is about to be queued.
      else if (!mustEnd) await this.#waitForNextEvent();
    }
  }

  #listenToCommand(name: string): void {
    const toEvent = (command: CommandArgument): PathwayEvent => {
      const { actor, ifVersion } = command;
      const id = wf.currentUpdateInfo()?.id ?? '';
      return {
        kind: 'command',
        name,
        id,
        at: Date.now(),
        actor,
        input: 'input' in command ? command.input : this.#inputInStart(id),
        ...(ifVersion === undefined ? {} : { ifVersion }),
      };
    };
    const handler = async (command: CommandArgument): Promise<Outcome> => {
      const queued: QueuedEvent = { event: toEvent(command) };
      this.#queue.push(queued);
      await wf.condition(() => queued.outcome !== undefined);
      // A refusal is returned like any outcome and not thrown, because the commit has recorded it.
      return queued.outcome as Outcome;
    };
    const validator = (command: CommandArgument): void => this.#refuseEarly(toEvent(command), command.seen);
    wf.setHandler(wf.defineUpdate<Outcome, [CommandArgument]>(name), handler, { validator });
  }

  /** Throws an ApplicationFailure for another command than the one in the start: its sender is mistaken, and sends it again whole. */
  #inputInStart(commandId: string): unknown {
    const { first } = this.#input;
    if (commandId !== first.id) throw wf.ApplicationFailure.nonRetryable('The command came without its input.', 'InputMissing');
    return first.input;
  }

  #listenToFact(name: string): void {
    wf.setHandler(wf.defineSignal<[FactArgument]>(name), ({ id, input }) => {
      this.#queue.push({ event: { kind: 'fact', name, id, at: Date.now(), actor: null, input } });
    });
  }

  /**
   * Refuses a command without a trace in the history, and only when that cannot be wrong: nothing else is being decided, the command is no
   * repetition, and the workflow is not behind what the caller has seen. Throws an ApplicationFailure of the type Refused.
   */
  #refuseEarly(event: PathwayEvent, seenVersion: number): void {
    if (this.#isDeciding || this.#queue.length > 0 || this.#outcomes.has(event.id)) return;
    if (seenVersion > this.#version || this.#findDue()) return;
    const verdict = this.#decide(event);
    if (!verdict.ok) throw wf.ApplicationFailure.nonRetryable(verdict.refusal.code, 'Refused', verdict.refusal);
  }

  async #process(queued: QueuedEvent): Promise<void> {
    this.#isDeciding = true;
    const outcome = await this.#decideAndCommit({ ...queued.event, at: Date.now() });
    if (outcome) queued.outcome = outcome;
    if (this.#version === 0 && outcome?.ok === false) this.#creationRefused = true;
    this.#isDeciding = false;
  }

  /**
   * Returns undefined for an obligation that one of the stored decisions has met already, which shows once the workflow has caught up with
   * Postgres.
   */
  async #decideAndCommit(event: PathwayEvent): Promise<Outcome | undefined> {
    const known = this.#outcomes.get(event.id);
    if (known) return known;
    for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
      if (event.kind === 'due' && !this.#isStillOwed(event.id)) return undefined;
      const { outcome, log } = await this.#commit({
        pathwayId: this.#input.id,
        kind: this.#decider.kind,
        key: stepKey(this.#input.id, event.id),
        expect: this.#version,
        event,
        verdict: this.#decide(event),
      });
      for (const decision of log) {
        this.#state = evolve(this.#state, decision);
        this.#version++;
      }
      // Without an outcome the workflow was behind Postgres, so it decides again on the state that it now has.
      if (!outcome) continue;
      if (event.kind !== 'due') this.#keepOutcome(event.id, outcome);
      return outcome;
    }
    // An error that is no ApplicationFailure fails the workflow task only. Temporal tries the task again, so the pathway goes on once the
    // defect is mended.
    throw new Error('The commit never settled.');
  }

  #decide(event: PathwayEvent): Verdict<State> {
    if (event.ifVersion !== undefined && event.ifVersion !== this.#version) return { ok: false, refusal: { code: 'version-changed' } };
    return this.#decider.decide(this.#state, event);
  }

  async #commit(request: CommitRequest<State>): Promise<CommitAnswer<State>> {
    if (this.#takesNormalActivity(request.event)) return this.#normalActivities.commit(request);
    return this.#localActivities.commit(request).catch(() => this.#normalActivities.commit(request));
  }

  /** Histories of pathways that older code has begun have a normal activity for each command, of the oldest for the creating one too. */
  #takesNormalActivity({ kind, id }: PathwayEvent): boolean {
    const { path = 'mixed', creation, first } = this.#input;
    if (path !== 'mixed') return path === 'normal';
    return kind === 'command' && !(creation === 'local' && id === first.id);
  }

  #keepOutcome(eventId: string, outcome: Outcome): void {
    this.#outcomes.set(eventId, outcome);
    for (const oldest of this.#outcomes.keys()) {
      if (this.#outcomes.size <= OUTCOMES_KEPT) break;
      this.#outcomes.delete(oldest);
    }
  }

  async #waitForNextEvent(): Promise<void> {
    this.#setAlarm(this.#findObligation()?.at);
    const alarm = this.#alarm;
    await wf.condition(() => this.#queue.length > 0 || this.#alarm !== alarm);
  }

  /** Sets the one timer of the pathway. An unchanged instant costs no history events. */
  #setAlarm(at: number | undefined): void {
    if (this.#alarm?.at === at) return;
    this.#alarm?.scope.cancel();
    this.#alarm = undefined;
    if (at === undefined) return;
    const alarm = { at, scope: new wf.CancellationScope() };
    this.#alarm = alarm;
    const clearAlarm = () => {
      if (this.#alarm === alarm) this.#alarm = undefined;
    };
    // A sleep that is rejected was cancelled by this function, which has replaced the alarm by then.
    alarm.scope.run(() => wf.sleep(Math.max(1, at - Date.now()))).then(clearAlarm, () => {});
  }

  /** A long history is read again slowly whenever the pathway wakes up on another worker. */
  #isLong(): boolean {
    const { continueAsNewSuggested, historyLength, historySize } = wf.workflowInfo();
    const { eventCap, byteCap = Number.POSITIVE_INFINITY } = this.#input;
    return continueAsNewSuggested || historyLength > eventCap || historySize > byteCap;
  }

  #isOver(): boolean {
    return this.#decider.ended(this.#state) || this.#creationRefused;
  }

  #hasQueuedCommand(): boolean {
    return this.#queue.some(({ event }) => event.kind === 'command');
  }

  /** Returns the next obligation, due or not. */
  #findObligation(): Obligation | undefined {
    return this.#isOver() ? undefined : findEarliest(this.#decider.obligations(this.#state));
  }

  #findDue(): Obligation | undefined {
    const obligation = this.#findObligation();
    return obligation && obligation.at <= Date.now() ? obligation : undefined;
  }

  #isStillOwed(obligationId: string): boolean {
    return this.#decider.obligations(this.#state).some(({ id }) => id === obligationId);
  }

  #toCarry(): CarriedState<State> {
    return {
      version: this.#version,
      state: this.#state,
      answered: [...this.#outcomes].slice(-OUTCOMES_CARRIED),
      facts: this.#queue.map(({ event }) => event),
      runs: this.#runs + 1,
    };
  }
}
