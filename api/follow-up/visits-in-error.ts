/** Taking a visit back that was entered in error: by whoever recorded it within a day, later by the head. */
import { z } from '@hono/zod-openapi';
import { lockResident } from '../../db/directory/resident-records.ts';
import { findEnrolment } from '../../db/follow-up/enrolments.ts';
import type { LoggedStep } from '../../db/follow-up/follow-up-log.ts';
import { type CountedIn, findRecordedVisit, loadMark, markVisitAlone, type RecordedVisit } from '../../db/follow-up/take-visit-back.ts';
import { findVisitOrigin, getUndone, isMarkedInError, markVisitInError, type UndoneVisit } from '../../db/follow-up/visits-in-error.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { followUp } from '../../domain/follow-up/decider.ts';
import type { MarkVisitInError } from '../../domain/follow-up/events.ts';
import { describeUndone } from '../../domain/follow-up/mark-visit-in-error.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import { evolve } from '../../domain/kit/pathway.ts';
import { type AnsweredCommand, type Asking, type CommandRequest, type CommandSteps, runCommand, toRefusalReply } from '../kit/commands.ts';
import { findSameRequest } from '../kit/keyed-request.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Problem } from '../kit/problem.ts';
import { reaches, reachOf } from '../kit/reach.ts';
import { pendingAnswer, Text } from '../kit/schemas.ts';
import { PersonPlanSchema, personPlan } from './visit-answer.ts';

/** The recorder may take back what they have just written; later somebody else has to look at it too. */
const OWN_WITHIN_MS = 24 * 3_600_000;

const Body = z.strictObject({ reason: Text(2_000), dryRun: z.boolean().default(false) }).openapi('VisitToMarkInError');

const Undone = z
  .strictObject({
    visitPlan: PersonPlanSchema.nullable(),
    referral: z.strictObject({ id: z.string(), becomes: z.enum(['withdrawn', 'told']) }).nullable(),
    episodes: z.array(z.strictObject({ id: z.string(), rule: z.string() })),
    tasks: z.array(z.strictObject({ id: z.string(), kind: z.string() })),
  })
  .openapi('VisitMarkedInError');

type MarkRequest = OperationRequest<{ id: string }, unknown, z.output<typeof Body>, RecordedVisit>;

