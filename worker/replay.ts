/** Runs recorded histories through a bundle: whether today's workflows would have decided as those before them did. */
import { type Runtime, Worker } from '@temporalio/worker';
import type { History } from '../platform/pathway-runs.ts';

/** One run of a pathway. */
export interface RecordedRun {
  /** how a person finds it: the pathway and the run, or a file */
  title: string;
  workflowId: string;
  history: History;
}

export interface Replayed {
  title: string;
  /** undefined: the bundle takes the history as it is */
  difference?: Difference;
}

export interface Difference {
  /** The first event that the workflow would not have led to; undefined when the workflow itself failed. */
  event?: { id: number; type: string };
  reason: string;
}

/** One result for each run, in order. The bundle is loaded once. */
export async function* replay(codePath: string, runs: AsyncIterable<RecordedRun> | Iterable<RecordedRun>): AsyncGenerator<Replayed> {
  let current = '';
  async function* histories() {
    for await (const { title, workflowId, history } of runs) {
      current = title;
      yield { workflowId, history };
    }
  }
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, histories())) {
    yield { title: current, ...(error ? { difference: understand(error) } : {}) };
  }
}

/** Temporal tells what differs in the text of its error only. */
function understand({ message }: Error): Difference {
  const said = /message: "((?:[^"\\]|\\.)*)"/.exec(message)?.[1] ?? message;
  const reason = said.replace(/^\[\w+\] /, '').replace(/^Nondeterminism error: /, '');
  const event = /HistoryEvent\(id: (\d+), (\w+)\)/.exec(reason);
  return { reason, ...(event?.[1] && event[2] ? { event: { id: Number(event[1]), type: event[2] } } : {}) };
}

export function describeDifference({ event, reason }: Difference): string {
  const where = event ? `first differing event ${event.id} ${event.type}` : 'the workflow failed';
  return `${where} (${reason})`;
}

const nothing = (): void => {};

/** For Runtime.install, before the first replay: what differs is the result here, not something to warn of as well. */
export const quietRuntime: Parameters<typeof Runtime.install>[0] = {
  logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
};
