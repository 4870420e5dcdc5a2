/** The link for patients as an API: a code to the number, a session for the code, and what may be read and said in it. Nobody needs an account. */
import { z } from '@hono/zod-openapi';
import { auditRead } from '../../db/kit/audit.ts';
import { stopReasons } from '../../domain/discharge/order-reports.ts';
import { symptoms } from '../../domain/discharge/rules.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant, pendingAnswer } from '../kit/schemas.ts';
import { actorOfLink, askForCode, isSession, type OpenedLink, openLink, openSession, sessionIn } from './link-access.ts';
import { LinkOrdersSchema, readLinkOrders } from './link-orders.ts';
import { askForCall, disown, reportDone, reportStopped, tellSymptoms } from './said-by-link.ts';

const tag = 'discharge';
const LinkByToken = z.object({ token: z.string().min(1).max(100) });
const OrderOfLink = z.object({ token: z.string().min(1).max(100), orderId: Id });
const Nothing = z.strictObject({});

type LinkRequest<Params> = OperationRequest<Params, unknown, unknown, undefined>;

const find = ({ deps, params, clientAddress }: LinkRequest<{ token: string }>): Promise<OpenedLink | undefined> =>
  openLink(deps, params.token, clientAddress);

/** Throws Problem 401. */
async function findInSession(request: LinkRequest<{ token: string }>): Promise<OpenedLink | undefined> {
  const opened = await find(request);
  if (opened && !(await isSession(request.deps, opened, sessionIn(request.authorization))))
    throw new Problem('not-authenticated', { headers: { 'www-authenticate': 'Link' } });
  return opened;
}

const unstored = { 'cache-control': 'no-store' };
const withNoStore = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, ...unstored } });
/** It was heard. */
const heard = { 200: { description: 'Done', schema: Nothing }, 202: pendingAnswer };

const askForLinkCode = operation({
  id: 'askForLinkCode',
  method: 'post',
  path: '/v1/links/{token}/codes',
  tag,
  summary: '获取验证码 / Ask for a code, which goes to the number of the link',
  params: LinkByToken,
  body: Nothing,
  keyless: true,
  answers: { 202: { description: 'It is on its way', schema: Nothing } },
  find,
  async handle(request) {
    await askForCode(request, request.resource);
    return { status: 202, body: {}, headers: unstored };
  },
});

const openLinkSession = operation({
  id: 'openLinkSession',
  method: 'post',
  path: '/v1/links/{token}/sessions',
  tag,
  summary: '用验证码打开 / Begin a session with a code',
  params: LinkByToken,
  body: z.strictObject({ code: z.string().regex(/^\d{6}$/), birthYear: z.number().int().min(1850).max(2200) }),
  keyless: true,
  answers: { 201: { description: 'The session', schema: z.strictObject({ session: z.string(), expiresAt: Instant }) } },
  find,
  async handle(request) {
    return { status: 201, body: await openSession(request, request.resource, request.body), headers: unstored };
  },
});

const listLinkOrders = operation({
  id: 'listLinkOrders',
  method: 'get',
  path: '/v1/links/{token}/orders',
  tag,
  summary: '查看出院后安排 / Read the arrangements',
  params: LinkByToken,
  answers: { 200: { description: 'The arrangements', schema: LinkOrdersSchema } },
  find: findInSession,
  async handle({ deps, resource, language, requestId }) {
    const { record } = resource;
    const patientIds = [record.state.patientId];
    const read = { actor: actorOfLink(resource), action: 'discharge.link.read' as const, targetType: 'discharge', targetId: record.id };
    await auditRead(deps.db, { ...read, patientIds, requestId });
    return { status: 200, body: await readLinkOrders(deps, resource, language), headers: unstored };
  },
});

const reportByLink = operation({
  id: 'reportByLink',
  method: 'post',
  path: '/v1/links/{token}/orders/{orderId}/report',
  tag,
  summary: '反馈是否已做 / Say whether it was done',
  params: OrderOfLink,
  body: z.strictObject({ done: z.boolean() }),
  answers: heard,
  find: findInSession,
  handle: async (request) =>
    withNoStore(await reportDone(request, request.resource, { orderId: request.params.orderId, done: request.body.done })),
});

const stopByLink = operation({
  id: 'stopByLink',
  method: 'post',
  path: '/v1/links/{token}/orders/{orderId}/stopped',
  tag,
  summary: '反馈已停止 / Say that it is not gone on with',
  params: OrderOfLink,
  body: z.strictObject({ reason: z.enum(stopReasons) }),
  answers: heard,
  find: findInSession,
  handle: async (request) =>
    withNoStore(await reportStopped(request, request.resource, { orderId: request.params.orderId, reason: request.body.reason })),
});

const askForCallByLink = operation({
  id: 'askForCallByLink',
  method: 'post',
  path: '/v1/links/{token}/call-me',
  tag,
  summary: '请求回电 / Ask to be called',
  params: LinkByToken,
  body: Nothing,
  answers: heard,
  find: findInSession,
  handle: async (request) => withNoStore(await askForCall(request, request.resource)),
});

const tellSymptomsByLink = operation({
  id: 'tellSymptomsByLink',
  method: 'post',
  path: '/v1/links/{token}/symptoms',
  tag,
  summary: '反映不适 / Tell of symptoms',
  params: LinkByToken,
  body: z.strictObject({ symptoms: z.array(z.enum(symptoms)).min(1).max(17) }),
  answers: { 200: { description: 'What to do', schema: z.strictObject({ advice: z.string() }) }, 202: pendingAnswer },
  find: findInSession,
  handle: async (request) => withNoStore(await tellSymptoms(request, request.resource, request.body.symptoms)),
});

const disownLink = operation({
  id: 'disownLink',
  method: 'post',
  path: '/v1/links/{token}/not-me',
  tag,
  summary: '我不是本人 / Say that the link has reached somebody else; needs no session',
  params: LinkByToken,
  body: Nothing,
  answers: heard,
  find,
  handle: async (request) => withNoStore(await disown(request, request.resource)),
});

export const linkOperations: Operation[] = [
  askForLinkCode,
  openLinkSession,
  listLinkOrders,
  reportByLink,
  stopByLink,
  askForCallByLink,
  tellSymptomsByLink,
  disownLink,
];
