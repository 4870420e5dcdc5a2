/** Referrals: create, read, act on. */

import { z } from '@hono/zod-openapi';
import { findMeantByQuery } from '../../db/directory/named-patients.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { listReferrals } from '../../db/referral/referrals.ts';
import { obligationsOf } from '../../domain/referral/clocks.ts';
import { referralStatuses } from '../../domain/referral/status-words.ts';
import { commandOperation } from '../kit/command-operation.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { reachOf } from '../kit/reach.ts';
import { Flag, Id, Instant, Month, PageQuery, pageOf, ReasonSchema, SearchText, timelineReasons, toIso } from '../kit/schemas.ts';
import { NextObligationSchema, TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { auditReferralRead, findVisibleReferral, isFormer, ReferralById, uuidPattern, visibleFilter, visibleTimeline } from './access.ts';
import { createReferralSteps, NewReferral, type TriggerForm, triggerForms, triggerSteps } from './commands.ts';
import { editDraftOperation } from './edit-draft.ts';
import { operationOf, ReferralSchema, referralReply, referralResource } from './resource.ts';

const tag = 'referral';

// --- act ----------------------------------------------------------------------------

const createReferral = commandOperation({
  ...createReferralSteps,
  id: 'createReferral',
  path: '/v1/referrals',
  tag,
  summary: '新建转诊（草稿或直接发出） / Create a referral, as a draft or sent at once',
  body: NewReferral,
  answers: { 201: { description: 'Created', schema: ReferralSchema } },
  headersOf: ({ body }) => ({ location: `/v1/referrals/${Created.parse(body).id}` }),
});

const Created = z.object({ id: z.string() });

const triggerOperation = ({ trigger, summary, body }: TriggerForm): Operation =>
  commandOperation({
    ...triggerSteps(trigger),
    id: operationOf[trigger],
    path: `/v1/referrals/{id}/${trigger}`,
    tag,
    summary,
    params: ReferralById,
    body,
    answers: { 200: { description: 'Done', schema: ReferralSchema } },
    find: findVisibleReferral,
  });

// --- read ---------------------------------------------------------------------------

const getReferral = operation({
  id: 'getReferral',
  method: 'get',
  path: '/v1/referrals/{id}',
  tag,
  summary: '查看转诊 / Read a referral',
  params: ReferralById,
  answers: { 200: { description: 'The referral', schema: ReferralSchema } },
  find: findVisibleReferral,
  async handle(request) {
    await auditReferralRead(request, 'referral.read');
    return referralReply(request.resource, request.caller, 200);
  },
});

const businessStatuses = ['in-progress/5.1.1', 'in-progress/5.1.2', 'in-progress/5.1.3', 'in-progress/5.1.4', 'in-progress/5.2'] as const;

const listReferralsOperation = operation({
  id: 'listReferrals',
  method: 'get',
  path: '/v1/referrals',
  tag,
  summary: '转诊列表，新的在前 / Referrals, newest first',
  query: z.strictObject({
    ...PageQuery,
    status: z
      .array(z.enum([...referralStatuses, ...businessStatuses]))
      .optional()
      .openapi({ description: '状态，可重复 / The status; given more than once, any of them' }),
    departmentId: Id.optional(),
    month: Month.optional().openapi({ description: '建立月份 / The month of creation' }),
    query: SearchText.optional(),
    direction: z.enum(['up', 'down']).optional(),
    urgency: z.enum(['urgent', 'same-day', 'routine']).optional(),
    institutionId: Id.optional(),
    patientId: Id.optional(),
    overdue: Flag.optional(),
  }),
  repeatable: ['status'],
  answers: { 200: { description: 'A page of referrals', schema: pageOf(ReferralSchema) } },
  async handle(request) {
    const { deps, caller, actor, query, requestId } = request;
    const { limit, cursor, query: text, ...filter } = query;
    const before = decodeCursor(cursor, z.string().regex(uuidPattern));
    const visible = visibleFilter(caller, await reachOf(request));
    const meant = text === undefined ? undefined : await findMeantByQuery(deps.db, text);
    const rows = await listReferrals(deps.db, { ...filter, meant, ...visible }, { limit, before });
    const shown = toPage(
      rows,
      limit,
      (row) => row.id,
      (row) => referralResource(row, caller),
    );
    await auditRead(deps.db, {
      actor,
      action: 'referral.list',
      targetType: 'referral',
      targetId: null,
      patientIds: shown.items.map((item) => item.patientId),
      requestId,
    });
    return { status: 200, body: shown };
  },
});

const getTimeline = operation({
  id: 'getReferralTimeline',
  method: 'get',
  path: '/v1/referrals/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: ReferralById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleReferral,
  async handle(request) {
    const rows = await visibleTimeline(request);
    await auditReferralRead(request, 'referral.timeline.read');
    return { status: 200, body: timelineResource('referral', rows) };
  },
});

const WhySchema = z
  .strictObject({
    state: z.string().nullable(),
    since: Instant.nullable(),
    because: z.array(ReasonSchema),
    next: z.array(NextObligationSchema),
  })
  .openapi('ReferralWhy');

const getWhy = operation({
  id: 'getReferralWhy',
  method: 'get',
  path: '/v1/referrals/{id}/why',
  tag,
  summary: '为什么是这个状态、接下来会发生什么 / Why it stands where it stands, and what comes next',
  params: ReferralById,
  answers: { 200: { description: 'The reasons of the latest decision and what comes due', schema: WhySchema } },
  find: findVisibleReferral,
  async handle(request) {
    const rows = await visibleTimeline(request);
    await auditReferralRead(request, 'referral.why.read');
    const last = rows.at(-1);
    const former = isFormer(request.resource.state, request.caller);
    const next = former ? [] : obligationsOf(request.resource.state).sort((a, b) => a.at - b.at);
    return {
      status: 200,
      body: {
        state: last?.to ?? null,
        since: toIso(last?.happenedAt),
        because: timelineReasons('referral', last?.because ?? []),
        next: next.map(({ id, name, at }) => ({
          obligation: name === 'rung' ? `rung-${id.split(':')[1]}` : name,
          at: new Date(at).toISOString(),
        })),
      },
    };
  },
});

export const referralOperations: Operation[] = [
  createReferral,
  editDraftOperation,
  listReferralsOperation,
  getReferral,
  getTimeline,
  getWhy,
  ...triggerForms.map(triggerOperation),
];
