/** A workflow's history as it would be without a test's hand on its clock: what a pathway costs. */
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { fetchHistory, listRuns } from '../../../platform/pathway-runs.ts';

// Node's own loader knows only the default export of this CommonJS package; `npm run chaos` runs under it.
const { EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED, EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED } =
  proto.temporal.api.enums.v1.EventType;
const ofThePush = [EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED, EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED];

/** Of the present run alone: a run begins its timers anew, under numbers that other runs have had too. */
export async function eventsOfPresentRun(client: Client, workflowId: string): Promise<proto.temporal.api.history.v1.IHistoryEvent[]> {
  return (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
}

/** Of all runs, in order. */
export async function eventsWithoutSkipping(client: Client, workflowId: string): Promise<proto.temporal.api.history.v1.IHistoryEvent[]> {
  const { runs } = await listRuns(client, workflowId);
  const histories = await Promise.all(runs.map(({ runId }) => fetchHistory(client, workflowId, runId)));
  return histories.flatMap((history) => history?.events ?? []).filter(({ eventType }) => !ofThePush.includes(eventType as number));
}

/** What these events take, in bytes, as Temporal keeps them. */
export async function countHistoryBytes(client: Client, workflowId: string): Promise<number> {
  const events = await eventsWithoutSkipping(client, workflowId);
  return events.reduce((sum, event) => sum + proto.temporal.api.history.v1.HistoryEvent.encode(event).finish().length, 0);
}
