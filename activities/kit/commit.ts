/**
 * One decision, one transaction: the decision, the command's outcome, the pathway's row, its own tables, tasks, timeline, audit entry and messages.
 * Fenced by the version that the workflow knows, deduplicated by the step's key; see workflows/kit/run-pathway.ts for the other half.
 */
import { appendAudit, system } from '../../db/kit/audit.ts';
import { type CommandToCommit, findCommandToCommit, storeOutcome } from '../../db/kit/commands.ts';
import type { Database } from '../../db/kit/database.ts';
import { endPathway, findDecidedVersion, insertDecision, listDecisionsAfter, lockPathway, updatePathway } from '../../db/kit/decisions.ts';
import { longFormOf, shortFormOf, storeBlanks } from '../../db/kit/documents.ts';
import { isIntegrityViolation } from '../../db/kit/integrity.ts';
import { reconcileSubjects } from '../../db/kit/pathway-subjects.ts';
import { lockClaimedTasks, reconcileTasks } from '../../db/kit/pathway-tasks.ts';
import { keepersOfRefused } from '../../db/kit/registry.ts';
import { appendTimeline } from '../../db/kit/timeline.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { queueMessages } from '../../db/messages/queue-messages.ts';
import { escalationsOf } from '../../domain/kit/escalations.ts';
import { type Decision, evolve, findEarliest, type PathwayTask, type Refusal, withNewFields } from '../../domain/kit/pathway.ts';
import { type AnyDecider, findDecider } from '../../domain/kit/registry.ts';
import { toStoredDecision } from '../../domain/kit/stored-decision.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import type { CommitAnswer, CommitRequest, Outcome } from '../../workflows/kit/pathway.ts';
import type { Projected, Projection } from './projection.ts';
import { projectionOf } from './registry.ts';

/** A request with what the transaction has found for it. */
interface Step {
  request: CommitRequest<unknown>;
  decider: AnyDecider;
  projection: Projection<unknown>;
  before: unknown;
  /** Undefined for a fact, for an obligation, and for a command whose row is missing. */
  command: CommandToCommit | undefined;
}

/**
 * Throws only when nothing was written; the caller tries again with the same key. It acts for the service: a decision writes more than its actor
 * may see, a task of another institution for instance.
 */
export async function commit(db: Database, request: CommitRequest<unknown>): Promise<CommitAnswer<unknown>> {
  const decider = findDecider(request.kind);
  if (!decider) throw new Error(`No pathway of the kind ${request.kind}.`);
  await storeBlanks(db, decider.blanks ?? []);
  const attempt = (tried: CommitRequest<unknown>) =>
    inTransaction(db, { system: true, part: 'commits' }, async (trx) => withEventName(await commitIn(trx, decider, tried), tried));
  try {
    return await attempt(request);
  } catch (error) {
    const refusal = request.event.kind === 'command' ? refusalOfTables(decider, error) : undefined;
    if (!refusal) throw error;
    // What a constraint has refused once it refuses for ever: the person who asked is told so, instead of waiting for an answer that never comes.
    return attempt({ ...request, verdict: { ok: false, refusal } });
  }
}

/** A history holds the answer of a local activity and not what it was asked. */
function withEventName(answer: CommitAnswer<unknown>, { event }: CommitRequest<unknown>): CommitAnswer<unknown> {
  const isSaid = !answer.outcome || (answer.outcome.ok && (answer.log.at(-1)?.entries.length ?? 0) > 0);
  return isSaid ? answer : { ...answer, event: event.name };
}

/** A race that both sides of it were allowed to begin ends at a constraint of the tables. */
function refusalOfTables(decider: AnyDecider, error: unknown): Refusal | undefined {
  const refusal = projectionOf(decider.kind).refusalOfError?.(error);
  return refusal ?? (isIntegrityViolation(error) ? { code: 'conflicts-with-records' } : undefined);
}

