/** When everything has settled: each command answered, each workflow idle and level with Postgres, each message gone where it belongs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';
import { workflowId } from '../../../domain/kit/pathway.ts';
import type { Answered } from '../chaos/callers.ts';
import type { ControlledSink } from '../sinks/sinks.ts';
import { eventsOfPresentRun } from './history-events.ts';

const AT_ONCE = 8;

export interface Evidence {
  db: Database;
  client: Client;
  sms: ControlledSink;
  mail: ControlledSink;
  /** what callers were told */
  answered: readonly Answered[];
}

/** @returns what is still not as it should be when the time is over */
export async function settle(read: () => Promise<string[]>, withinMs: number): Promise<string[]> {
  const patience = Date.now() + withinMs;
  for (;;) {
    const waiting = await read().catch((error: unknown) => [`cannot be read yet: ${String(error)}`]);
    if (waiting.length === 0 || Date.now() > patience) return waiting;
    await sleep(250);
  }
}

/** Stored commands without answer, facts without decision; workflows that are busy, or not level with Postgres. */
export async function findUnsettledPathways({ db, client }: Evidence): Promise<string[]> {
  const commands = await db
    .selectFrom('command')
    .select(['id', 'name', 'outcome', 'relay_attempts'])
    .where('pathway_id', 'is not', null)
    .where((eb) => eb.or([eb('outcome', 'is', null), eb('acked_at', 'is', null)]))
    .execute();
  if (commands.length > 0)
    return commands.map(
      ({ id, name, outcome, relay_attempts }) =>
        `command ${id} (${name}) ${outcome ? 'has an outcome that nobody has got from Temporal' : 'has no outcome'} after ${relay_attempts} relays`,
    );
  const facts = await db
    .selectFrom('fact_delivery')
    .select(['fact_id', 'pathway_id', 'attempts'])
    .where('settled_at', 'is', null)
    .execute();
  if (facts.length > 0)
    return facts.map(
      ({ fact_id, pathway_id, attempts }) => `${pathway_id} has not decided on the fact ${fact_id} after ${attempts} attempts`,
    );
  const pathways = await db.selectFrom('pathway').select(['id', 'kind', 'version', 'status', 'next_due_at']).execute();
  return (await eachOf(pathways, (pathway) => levelWithTemporal(client, pathway))).flat();
}

export async function findUnsettledMessages({ db }: Evidence): Promise<string[]> {
  // A message that waits for the morning or for its own hour, or that a person carries, is in its right place and does not count as unfinished.
  const isForNow = sql<boolean>`(attempts > 0 or next_attempt_at < now() + interval '1 minute')`;
  const messages = await db
    .selectFrom('message')
    .select(['key', 'status', 'attempts'])
    .where((eb) =>
      eb.or([eb('status', '=', 'undeliverable'), eb.and([eb('status', '=', 'waiting'), eb('waits_for', 'is', null), isForNow])]),
    )
    .execute();
  return messages.map(({ key, status, attempts }) => `message ${key} is ${status} after ${attempts} attempts`);
}

async function levelWithTemporal(
  client: Client,
  {
    id,
    kind,
    version,
    status,
    next_due_at,
  }: { id: string; kind: string; version: number; status: 'open' | 'ended'; next_due_at: Date | null },
): Promise<string[]> {
  const name = workflowId(kind, id);
  const handle = client.workflow.getHandle(name);
  const description = await within(client, () => handle.describe());
  const open = description.status.name === 'RUNNING';
  if (open !== (status === 'open')) return [`${name} is ${description.status.name} in Temporal and ${status} in Postgres`];
  const known = open
    ? await within(client, () => handle.query<number>('version'))
    : ((await handle.result()) as { version: number }).version;
  const busy = open ? underWay(description) : [];
  return [
    ...(known === version ? [] : [`${name} is at version ${known} in Temporal and at ${version} in Postgres`]),
    ...busy.map((what) => `${name} has ${what}`),
    ...(open && busy.length === 0 ? await alarmsBroken(client, name, next_due_at) : []),
  ];
}

/** What is due next has its timer, and nothing else has. */
async function alarmsBroken(client: Client, name: string, nextDueAt: Date | null): Promise<string[]> {
  const events = await within(client, () => eventsOfPresentRun(client, name));
  const armed = new Set(events.flatMap(({ timerStartedEventAttributes: started }) => started?.timerId ?? []));
  for (const { timerFiredEventAttributes: fired, timerCanceledEventAttributes: canceled } of events)
    armed.delete((fired ?? canceled)?.timerId ?? '');
  return armed.size === (nextDueAt === null ? 0 : 1)
    ? []
    : [`${name} has ${armed.size} timers, and due next is ${nextDueAt?.toISOString()}`];
}

/** A task that fails for ever stands here with its attempts. */
function underWay({ raw }: WorkflowExecutionDescription): string[] {
  const task = raw.pendingWorkflowTask;
  return [
    ...(task ? [`a workflow task under way, attempt ${task.attempt}`] : []),
    ...(raw.pendingActivities ?? []).map(
      ({ attempt, lastFailure }) => `an activity under way, attempt ${attempt}: ${lastFailure?.message ?? 'no failure'}`,
    ),
  ];
}

const within = <T>(client: Client, call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + 10_000, call);

/** The work for each item, a few at a time, its results in the order of the items. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let begin = 0; begin < items.length; begin += AT_ONCE)
    results.push(...(await Promise.all(items.slice(begin, begin + AT_ONCE).map(work))));
  return results;
}
