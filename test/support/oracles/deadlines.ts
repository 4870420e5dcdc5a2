/** Checks that a pathway still keeps its time: pushes its clock over the next instant at which, by Postgres, something is due. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';
import { type Decision, type PathwayEvent, workflowId } from '../../../domain/kit/pathway.ts';
import { readClockOffsetMs, skipTime } from '../../../platform/time-skipping.ts';

/** On a busy machine the worker takes a moment to act on a timer, and that moment passes on the pathway's clock too. */
const LATE_AT_MOST_MS = 20_000;
const PAST_IT_MS = 60_000;

/** Pushes the clock over the next due instant. @returns what is wrong; nothing when the obligation was met, once, at its instant */
export async function findMissedDeadline(
  { db, client }: { db: Database; client: Client },
  pathwayId: string,
  withinMs = 60_000,
): Promise<string[]> {
  const before = await readPathway(db, pathwayId);
  // The pathway has ended, or every rung has fired and people have to act.
  if (!before.nextDueAt) return [];
  const dueAt = before.nextDueAt.getTime();
  await pushClock({ db, client }, pathwayId, before.kind, dueAt);
  const giveUpAt = Date.now() + withinMs;
  while ((await readPathway(db, pathwayId)).version === before.version) {
    if (Date.now() > giveUpAt) return [`${pathwayId} had something due at ${before.nextDueAt.toISOString()}, and nothing happened`];
    await sleep(50);
  }
  const rows = await db
    .selectFrom('decision')
    .select(['event', 'decision'])
    .where('pathway_id', '=', pathwayId)
    .where('version', '=', before.version + 1)
    .execute();
  const next = rows[0];
  if (!next) return [`${pathwayId} had something due, and nothing came`];
  const { kind } = next.event as PathwayEvent;
  const { at } = next.decision as Decision<unknown>;
  if (kind !== 'due') return [`${pathwayId} had something due, and a ${kind} came first`];
  return at >= dueAt && at <= dueAt + LATE_AT_MOST_MS
    ? []
    : [`${pathwayId} had something due at ${before.nextDueAt.toISOString()}, and it happened at ${new Date(at).toISOString()}`];
}

async function pushClock({ db, client }: { db: Database; client: Client }, pathwayId: string, kind: string, dueAt: number): Promise<void> {
  const target = workflowId(kind, pathwayId);
  const ahead = dueAt - (Date.now() + (await readClockOffsetMs(client, target)));
  // An obligation that is due already is acted on by the worker, without any further event.
  if (ahead < 0) return;
  await skipTime(client, target, ahead + PAST_IT_MS, randomUUID());
  const offset = await readClockOffsetMs(client, target);
  await sql`update pathway set clock_offset_ms = ${offset} where id = ${pathwayId}`.execute(db);
}

function readPathway(db: Database, id: string) {
  return db
    .selectFrom('pathway')
    .select(['version', 'kind', 'status', 'next_due_at as nextDueAt'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}
