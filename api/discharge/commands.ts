/** The commands on an episode: how they are checked, and what the pathway is asked. What people write stays in the command's row. */
import type { z } from '@hono/zod-openapi';
import { findInstitution, listDepartments } from '../../db/directory/directory.ts';
import { type EpisodeRecord, findNumbers } from '../../db/discharge/episodes.ts';
import { findProtocol } from '../../db/follow-up/protocols.ts';
import type { Database } from '../../db/kit/database.ts';
import type {
  AddOrder,
  AnswerConversation,
  AnswerTriage,
  Brief,
  ChangeOrder,
  Educate,
  EpisodeCommandName,
  Reconcile,
  RecordContact,
  RecordVisit,
  ReportedOrder,
  ReportOrders,
  ReportResult,
  SetRisk,
  TellResult,
  TellResults,
} from '../../domain/discharge/events.ts';
import { isReported } from '../../domain/discharge/in-stay.ts';
import type { PatientNumbers } from '../../domain/discharge/ladder.ts';
import { findOrder } from '../../domain/discharge/orders.ts';
import type { NewOrder, RecordPlan } from '../../domain/discharge/plan-input.ts';
import { findItem, findTemplate, isKnownItem } from '../../domain/discharge/templates.ts';
import { needsReferral } from '../../domain/discharge/triage-actions.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import type { CommandRequest, CommandSteps } from '../kit/commands.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import type {
  AddOrderBody,
  BriefBody,
  ChangeOrderBody,
  ContactBody,
  ConversationBody,
  EducateBody,
  OnEpisodeBody,
  PlanBody,
  ReasonBody,
  ReconcileBody,
  ReportBody,
  ReportOrdersBody,
  ReportResultBody,
  SetRiskBody,
  TellResultBody,
  TellResultsBody,
  TriageBody,
  VisitBody,
} from './bodies.ts';
import {
  checkReports,
  newIdFor,
  type OrderInput,
  type TextsOfOrders,
  toGivenOrder,
  toNewOrders,
  toReports,
  unknownItem,
} from './order-input.ts';
import { renderEpisode } from './resource.ts';

/** The steps of a command: `toInput` says what the pathway gets, `toTexts` what stays in the row. */
export function stepsOf<Body extends OnEpisodeBody, Checked>(
  name: EpisodeCommandName,
  {
    check,
    toInput,
    toTexts,
  }: {
    check: (request: CommandRequest<Body, EpisodeRecord>) => Promise<Checked>;
    toInput: (body: Body, checked: Checked) => object;
    toTexts: (body: Body, checked: Checked) => Record<string, unknown>;
  },
): CommandSteps<Body, EpisodeRecord, Checked> {
  return {
    async check(request) {
      checkPast('at', request.body.at, request.resource);
      checkAdmitted(request.body.at, request.resource);
      return check(request);
    },
    command: ({ body, resource: { id, version } }, checked) => {
      const { patientId, at } = body;
      const input = { ...toInput(body, checked), patientId, doneAt: at === undefined ? undefined : Date.parse(at) };
      return { kind: 'discharge', pathwayId: id, name, input, texts: toTexts(body, checked), seen: version };
    },
    render: renderEpisode,
  };
}

/** Nothing is recorded before it has happened. Throws Problem 422. */
function checkPast(field: string, instant: string | undefined, record: EpisodeRecord): void {
  if (instant !== undefined && Date.parse(instant) > pathwayNow(record))
    throw invalidRequestProblem(field, { zh: '尚未到来', en: 'lies in the future' });
}

/** Nothing of a stay is done before the admission. Throws Problem 422. */
function checkAdmitted(at: string | undefined, { state: { standing } }: EpisodeRecord): void {
  const admittedAt = standing?.admittedAt ?? null;
  if (at !== undefined && admittedAt !== null && Date.parse(at) < admittedAt)
    throw invalidRequestProblem('at', { zh: '早于入院时间', en: 'lies before the admission' });
}

const noteOf = ({ note }: { note?: string | undefined }): Record<string, unknown> => (note === undefined ? {} : { note });

export const briefSteps = stepsOf<z.output<typeof BriefBody>, undefined>('brief', {
  check: async () => undefined,
  toInput: ({ expectedDays }): Brief => ({ expectedDays }),
  toTexts: ({ patientId: _, at: __, ...told }) => told,
});

