/** Replays recorded histories with a bundle, to find out whether its workflows would have decided as those before them did. */
import { type Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { History } from '../platform/pathway-runs.ts';
import { dataConverter } from '../platform/temporal.ts';

/** One run of a pathway. */
export interface RecordedRun {
  /** How a person finds the run again: by its pathway and id, or by its file. */
  title: string;
  workflowId: string;
  history: History;
}

export interface ReplayResult {
  title: string;
  /** Undefined when the bundle replays the history as it is. */
  difference?: Difference;
}

export interface Difference {
  /** The first event that the workflow would not have led to; undefined where Temporal names none. */
  event?: { id: number; type: string };
  reason: string;
}

/** Yields one result for each run, in order. The bundle is loaded once. */
export async function* replay(codePath: string, runs: AsyncIterable<RecordedRun> | Iterable<RecordedRun>): AsyncGenerator<ReplayResult> {
  let current: RecordedRun | undefined;
  async function* histories() {
    for await (const run of runs) {
      current = run;
      yield run;
    }
  }
  // A replay runs in debug mode by default, in which a workflow that never ends its turn would hold up everything for ever.
  const options = { workflowBundle: { codePath }, dataConverter, debugMode: false };
  for await (const { error } of Worker.runReplayHistories(options, histories())) {
    // Temporal takes one run at a time, so the result belongs to the run that was handed over last.
    if (current) yield { title: current.title, ...(error ? { difference: toDifference(error, current.history) } : {}) };
  }
}

/** Temporal says only in the text of its error what differs. */
function toDifference(error: Error, history: History): Difference {
  const message = /message: "((?:[^"\\]|\\.)*)"/.exec(error.message)?.[1] ?? error.message;
  const reason = message.replace(/^\[\w+\] /, '').replace(/^Nondeterminism error: /, '');
  const event = readEvent(reason) ?? findLocalActivityEvent(reason, history);
  if (event) return { reason, event };
  return { reason: error instanceof DeterminismViolationError ? reason : `the workflow failed: ${reason}` };
}

function readEvent(reason: string): Difference['event'] {
  const [, id, type] = /HistoryEvent\(id: (\d+), (\w+)\)/.exec(reason) ?? [];
  return id && type ? { id: Number(id), type } : undefined;
}

/** The error names a local activity by its number in the run, which the marker of the activity holds too. */
function findLocalActivityEvent(reason: string, { events }: History): Difference['event'] {
  const number = /LocalActivity\((\d+)\)/.exec(reason)?.[1];
  if (!number) return undefined;
  const marker = events?.find(({ markerRecordedEventAttributes }) => {
    const data = markerRecordedEventAttributes?.details?.data?.payloads?.[0]?.data;
    return data && (JSON.parse(Buffer.from(data).toString()) as { seq?: number }).seq === Number(number);
  });
  return marker && { id: Number(marker.eventId), type: 'MarkerRecorded' };
}

/** Returns what a person reads: `first differing event 14 TimerStarted (…)`. */
export const describeDifference = ({ event, reason }: Difference): string =>
  event ? `first differing event ${event.id} ${event.type} (${reason})` : reason;

const ignore = (): void => {};

/** Must be given to Runtime.install before the first replay. It silences Temporal's own warnings, because a difference is the result here. */
export const quietRuntime: Parameters<typeof Runtime.install>[0] = {
  logger: { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
  telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
};
