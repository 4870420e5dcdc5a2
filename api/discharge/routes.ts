/** Episodes after a stay in hospital: act on one, read it, list them. */
import { z } from '@hono/zod-openapi';
import { type EpisodeRecord, listEpisodes } from '../../db/discharge/episodes.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { timelineOf } from '../../db/kit/timeline.ts';
import { obligationsOf } from '../../domain/discharge/due.ts';
import type { EpisodeCommandName } from '../../domain/discharge/events.ts';
import { commandOperation } from '../kit/command-operation.ts';
import type { CommandSteps } from '../kit/commands.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { institutionsWithin, reachOf } from '../kit/reach.ts';
import { PageQuery, pageOf } from '../kit/schemas.ts';
import { NextObligationSchema, TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { auditEpisodeRead, EpisodeById, findVisibleEpisode } from './access.ts';
import {
  AddOrderBody,
  BriefBody,
  ChangeOrderBody,
  ContactBody,
  ConversationBody,
  EducateBody,
  type OnEpisodeBody,
  PlanBody,
  ReasonBody,
  ReconcileBody,
  ReportOrdersBody,
  ReportResultBody,
  RevokeLinkBody,
  SendLinkBody,
  SetRiskBody,
  TellResultBody,
  TellResultsBody,
  TriageBody,
  VisitBody,
} from './bodies.ts';
import {
  addOrderSteps,
  answerConversationSteps,
  briefSteps,
  changeOrderSteps,
  educateSteps,
  reasonSteps,
  reconcileSteps,
  recordContactSteps,
  recordPlanSteps,
  recordVisitSteps,
  reportOrdersSteps,
  reportResultSteps,
  setRiskSteps,
  tellResultSteps,
  tellResultsSteps,
  triageSteps,
} from './commands.ts';
import { dischargeDocumentOperations } from './documents.ts';
import { EpisodeFilterQuery, exportEpisodes } from './episode-table.ts';
import { revokeLinkSteps, sendLinkSteps } from './link-commands.ts';
import { linkOperations } from './link-routes.ts';
import { EpisodeReasonSchema, toReasons } from './parts.ts';
import { EpisodeSchema, episodeReply, episodeResource, operationOf } from './resource.ts';
import { dischargeSheetOperations } from './sheet.ts';
import { listDischargeTemplates } from './templates.ts';

const tag = 'discharge';

// --- act ----------------------------------------------------------------------------

/** What every command on an episode has. */
const onEpisode = { tag, params: EpisodeById, answers: { 200: { description: 'Done', schema: EpisodeSchema } }, find: findVisibleEpisode };

/** `path` is the name of the command. */
const episodeCommand = <Body extends z.ZodType<OnEpisodeBody>, Checked>(
  name: EpisodeCommandName,
  summary: string,
  body: Body,
  steps: CommandSteps<z.output<Body>, EpisodeRecord, Checked>,
): Operation => commandOperation({ ...onEpisode, ...steps, id: operationOf[name], path: `/v1/episodes/{id}/${name}`, summary, body });

const commandOperations: Operation[] = [
  episodeCommand('brief', '入院说明 / Brief the patient', BriefBody, briefSteps),
  episodeCommand('tell-results', '告知检查结果 / Record that results were told', TellResultsBody, tellResultsSteps),
  episodeCommand('educate', '出院宣教 / Record what was taught', EducateBody, educateSteps),
  episodeCommand('record-plan', '登记出院计划 / Record the discharge plan', PlanBody, recordPlanSteps),
  episodeCommand('add-order', '增加医嘱事项 / Add an order', AddOrderBody, addOrderSteps),
  episodeCommand('change-order', '更改医嘱事项 / Change an order', ChangeOrderBody, changeOrderSteps),
  episodeCommand('report-orders', '登记医嘱事项完成情况 / Report what became of orders', ReportOrdersBody, reportOrdersSteps),
  episodeCommand('record-contact', '登记联系 / Record an attempt to reach the patient', ContactBody, recordContactSteps),
  episodeCommand('record-visit', '登记出院后就诊 / Record a visit after the discharge', VisitBody, recordVisitSteps),
  episodeCommand('reconcile', '核对用药 / Reconcile the medicines', ReconcileBody, reconcileSteps),
  episodeCommand('answer-conversation', '登记沟通结果 / Record what was agreed on', ConversationBody, answerConversationSteps),
  episodeCommand('triage', '分诊 / Judge what was told', TriageBody, triageSteps),
  episodeCommand('report-result', '登记检查结果 / Record that a result came', ReportResultBody, reportResultSteps),
  episodeCommand('tell-result', '登记已告知结果 / Record that a result was told', TellResultBody, tellResultSteps),
  episodeCommand('set-risk', '设定风险等级 / Set the level of risk', SetRiskBody, setRiskSteps),
  episodeCommand('send-link', '发送查看链接 / Send a link to the patient or to a contact', SendLinkBody, sendLinkSteps),
  episodeCommand('revoke-link', '撤销查看链接 / Revoke a link', RevokeLinkBody, revokeLinkSteps),
  episodeCommand('withdraw', '退出出院后管理 / Withdraw the patient', ReasonBody, reasonSteps('withdraw')),
  episodeCommand('reopen', '重新开启 / Open it again', ReasonBody, reasonSteps('reopen')),
];

// --- read ---------------------------------------------------------------------------

const getEpisode = operation({
  id: 'getEpisode',
  method: 'get',
  path: '/v1/episodes/{id}',
  tag,
  summary: '查看出院后安排 / Read an episode',
  params: EpisodeById,
  answers: { 200: { description: 'The episode', schema: EpisodeSchema } },
  find: findVisibleEpisode,
  async handle(request) {
    await auditEpisodeRead(request, 'discharge.read');
    return episodeReply(request.resource, request.caller, 200);
  },
});

const getTimeline = operation({
  id: 'getEpisodeTimeline',
  method: 'get',
  path: '/v1/episodes/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: EpisodeById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleEpisode,
  async handle(request) {
    await auditEpisodeRead(request, 'discharge.timeline.read');
    return { status: 200, body: timelineResource('discharge', await timelineOf(request.deps.db, request.resource.id)) };
  },
});

const WhySchema = z
  .strictObject({
    duties: z.array(z.strictObject({ duty: z.string(), because: z.array(EpisodeReasonSchema) })),
    next: z.array(NextObligationSchema),
  })
  .openapi('EpisodeWhy');

const getWhy = operation({
  id: 'getEpisodeWhy',
  method: 'get',
  path: '/v1/episodes/{id}/why',
  tag,
  summary: '为什么是这些日期 / Why these dates',
  params: EpisodeById,
  answers: { 200: { description: 'Down to rule, clause and value', schema: WhySchema } },
  find: findVisibleEpisode,
  async handle(request) {
    const { state } = request.resource;
    await auditEpisodeRead(request, 'discharge.why.read');
    return {
      status: 200,
      body: {
        duties: state.duties.map(({ duty, because }) => ({ duty, because: toReasons(because) })),
        next: obligationsOf(state)
          .toSorted((a, b) => a.at - b.at)
          .map(({ name, at }) => ({ obligation: name, at: new Date(at).toISOString() })),
      },
    };
  },
});

const listEpisodesOperation = operation({
  id: 'listEpisodes',
  method: 'get',
  path: '/v1/episodes',
  tag,
  summary: '出院后安排列表，新的在前 / Episodes, newest first',
  query: z.strictObject({ ...PageQuery, ...EpisodeFilterQuery }),
  answers: { 200: { description: 'A page of episodes', schema: pageOf(EpisodeSchema) } },
  async handle(request) {
    const { deps, caller, actor, query, requestId } = request;
    const { limit, cursor, ...filter } = query;
    const before = decodeCursor(cursor, z.uuid());
    const institutionIds = institutionsWithin(await reachOf(request));
    const rows = await listEpisodes(deps.db, filter, { limit: limit + 1, before, institutionIds });
    const shown = toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => episodeResource(row, caller),
    );
    await auditRead(deps.db, {
      actor,
      action: 'discharge.list',
      targetType: 'discharge',
      targetId: null,
      patientIds: shown.items.map(({ patientId }) => patientId),
      requestId,
    });
    return { status: 200, body: shown };
  },
});

export const dischargeOperations: Operation[] = [
  listDischargeTemplates,
  ...dischargeDocumentOperations,
  listEpisodesOperation,
  exportEpisodes,
  getEpisode,
  getTimeline,
  getWhy,
  ...dischargeSheetOperations,
  ...commandOperations,
  ...linkOperations,
];
