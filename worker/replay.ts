/** Runs recorded histories through a bundle: whether today's workflows would have decided as those before them did. */
import { type Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
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
  /** The first event that the workflow would not have led to; undefined where Temporal names none. */
  event?: { id: number; type: string };
  reason: string;
}

/** One result for each run, in order. The bundle is loaded once. */
export async function* replay(codePath: string, runs: AsyncIterable<RecordedRun> | Iterable<RecordedRun>): AsyncGenerator<Replayed> {
  let current: RecordedRun | undefined;
  async function* histories() {
    for await (const run of runs) {
      current = run;
      yield run;
    }
  }
  // In debug mode, the default of a replay, a workflow that never ends its turn would hold everything up.
  const options = { workflowBundle: { codePath }, debugMode: false };
  for await (const { error } of Worker.runReplayHistories(options, histories())) {
    // One run at a time: the result is that of the last one handed over.
    if (current) yield { title: current.title, ...(error ? { difference: understand(error, current.history) } : {}) };
  }
}

/** Temporal tells what differs in the text of its error only. */
function understand(error: Error, history: History): Difference {
  const said = /message: "((?:[^"\\]|\\.)*)"/.exec(error.message)?.[1] ?? error.message;
  const reason = said.replace(/^\[\w+\] /, '').replace(/^Nondeterminism error: /, '');
  const event = namedEvent(reason) ?? localActivityEvent(reason, history);
  if (event) return { reason, event };
  return { reason: error instanceof DeterminismViolationError ? reason : `the workflow failed: ${reason}` };
}

function namedEvent(reason: string): Difference['event'] {
  const [, id, type] = /HistoryEvent\(id: (\d+), (\w+)\)/.exec(reason) ?? [];
  return id && type ? { id: Number(id), type } : undefined;
}

/** Local activities are named by their number in the run; their marker carries it. */
function localActivityEvent(reason: string, { events }: History): Difference['event'] {
  const number = /LocalActivity\((\d+)\)/.exec(reason)?.[1];
  if (!number) return undefined;
  const marker = events?.find(({ markerRecordedEventAttributes }) => {
    const data = markerRecordedEventAttributes?.details?.data?.payloads?.[0]?.data;
    return data && (JSON.parse(Buffer.from(data).toString()) as { seq?: number }).seq === Number(number);
  });
  return marker && { id: Number(marker.eventId), type: 'MarkerRecorded' };
}

/** What a person reads: `first differing event 14 TimerStarted (…)`. */
export const describeDifference = ({ event, reason }: Difference): string =>
  event ? `first differing event ${event.id} ${event.type} (${reason})` : reason;

const nothing = (): void => {};

/** For Runtime.install, before the first replay: what differs is the result here, not something to warn of as well. */
export const quietRuntime: Parameters<typeof Runtime.install>[0] = {
  logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
};