export const tellResultsSteps = stepsOf<z.output<typeof TellResultsBody>, undefined>('tell-results', {
  async check({ body: { numbers }, resource: { state } }) {
    numbers.forEach((number, index) => {
      if (!isReported(state, number)) throw invalidRequestProblem(`numbers.${index}`, { zh: '没有这个检查结果', en: 'no such result' });
    });
  },
  toInput: ({ numbers }): TellResults => ({ numbers }),
  toTexts: ({ toldTo }) => ({ toldTo }),
});

export const educateSteps = stepsOf<z.output<typeof EducateBody>, undefined>('educate', {
  check: async () => undefined,
  toInput: ({ understood }): Educate => ({ understood }),
  toTexts: ({ topics }) => ({ topics }),
});

interface PreparedOrders {
  orders: NewOrder[];
  texts: TextsOfOrders;
}

/** Throws Problem 422. */
async function checkHandover(db: Database, { handover }: z.output<typeof PlanBody>): Promise<void> {
  if (handover?.to !== 'follow-up') return;
  const protocol = await findProtocol(db, handover.protocol);
  if (protocol?.status !== 'published')
    throw invalidRequestProblem('handover.protocol', { zh: '没有已发布的此方案', en: 'no such protocol is published' });
}

export const recordPlanSteps = stepsOf<z.output<typeof PlanBody>, PreparedOrders & { itemIds: Record<string, string> }>('record-plan', {
  async check({ deps, body, resource }) {
    const { templates } = resource.state;
    await checkHandover(deps.db, body);
    const template = findTemplate(templates, body.template);
    if (body.template !== undefined && !template) throw invalidRequestProblem('template', { zh: '没有这个模板', en: 'no such template' });
    (body.without ?? []).forEach((code, index) => {
      if (!findItem(template, code)) throw unknownItem(`without.${index}`);
    });
    const prepared = toNewOrders(
      resource,
      body.orders.map((order, index) => ({ body: order, path: `orders.${index}` })),
    );
    return { ...prepared, itemIds: Object.fromEntries((template?.items ?? []).map(({ id }) => [id, newIdFor(resource)])) };
  },
  toInput: (body, { orders, itemIds }): RecordPlan => ({
    template: body.template ?? null,
    without: body.without ?? [],
    information: {
      responsibleClinician: body.responsibleClinician !== '',
      instructions: body.instructions !== '',
      noMedication: body.noMedication === true,
      noPendingResults: body.noPendingResults === true,
    },
    operatedOn: body.operatedOn ?? null,
    site: body.site ?? null,
    joint: body.joint ?? null,
    riskInputs: body.riskInputs,
    orders,
    itemIds,
    linkConsent: body.linkConsent,
    handover: body.handover ?? null,
  }),
  toTexts: ({ patientId: _, at: __, ...plan }, { texts }) => ({ ...plan, ofOrders: texts }),
});

/** What was reported of orders on an occasion. */
interface Reported {
  reports: ReportedOrder[];
  ofEvidence: TextsOfOrders;
}

function prepareReports(
  { resource, actor }: Pick<CommandRequest<unknown, EpisodeRecord>, 'resource' | 'actor'>,
  orders: readonly ReportBody[] | undefined,
): Reported {
  const prepared = toReports(orders);
  checkReports(resource, prepared.reports, actor.role);
  return prepared;
}

const CALL_LATER_DAYS = 3;

