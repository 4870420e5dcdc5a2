/**
 * One decision, one transaction: the decision, the command's outcome, the pathway's row, its own tables, tasks, timeline, audit entry and messages.
 * Fenced by the version that the workflow knows, deduplicated by the step's key; see workflows/kit/pathway.ts for the other half.
 */
import { sql } from 'kysely';
import type { Database } from '../../db/kit/database.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { type Actor, type Decider, type Decision, earliest, evolve, type Refusal, upToDate } from '../../domain/kit/pathway.ts';
import { findDecider } from '../../domain/kit/registry.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import type { CommitAnswer, CommitRequest, Outcome } from '../../workflows/kit/pathway.ts';
import { queueMessages } from './messages.ts';
import type { Projection } from './projection.ts';
import { projectionOf } from './registry.ts';
import { reconcileTasks } from './tasks.ts';

interface StoredCommand {
  outcome: unknown;
  texts: Record<string, unknown> | null;
  request_id: string;
}

/** Throws only when nothing was written; the caller tries again with the same key. */
export async function commit(db: Database, request: CommitRequest<unknown>): Promise<CommitAnswer<unknown>> {
  return db.transaction().execute((trx) => commitIn(trx, request));
}

async function commitIn(trx: Trx, request: CommitRequest<unknown>): Promise<CommitAnswer<unknown>> {
  const { pathwayId, kind, key, expect, event } = request;
  const decider = findDecider(kind);
  if (!decider) throw new Error(`No pathway of the kind ${kind}.`);
  const projection = projectionOf(decider.kind);

  // The row is the lock: one commit a pathway at a time.
  await trx
    .insertInto('pathway')
    .values({ id: pathwayId, kind })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await trx
    .selectFrom('pathway')
    .select(['version', 'state'])
    .where('id', '=', pathwayId)
    .forUpdate()
    .executeTakeFirstOrThrow();

  const command = event.kind === 'command' ? await storedCommand(trx, event.id) : undefined;
  let outcome = event.kind === 'command' ? (command?.outcome as Outcome | null) : await decided(trx, key);
  if (!outcome && row.version === expect) {
    outcome = await judged(trx, decider, projection, request, upToDate(decider, row.state ?? decider.initial), command);
    if (event.kind === 'command')
      await trx
        .updateTable('command')
        .set({ outcome: JSON.stringify(outcome), decided_at: new Date(event.at) })
        .where('id', '=', event.id)
        .execute();
  }
  // Everything the workflow has not seen, ours included: it evolves only from these.
  const log = await trx
    .selectFrom('decision')
    .select('decision')
    .where('pathway_id', '=', pathwayId)
    .where('version', '>', expect)
    .orderBy('version')
    .execute();
  return { ...(outcome ? { outcome } : {}), log: log.map(({ decision }) => decision as Decision<unknown>) };
}

async function storedCommand(trx: Trx, id: string): Promise<StoredCommand | undefined> {
  return trx.selectFrom('command').select(['outcome', 'texts', 'request_id']).where('id', '=', id).executeTakeFirst();
}

async function decided(trx: Trx, key: string): Promise<Outcome | undefined> {
  const row = await trx.selectFrom('decision').select('version').where('key', '=', key).executeTakeFirst();
  return row && { ok: true, version: row.version };
}