async function findVisibleVisit(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<RecordedVisit | undefined> {
  const { deps, params, caller } = request;
  const recorded = await findRecordedVisit(deps.db, params.id);
  if (!recorded) return undefined;
  const { visit, followUp: counted } = recorded;
  const isOfCentre = [counted?.record.state.centreId, visit.recordedBy.institutionId].includes(caller.institutionId);
  return isOfCentre || reaches(await reachOf(request), visit.homeInstitutionId) ? recorded : undefined;
}

/** The present on the clock of the resident's follow-up, which a demonstration may have pushed forward. */
const nowOf = ({ followUp: counted }: RecordedVisit): number => (counted ? pathwayNow(counted.record) : Date.now());

const isPart = ({ visit: { id, parts } }: RecordedVisit, step: LoggedStep): boolean =>
  step.event.name === 'record-visit' && [id, ...parts.map((part) => part.id)].includes((step.event.input as { visitId: string }).visitId);

/** The instant of the recording on the same clock. */
const recordedAtOf = (recorded: RecordedVisit): number =>
  recorded.followUp?.steps.find((step) => isPart(recorded, step))?.event.at ?? recorded.visit.recordedAt.getTime();

function mayMark({ caller, resource }: Pick<MarkRequest, 'caller' | 'resource'>): boolean {
  const { visit, followUp: counted } = resource;
  if (visit.recordedBy.personId === caller.personId && recordedAtOf(resource) > nowOf(resource) - OWN_WITHIN_MS) return true;
  return caller.roles.includes('head') && [visit.homeInstitutionId, counted?.record.state.centreId].includes(caller.institutionId);
}

const markVisitInErrorOperation = operation({
  id: 'markVisitEnteredInError',
  method: 'post',
  path: '/v1/visits/{id}/mark-entered-in-error',
  tag: 'follow-up',
  summary:
    '标记随访为误录：一切按没有此次随访重新判定；dryRun 只试算 / Mark a visit as entered in error: everything is judged without it, or try that out',
  params: z.object({ id: z.uuid() }),
  body: Body,
  answers: { 200: { description: 'Marked; what that has undone, or would undo', schema: Undone }, 202: pendingAnswer },
  find: findVisibleVisit,
  may: mayMark,
  async handle(request) {
    if (request.body.dryRun) return tryMark(request);
    return request.resource.followUp ? runCommand(steps, request) : markWithoutFollowUp(request);
  },
});

export const visitInErrorOperations: Operation[] = [markVisitInErrorOperation];

// --- somebody in follow-up ----------------------------------------------------------------

const steps: CommandSteps<z.output<typeof Body>, RecordedVisit, MarkVisitInError> = {
  async check(request) {
    const { visit } = request.resource;
    // A repeated request finds its own mark, and gets its first answer.
    if (visit.isInError && !(await findSameRequest(request))) throw markedAlready();
    return buildInput(request);
  },
  command: ({ body: { reason }, resource: { followUp: counted } }, input) => {
    const { pathwayId, version } = inFollowUp(counted).record;
    return { kind: 'follow-up', pathwayId, name: 'mark-visit-in-error', input, texts: { reason, note: reason }, seen: version };
  },
  render: renderMarkedVisit,
};

const markedAlready = () => new Problem('transition-not-allowed', { members: { state: 'entered-in-error', allowed: [] } });

function inFollowUp(counted: RecordedVisit['followUp']): CountedIn {
  if (!counted) throw new Error('The visit counts in no open follow-up.');
  return counted;
}

const buildInput = ({ deps, resource }: Pick<CommandRequest<unknown, RecordedVisit>, 'deps' | 'resource'>): Promise<MarkVisitInError> =>
  loadMark(deps.db, resource.visit, inFollowUp(resource.followUp));

/** The answer to a visit that is marked. */
export async function renderMarkedVisit({ deps }: Asking, { input }: AnsweredCommand): Promise<Reply> {
  const { visitId } = input as MarkVisitInError;
  const visit = await findVisitOrigin(deps.db, visitId);
  const record = visit?.parts[0] && (await findEnrolment(deps.db, visit.parts[0].enrolmentId));
  return { status: 200, body: answerOf(await getUndone(deps.db, visitId), record?.state) };
}

const answerOf = (undone: UndoneVisit, state: FollowUpState | undefined): z.infer<typeof Undone> => ({
  visitPlan: state ? personPlan(state) : null,
  ...undone,
});

// --- somebody in no follow-up, or in one that is over -----------------------------------------

async function markWithoutFollowUp(request: MarkRequest): Promise<Reply> {
  return runOnce(request, async (trx) => {
    const { visit } = request.resource;
    await lockResident(trx, visit.patientId);
    if (await isMarkedInError(trx, visit.id)) throw markedAlready();
    return { status: 200, body: answerOf(await markAlone(trx, request), undefined) };
  });
}

const markAlone = (trx: Trx, { body: { reason }, actor, requestId, resource: { visit } }: MarkRequest): Promise<UndoneVisit> =>
  markVisitAlone(trx, visit, { reason, by: { actor, requestId } });

// --- what it would undo -----------------------------------------------------------------------

/** Does it all in a transaction that is thrown away, so that the answer is what the mark itself would answer. */
class TriedOut extends Error {}

async function tryMark(request: MarkRequest): Promise<Reply> {
  const { deps, actor, resource } = request;
  const { visit, followUp: counted } = resource;
  if (visit.isInError) throw markedAlready();
  let reply: Reply | undefined;
  try {
    await inTransaction(deps.db, actor, async (trx) => {
      reply = counted ? await tryInFollowUp(trx, request) : { status: 200, body: answerOf(await markAlone(trx, request), undefined) };
      throw new TriedOut();
    });
  } catch (error) {
    if (!(error instanceof TriedOut)) throw error;
  }
  if (!reply) throw new Error('A trial has an answer.');
  return reply;
}

async function tryInFollowUp(trx: Trx, request: MarkRequest): Promise<Reply> {
  const { body, actor, requestId, resource } = request;
  const { record } = inFollowUp(resource.followUp);
  const { state, pathwayId } = record;
  const input = await buildInput(request);
  const at = pathwayNow(record);
  const verdict = followUp.decide(state, { kind: 'command', name: 'mark-visit-in-error', id: requestId, at, actor, input });
  if (!verdict.ok) return toRefusalReply(request, verdict.refusal);
  const after = evolve(state, verdict.decision);
  const undone = await markVisitInError(trx, {
    visit: resource.visit,
    reason: body.reason,
    at: new Date(at),
    by: { actor, requestId },
    undone: describeUndone(pathwayId, state, after, input),
  });
  return { status: 200, body: answerOf(undone, after) };
}