export const recordContactSteps = stepsOf<z.output<typeof ContactBody>, Reported & { numbers: PatientNumbers }>('record-contact', {
  async check(request) {
    const { deps, resource } = request;
    const { outcome, channel, callAt, contact, orders } = request.body;
    const numbers = resource.simulated?.numbers ?? (await findNumbers(deps.db, resource.state.patientId));
    if ((outcome === 'call-later') !== (callAt !== undefined))
      throw invalidRequestProblem('callAt', { zh: '仅在稍后再联系时填写', en: 'belongs to call-later' });
    const now = pathwayNow(resource);
    if (callAt !== undefined && (Date.parse(callAt) <= now || Date.parse(callAt) > now + CALL_LATER_DAYS * DAY_MS))
      throw invalidRequestProblem('callAt', { zh: '须在今后 3 天内', en: 'within the next 3 days' });
    if ((channel === 'second-phone') !== (contact !== undefined))
      throw invalidRequestProblem('contact', { zh: '拨打其他联系电话时填写', en: 'belongs to second-phone' });
    if (contact !== undefined && contact >= numbers.familyContacts)
      throw invalidRequestProblem('contact', { zh: '没有这位联系人', en: 'no such contact' });
    return { ...prepareReports(request, orders), numbers };
  },
  toInput: ({ channel, outcome, callAt, contact, symptoms }, { numbers, reports }): RecordContact => ({
    channel,
    outcome,
    contact,
    ...numbers,
    symptoms,
    orders: reports,
    callAt: callAt === undefined ? undefined : Date.parse(callAt),
  }),
  toTexts: (body, { ofEvidence }) => ({ ...noteOf(body), ofEvidence }),
});

export const recordVisitSteps = stepsOf<z.output<typeof VisitBody>, Reported>('record-visit', {
  async check(request) {
    checkPast('visitedAt', request.body.visitedAt, request.resource);
    return prepareReports(request, request.body.orders);
  },
  toInput: ({ visitedAt, mode, symptoms }, { reports }): RecordVisit => ({
    visitedAt: Date.parse(visitedAt),
    mode,
    symptoms,
    orders: reports,
  }),
  toTexts: (body, { ofEvidence }) => ({ ...noteOf(body), ofEvidence }),
});

export const reconcileSteps = stepsOf<z.output<typeof ReconcileBody>, undefined>('reconcile', {
  async check({ body: { medicines }, resource: { state } }) {
    const ordered = state.orders.filter(({ given }) => given.kind === 'medicine').map(({ id }) => id);
    medicines.forEach(({ orderId }, index) => {
      if (orderId !== undefined && !ordered.includes(orderId))
        throw invalidRequestProblem(`medicines.${index}.orderId`, { zh: '没有这个用药医嘱', en: 'no such medicine' });
    });
    const named = new Set(medicines.map(({ orderId }) => orderId));
    if (ordered.some((id) => !named.has(id)))
      throw invalidRequestProblem('medicines', { zh: '须包括每一种出院带药', en: 'each medicine of the discharge is needed' });
  },
  toInput: ({ medicines, discrepancies }): Reconcile => ({ medicines: medicines.length, discrepancies: discrepancies?.length ?? 0 }),
  toTexts: ({ medicines, discrepancies }) => ({ medicines, ...(discrepancies ? { discrepancies } : {}) }),
});

export const addOrderSteps = stepsOf<z.output<typeof AddOrderBody>, PreparedOrders>('add-order', {
  check: async ({ body, resource }) => toNewOrders(resource, [{ body: body.order, path: 'order' }]),
  toInput: (_, { orders }): Omit<AddOrder, 'order'> & { order: NewOrder | undefined } => ({ order: orders[0] }),
  toTexts: (_, { texts }) => ({ ofOrders: texts }),
});

export const changeOrderSteps = stepsOf<z.output<typeof ChangeOrderBody>, OrderInput>('change-order', {
  async check({ body: { orderId, order }, resource: { state } }) {
    if (!findOrder(state, orderId)) throw invalidRequestProblem('orderId', { zh: '没有这个医嘱事项', en: 'no such order' });
    if (order.item !== undefined && !isKnownItem(state.templates, order.item)) throw unknownItem('order.item');
    return toGivenOrder(state, order);
  },
  toInput: ({ orderId }, { given }): ChangeOrder => ({ orderId, order: given }),
  toTexts: ({ orderId }, { text }) => ({ ofOrders: { [orderId]: text } }),
});

export const reportOrdersSteps = stepsOf<z.output<typeof ReportOrdersBody>, Reported>('report-orders', {
  check: async (request) => prepareReports(request, request.body.orders),
  toInput: (_, { reports }): ReportOrders => ({ orders: reports }),
  toTexts: (_, { ofEvidence }) => ({ ofEvidence }),
});