async function commitIn(trx: Trx, decider: AnyDecider, request: CommitRequest<unknown>): Promise<CommitAnswer<unknown>> {
  const { pathwayId, kind, expect } = request;
  const [{ version, state }, committed] = await Promise.all([lockPathway(trx, { id: pathwayId, kind }), findCommitted(trx, request)]);
  if (!committed.outcome && version === expect) {
    const projection = projectionOf(decider.kind);
    const before = withNewFields(decider, await longFormOf(trx, state ?? decider.initial));
    return commitStep(trx, { request, decider, projection, before, command: committed.command });
  }
  // The workflow evolves only from these: everything that it has not seen.
  const log = await listDecisionsAfter(trx, pathwayId, expect);
  return { ...(committed.outcome ? { outcome: committed.outcome } : {}), log };
}

/** What the step has come to, if it was committed before: a command's row says so, of anything else its decision does. */
async function findCommitted(
  trx: Trx,
  { key, event }: CommitRequest<unknown>,
): Promise<{ command?: CommandToCommit | undefined; outcome?: Outcome | undefined }> {
  if (event.kind === 'command') {
    const command = await findCommandToCommit(trx, event.id);
    return { command, outcome: command?.outcome ?? undefined };
  }
  const version = await findDecidedVersion(trx, key);
  return { outcome: version === undefined ? undefined : { ok: true, version } };
}

async function commitStep(trx: Trx, step: Step): Promise<CommitAnswer<unknown>> {
  const { verdict } = step.request;
  const refusal = await findRefusal(trx, step);
  if (refusal) return commitRefusal(trx, step, refusal);
  if (!verdict.ok) throw new Error('A refusal without a reason.');
  return commitDecision(trx, step, verdict.decision);
}

async function commitRefusal(trx: Trx, step: Step, refusal: Refusal): Promise<CommitAnswer<unknown>> {
  const { request, decider, before } = step;
  const outcome: Outcome = { ok: false, refusal };
  await Promise.all([
    auditStep(trx, step, decider.summary(before), { outcome: 'refused', code: refusal.code }),
    request.expect === 0 ? endPathway(trx, request.pathwayId, new Date(request.event.at)) : undefined,
    keepOutcome(trx, step, outcome),
    keepOfRefused(trx, step, refusal),
  ]);
  return { outcome, log: [] };
}

/** What matters in a command whatever else was wrong with it. */
async function keepOfRefused(trx: Trx, { request: { event, pathwayId }, decider, command }: Step, { code }: Refusal): Promise<void> {
  const { name, actor, input } = event;
  if (event.kind !== 'command' || !command || !actor) return;
  const refused = { pathwayId, name, actor, input, requestId: command.requestId, at: new Date(event.at) };
  await keepersOfRefused[decider.kind]?.(trx, refused, code);
}

/** Everything is begun in this order and travels together; only what has to know the answer to a question waits for it. */
async function commitDecision(trx: Trx, step: Step, decision: Decision<unknown>): Promise<CommitAnswer<unknown>> {
  const { request, decider } = step;
  const { pathwayId, key, event } = request;
  const projected = projectedOf(step, decision);
  const { after, texts } = projected;
  const version = request.expect + 1;
  const outcome: Outcome = { ok: true, version };
  const summary = decider.summary(after);
  const ended = decider.ended(after);
  const tasks = decider.tasks(after);
  const next = ended ? undefined : findEarliest(decider.obligations(after));
  const happenedAt = new Date(decision.at);
  const [stored] = await Promise.all([
    insertDecision(trx, {
      pathwayId,
      version,
      key,
      event: shortFormOf(trx, event),
      decision: toStoredDecision(shortFormOf(trx, step.before) as object, shortFormOf(trx, decision) as Decision<object>),
    }),
    updatePathway(trx, pathwayId, {
      version,
      state: shortFormOf(trx, after),
      institutionId: summary.institutionId,
      patientId: summary.patientId === decider.summary(step.before).patientId ? undefined : summary.patientId,
      nextDueAt: next ? new Date(next.at) : null,
      overdueAt: overdueAt(tasks),
      endedAt: ended ? happenedAt : null,
    }),
    // Messages before tasks: a call goes to whoever holds the task that this decision may close.
    queueMessages(trx, pathwayId, decision),
    reconcileTasks(trx, {
      pathwayId,
      patientId: summary.patientId,
      tasks,
      escalations: escalationsOf(decision.messages, tasks),
      at: happenedAt,
      by: event.name,
      // A task that has become needless because of a fact, or because something was taken back, is no work that somebody has done.
      closedAs: event.kind === 'fact' || decider.takesBack?.includes(event.name) ? 'withdrawn' : 'done',
    }),
    appendTimeline(trx, {
      pathwayId,
      version,
      happenedAt,
      actor: event.actor,
      entries: decision.entries,
      note: typeof texts.note === 'string' ? texts.note : null,
    }),
    auditStep(trx, step, summary, { outcome: 'done', code: null }),
    keepOutcome(trx, step, outcome),
    project(trx, step, projected),
  ]);
  // The workflow evolves from the decision as it is stored, like every replay of it under later rules.
  return { outcome, log: [stored] };
}

