/** The history of a pack, a set, a load, a steriliser or a box, and of everything that shares it. */
import { z } from '@hono/zod-openapi';
import {
  findTraceSubject,
  hasBeenWithin,
  loadTrace,
  MOST_TRACE_ITEMS,
  type TraceItem,
  type TraceReach,
  type TraceSubjectType,
} from '../../db/sterile-supply/trace.ts';
import { thingTypes } from '../../domain/sterile-supply/vocabulary.ts';
import type { Caller } from '../kit/auth.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { ActorSchema, Id, Instant, ReasonSchema, timelineReasons } from '../kit/schemas.ts';
import { holdsPost, sightOf } from './posts.ts';

const typeOfParameter = {
  packId: 'pack',
  setInstanceId: 'set-instance',
  loadId: 'load',
  steriliserId: 'steriliser',
  boxId: 'transport-box',
} as const satisfies Record<string, TraceSubjectType>;
type Parameter = keyof typeof typeOfParameter;
const parameters = Object.keys(typeOfParameter) as Parameter[];

const TraceSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        happenedAt: Instant,
        recordedAt: Instant,
        late: z.boolean(),
        event: z.string(),
        thing: z.strictObject({ type: z.enum(thingTypes), id: z.string(), code: z.string().nullable() }),
        from: z.string().nullable(),
        to: z.string().nullable(),
        actor: ActorSchema,
        because: z.array(ReasonSchema),
        patientReference: z.string().optional().openapi({ description: 'for head nurse, infection control and the using centre only' }),
      }),
    ),
    packIds: z.array(z.string()),
    loadIds: z.array(z.string()),
    institutionIds: z.array(z.string()),
  })
  .openapi('Trace');

const getTrace = operation({
  id: 'getTrace',
  method: 'get',
  path: '/v1/trace',
  tag: 'sterile-supply',
  summary: '追溯：灭菌包、器械包、灭菌批次、灭菌器或周转箱 / The history of a pack, a set, a load, a steriliser or a box',
  query: z.strictObject({
    packId: Id.optional(),
    setInstanceId: Id.optional(),
    loadId: Id.optional(),
    steriliserId: Id.optional(),
    boxId: Id.optional(),
  }),
  answers: {
    200: { description: `By the time at which it happened, the oldest first; at most the newest ${MOST_TRACE_ITEMS}`, schema: TraceSchema },
  },
  async handle({ deps, caller, query }) {
    const { type, given } = askedThing(query);
    const reach = reachOf(caller);
    const subject = reach && (await findTraceSubject(deps.db, type, given));
    if (!reach || !subject || !(await hasBeenWithin(deps.db, subject, reach))) throw new Problem('not-found');
    const { items, ...ids } = await loadTrace(deps.db, subject, reach);
    return { status: 200, body: { items: items.map((item) => toResource(item, caller)), ...ids } };
  },
});

/** Throws Problem 422 unless exactly one thing is asked about. */
function askedThing(query: Partial<Record<Parameter, string | undefined>>): { type: TraceSubjectType; given: string } {
  const asked = parameters.flatMap((name) => (query[name] === undefined ? [] : [{ type: typeOfParameter[name], given: query[name] }]));
  const [only] = asked;
  if (!only || asked.length > 1)
    throw invalidRequestProblem(asked.length > 1 ? (parameters.find((name) => query[name] !== undefined) as string) : 'packId', {
      zh: `须给出且只给出一个：${parameters.join('、')}`,
      en: `give exactly one of ${parameters.join(', ')}`,
    });
  return only;
}

function reachOf(caller: Caller): TraceReach | undefined {
  const sight = sightOf(caller);
  return sight.over === 'nothing' ? undefined : sight;
}

function toResource({ actorName, actor, institutionId, patientReference, happenedAt, recordedAt, ...item }: TraceItem, caller: Caller) {
  const mayKnowPatient = holdsPost(caller, 'h', 'i') || (holdsPost(caller, 'n') && caller.institutionId === institutionId);
  return {
    ...item,
    // Things have no pathway of their own, so their reasons are said without the words of one.
    because: timelineReasons('sterile-supply', item.because),
    happenedAt: happenedAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    actor: 'system' in actor || actor.personId === 'system' ? { system: true } : { ...actor, name: actorName },
    ...(patientReference !== null && mayKnowPatient ? { patientReference } : {}),
  };
}

export const traceOperations: readonly Operation[] = [getTrace];