export const answerConversationSteps = stepsOf<z.output<typeof ConversationBody>, PreparedOrders>('answer-conversation', {
  async check({ body: { conversationId, decision, order }, resource }) {
    if (!resource.state.conversations.some(({ id }) => id === conversationId))
      throw invalidRequestProblem('conversationId', { zh: '没有这次沟通', en: 'no such conversation' });
    if (order !== undefined && decision !== 'replace')
      throw invalidRequestProblem('order', { zh: '仅在更换时填写', en: 'belongs to replace' });
    return toNewOrders(resource, order ? [{ body: order, path: 'order' }] : []);
  },
  toInput: ({ conversationId, decision }, { orders }): AnswerConversation => ({ conversationId, decision, order: orders[0] }),
  toTexts: (body, { texts }) => ({ ...noteOf(body), ofOrders: texts }),
});

export const triageSteps = stepsOf<z.output<typeof TriageBody>, string>('triage', {
  async check({ deps, body: { triageId, action, referral }, resource }) {
    if (!resource.state.triages.some(({ id }) => id === triageId))
      throw invalidRequestProblem('triageId', { zh: '没有这次分诊', en: 'no such triage' });
    if (referral !== undefined && !needsReferral({ action }))
      throw invalidRequestProblem('referral', { zh: '仅在转诊或按急症处理时填写', en: 'belongs to refer and emergency' });
    await checkReferredTo(deps.db, referral);
    return newIdFor(resource);
  },
  toInput: ({ triageId, action }, referralId): AnswerTriage => ({ triageId, action, ...(needsReferral({ action }) ? { referralId } : {}) }),
  toTexts: (body) => ({ ...noteOf(body), ...(body.referral ? { referral: body.referral } : {}) }),
});

const MOST_DEPARTMENTS = 500;

/** Throws Problem 422. */
async function checkReferredTo(
  db: Database,
  { toInstitutionId, toDepartmentId }: NonNullable<z.output<typeof TriageBody>['referral']> = {},
) {
  if (toInstitutionId === undefined) {
    if (toDepartmentId !== undefined)
      throw invalidRequestProblem('referral.toInstitutionId', { zh: '须与科室一并填写', en: 'is needed with a department' });
    return;
  }
  if ((await findInstitution(db, toInstitutionId))?.kind !== 'hospital')
    throw invalidRequestProblem('referral.toInstitutionId', { zh: '没有这家医院', en: 'no such hospital' });
  const ofHospital = { institutionId: toInstitutionId };
  const { items } = toDepartmentId === undefined ? { items: [] } : await listDepartments(db, ofHospital, { limit: MOST_DEPARTMENTS });
  if (toDepartmentId !== undefined && !items.some(({ id }) => id === toDepartmentId))
    throw invalidRequestProblem('referral.toDepartmentId', { zh: '该医院没有此科室', en: 'no such department of that hospital' });
}

const checkResultOrder = ({ body: { orderId }, resource: { state } }: { body: { orderId: string }; resource: EpisodeRecord }): void => {
  if (findOrder(state, orderId)?.given.kind !== 'pending-result')
    throw invalidRequestProblem('orderId', { zh: '没有这个待报结果', en: 'no such pending result' });
};

export const reportResultSteps = stepsOf<z.output<typeof ReportResultBody>, undefined>('report-result', {
  async check(request) {
    checkResultOrder(request);
    checkPast('resultAt', request.body.resultAt, request.resource);
  },
  toInput: ({ orderId, resultAt, abnormal, critical }): ReportResult => ({
    orderId,
    resultAt: Date.parse(resultAt),
    abnormal,
    critical: critical === true,
  }),
  toTexts: () => ({}),
});

export const tellResultSteps = stepsOf<z.output<typeof TellResultBody>, undefined>('tell-result', {
  async check(request) {
    checkResultOrder(request);
  },
  toInput: ({ orderId }): TellResult => ({ orderId }),
  toTexts: ({ toldTo }) => ({ toldTo }),
});

export const setRiskSteps = stepsOf<z.output<typeof SetRiskBody>, undefined>('set-risk', {
  check: async () => undefined,
  toInput: ({ level }): SetRisk => ({ level }),
  toTexts: ({ reason }) => ({ note: reason }),
});

/** Commands that take nothing but why. */
export const reasonSteps = (name: 'withdraw' | 'reopen') =>
  stepsOf<z.output<typeof ReasonBody>, undefined>(name, {
    check: async () => undefined,
    toInput: () => ({}),
    toTexts: ({ reason }) => ({ note: reason }),
  });