/** The pathway's subjects before its tables: what the projection publishes reaches whoever holds its subject. */
async function project(trx: Trx, { request, decider, before, projection }: Step, projected: Projected<unknown>): Promise<void> {
  const held = decider.summary(before).subjects ?? [];
  const holds = decider.summary(projected.after).subjects ?? [];
  await reconcileSubjects(trx, { pathwayId: request.pathwayId, decider, event: request.event, before: held, after: holds });
  await projection.project(trx, projected);
}

/** Of a command alone: its row is where the person who asked finds the answer. */
async function keepOutcome(trx: Trx, { request: { event } }: Step, outcome: Outcome): Promise<void> {
  if (event.kind === 'command') await storeOutcome(trx, event.id, outcome, new Date(event.at));
}

const projectedOf = ({ request, before, command }: Step, decision: Decision<unknown>): Projected<unknown> => ({
  pathwayId: request.pathwayId,
  before,
  after: evolve(before, decision),
  event: request.event,
  decision,
  texts: command?.texts ?? {},
});

/** The projection knows what only the database can say, such as whether a slot is free, so it may refuse what the decider has allowed. */
async function findRefusal(trx: Trx, step: Step): Promise<Refusal | undefined> {
  const { request, projection, before, command } = step;
  const { pathwayId, event, verdict } = request;
  // A command is decided from its stored row: without the row it is unknown who asked, and the answer has no place to stand.
  if (event.kind === 'command' && !command) return { code: 'command-unknown' };
  if (!verdict.ok) return verdict.refusal;
  if (await lockClaimedTasks(trx, pathwayId, verdict.decision.requires?.tasksUnclaimed ?? [])) {
    const { status } = before as { status?: string | null };
    return { code: 'transition-not-allowed', state: status ?? null };
  }
  return projection.refuse?.(trx, projectedOf(step, verdict.decision));
}

async function auditStep(
  trx: Trx,
  { request, decider, command }: Step,
  { institutionId, patientId }: ReturnType<AnyDecider['summary']>,
  result: { outcome: 'done' | 'refused'; code: string | null },
): Promise<void> {
  const { pathwayId, event } = request;
  await appendAudit(trx, {
    happenedAt: new Date(event.at),
    actor: event.actor ?? system,
    institutionId: event.actor?.institutionId ?? institutionId,
    action: `${decider.kind}.${event.name}`,
    targetType: decider.kind,
    targetId: pathwayId,
    patientId,
    ...result,
    requestId: command?.requestId ?? null,
  });
}

/** The instant at which the first of the open tasks is late. */
function overdueAt(tasks: readonly PathwayTask[]): Date | null {
  const dues = tasks.map(({ clock }) => instantOf(clock, 100)).filter((at): at is number => at !== undefined);
  return dues.length > 0 ? new Date(Math.min(...dues)) : null;
}