async function judged(
  trx: Trx,
  decider: Decider<unknown>,
  projection: Projection<unknown>,
  request: CommitRequest<unknown>,
  before: unknown,
  command: StoredCommand | undefined,
): Promise<Outcome> {
  const { pathwayId, event, verdict, expect } = request;
  const refusal = await refusalOf(trx, projection, request, before, command);
  const { institutionId, patientId } = decider.summary(before);
  const audited = {
    happened_at: new Date(event.at),
    actor: JSON.stringify(event.actor ?? system),
    action: `${decider.kind}.${event.name}`,
    target_type: decider.kind,
    target_id: pathwayId,
    request_id: command?.request_id ?? null,
  };
  if (refusal) {
    const row = {
      ...audited,
      institution_id: event.actor?.institutionId ?? institutionId,
      patient_id: patientId,
      outcome: 'refused' as const,
      code: refusal.code,
    };
    await trx.insertInto('audit').values(row).execute();
    // Refused at its creation: nothing will ever come due.
    if (expect === 0)
      await trx
        .updateTable('pathway')
        .set({ status: 'ended', ended_at: new Date(event.at) })
        .where('id', '=', pathwayId)
        .execute();
    return { ok: false, refusal };
  }
  if (!verdict.ok) throw new Error('A refusal without a reason.');

  const { decision } = verdict;
  const version = expect + 1;
  const after = evolve(before, decision);
  const texts = command?.texts ?? {};
  const summary = decider.summary(after);
  const next = decider.ended(after) ? undefined : earliest(decider.obligations(after));
  const tasks = decider.tasks(after);
  const ended = decider.ended(after);
  const happenedAt = new Date(decision.at);

  await trx
    .insertInto('decision')
    .values({
      pathway_id: pathwayId,
      version,
      key: request.key,
      event: JSON.stringify(event),
      decision: JSON.stringify(decision),
      happened_at: happenedAt,
    })
    .execute();
  await trx
    .updateTable('pathway')
    .set({
      version,
      state: JSON.stringify(after),
      status: ended ? 'ended' : 'open',
      institution_id: summary.institutionId,
      patient_id: summary.patientId,
      next_due_at: next ? new Date(next.at) : null,
      overdue_at: overdueAt(tasks),
      ended_at: ended ? happenedAt : null,
    })
    .where('id', '=', pathwayId)
    .execute();
  await projection.project(trx, { pathwayId, before, after, event, decision, texts });
  await writeTimeline(trx, request, decision, version, texts);
  await trx
    .insertInto('audit')
    .values({
      ...audited,
      institution_id: event.actor?.institutionId ?? summary.institutionId,
      patient_id: summary.patientId,
      outcome: 'done',
    })
    .execute();
  // Messages before tasks: a call goes to whoever holds the task that this decision may close.
  await queueMessages(trx, pathwayId, decision);
  await reconcileTasks(trx, {
    pathwayId,
    patientId: summary.patientId,
    tasks,
    at: happenedAt,
    by: event.name,
    // What a fact makes needless was not done by anybody.
    closedAs: event.kind === 'fact' ? 'withdrawn' : 'done',
  });
  return { ok: true, version };
}

const system = { system: true };

/** What only the database knows may still refuse what the decider allowed. */
async function refusalOf(
  trx: Trx,
  projection: Projection<unknown>,
  { pathwayId, event, verdict }: CommitRequest<unknown>,
  before: unknown,
  command: StoredCommand | undefined,
): Promise<Refusal | undefined> {
  // Intent first: without its stored row nobody can say who asked, nor answer them.
  if (event.kind === 'command' && !command) return { code: 'command-unknown' };
  if (!verdict.ok) return verdict.refusal;
  const { decision } = verdict;
  if (await isClaimed(trx, pathwayId, decision.requires?.tasksUnclaimed ?? [])) {
    const { status } = before as { status?: string | null };
    return { code: 'transition-not-allowed', state: status ?? null };
  }
  return projection.refuse?.(trx, { pathwayId, before, after: evolve(before, decision), event, decision, texts: command?.texts ?? {} });
}

async function isClaimed(trx: Trx, pathwayId: string, taskIds: readonly string[]): Promise<boolean> {
  if (taskIds.length === 0) return false;
  const ids = taskIds.map((id) => `${pathwayId}.${id}`);
  const tasks = await trx.selectFrom('task').select('owner_id').where('id', 'in', ids).forUpdate().execute();
  return tasks.some((task) => task.owner_id !== null);
}

/** The instant at which the first of the open tasks is late. */
function overdueAt(tasks: ReturnType<Decider<unknown>['tasks']>): Date | null {
  const dues = tasks.map(({ clock }) => instantOf(clock, 100)).filter((at): at is number => at !== undefined);
  return dues.length > 0 ? new Date(Math.min(...dues)) : null;
}

async function writeTimeline(
  trx: Trx,
  { pathwayId, event }: CommitRequest<unknown>,
  decision: Decision<unknown>,
  version: number,
  texts: Record<string, unknown>,
) {
  const { last } = await trx
    .selectFrom('timeline')
    .select(({ fn }) => fn.coalesce(fn.max('seq'), sql<number>`0`).as('last'))
    .where('pathway_id', '=', pathwayId)
    .executeTakeFirstOrThrow();
  const note = typeof texts.note === 'string' ? texts.note : null;
  const rows = decision.entries.map((entry, index) => ({
    pathway_id: pathwayId,
    seq: last + 1 + index,
    version,
    happened_at: new Date(decision.at),
    actor: JSON.stringify((event.actor as Actor | null) ?? system),
    event: entry.event,
    from_status: entry.from,
    to_status: entry.to,
    because: JSON.stringify(entry.because),
    note: index === decision.entries.length - 1 ? note : null,
  }));
  if (rows.length > 0) await trx.insertInto('timeline').values(rows).execute();
}
