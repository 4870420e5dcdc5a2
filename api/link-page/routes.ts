/** The page of a link, at the address of the link itself: no account, no script, never kept by anybody on the way. It does what the API of links does. */
import { createHash, randomUUID } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { auditRead } from '../../db/kit/audit.ts';
import { actingFor } from '../../db/kit/database.ts';
import { stopReasons } from '../../domain/discharge/order-reports.ts';
import { symptoms } from '../../domain/discharge/rules.ts';
import { describeError } from '../../domain/kit/errors.ts';
import { LINK_PATH } from '../../platform/patient-links.ts';
import { actorOfLink, askForCode, isSession, type OpenedLink, openLink, openSession } from '../discharge/link-access.ts';
import { readLinkOrders } from '../discharge/link-orders.ts';
import { adviceFor, askForCall, disown, isEmergency, reportDone, reportStopped, tellSymptoms } from '../discharge/said-by-link.ts';
import { readRaw } from '../kit/body.ts';
import { addressOf, type EdgeContext, type EdgeVariables } from '../kit/edge.ts';
import type { ApiDependencies, Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { isUnavailable, Problem } from '../kit/problem.ts';
import type { OperationId } from '../policy.ts';
import { isOwnForm, sessionCookie, sessionInCookie } from './own-forms.ts';
import { advicePage, ordersPage, type Page, plainPage, signInPage } from './pages.ts';
import { styleHash } from './style.ts';
import { isNotice, type Notice } from './words.ts';

const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For all that is answered below a link. It stands before what gives the other pages their headers, so that these stay. */
export const linkPageHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  const { headers } = context.res;
  headers.set('content-security-policy', contentPolicy);
  headers.set('cache-control', 'no-store');
  headers.set('referrer-policy', 'no-referrer');
  headers.set('x-robots-tag', 'noindex');
};

/** All fields of the longest form are far below. */
const MOST_FORM_BYTES = 10_000;

/** What a request has been found to be. */
interface Visit {
  deps: ApiDependencies;
  context: EdgeContext;
  opened: OpenedLink;
  /** The address of the page. */
  at: string;
  form: URLSearchParams;
  /** As the operations of the API are asked. */
  asking(operationId: OperationId): Parameters<typeof askForCall>[0];
}

type Handler = (visit: Visit) => Promise<Response>;

export function mountLinkPage(app: OpenAPIHono<{ Variables: EdgeVariables }>, deps: ApiDependencies): void {
  const withLink =
    (handle: Handler, needs: 'link' | 'session'): ((context: EdgeContext) => Promise<Response>) =>
    async (context) => {
      context.set('operationId', 'linkPage');
      const token = context.req.param('token') ?? '';
      const at = `${LINK_PATH}${token}`;
      try {
        const isForm = context.req.method === 'POST';
        if (isForm && !isOwnForm(context.req.raw.headers)) throw new Problem('role-may-not');
        const opened = await openLink(deps, token, addressOf(context));
        if (!opened) throw new Problem('not-found');
        const bytes = isForm
          ? (await readRaw(context.req.raw, ['application/x-www-form-urlencoded'], MOST_FORM_BYTES)).bytes
          : new Uint8Array();
        const visit = buildVisit(deps, context, opened, { at, bytes });
        if (needs === 'session' && !(await isSession(deps, opened, sessionInCookie(context.req.raw.headers))))
          return show(context, 401, signInPage(at, { flaw: '时间到了，请重新获取验证码。' }));
        return await handle(visit);
      } catch (error) {
        return fail(deps, context, error, at);
      }
    };
  app.get(`${LINK_PATH}:token`, withLink(showOrders, 'link'));
  app.post(`${LINK_PATH}:token/code`, withLink(sendCode, 'link'));
  app.post(`${LINK_PATH}:token/session`, withLink(beginSession, 'link'));
  app.post(`${LINK_PATH}:token/not-me`, withLink(sayNotMe, 'link'));
  app.post(`${LINK_PATH}:token/call-me`, withLink(sayCallMe, 'session'));
  app.post(`${LINK_PATH}:token/symptoms`, withLink(saySymptoms, 'session'));
  app.post(`${LINK_PATH}:token/orders/:orderId/done`, withLink(sayDone, 'session'));
  app.post(`${LINK_PATH}:token/orders/:orderId/stopped`, withLink(sayStopped, 'session'));
}

function buildVisit(
  deps: ApiDependencies,
  context: EdgeContext,
  opened: OpenedLink,
  { at, bytes }: { at: string; bytes: Uint8Array },
): Visit {
  const form = new URLSearchParams(new TextDecoder().decode(bytes));
  const acting = { ...deps, db: actingFor(deps.db, actorOfLink(opened)) };
  return {
    deps: acting,
    context,
    opened,
    at,
    form,
    asking: (operationId) => ({
      deps: acting,
      requestId: context.get('requestId'),
      idempotencyKey: form.get('key')?.slice(0, 200) || randomUUID(),
      requestHash: createHash('sha256').update(`POST ${context.req.path}\n`).update(bytes).digest(),
      operationId,
      language: 'zh',
    }),
  };
}

const show = (context: EdgeContext, status: number, page: Page): Promise<Response> | Response =>
  context.html(page as string, status as 200);

/** After a form the page is read anew, so that nobody sends it twice by going back. */
const goBack = ({ context, at }: Visit, notice?: Notice): Response => context.redirect(notice ? `${at}?said=${notice}` : at, 303);

/** A command that is stored and not decided yet will be: it was heard. Throws Problem where it was refused. */
function checkHeard({ status, body }: Reply): void {
  const { code } = (body ?? {}) as { code?: ConstructorParameters<typeof Problem>[0] };
  if (status >= 400 && code !== undefined) throw new Problem(code);
}

async function showOrders({ deps, context, opened, at }: Visit): Promise<Response> {
  const said = context.req.query('said');
  const notice = isNotice(said) ? said : undefined;
  if (!(await isSession(deps, opened, sessionInCookie(context.req.raw.headers)))) return show(context, 200, signInPage(at, { notice }));
  const { record } = opened;
  await auditRead(deps.db, {
    actor: actorOfLink(opened),
    action: 'discharge.link.read',
    targetType: 'discharge',
    targetId: record.id,
    patientIds: [record.state.patientId],
    requestId: context.get('requestId'),
  });
  const awaited = new Set(record.state.orders.filter(({ given }) => given.kind === 'pending-result').map(({ id }) => id));
  const orders = await readLinkOrders(deps, opened, 'zh');
  return show(context, 200, ordersPage(at, orders, { notice: notice === 'sent' ? undefined : notice, awaited }));
}

async function sendCode(visit: Visit): Promise<Response> {
  await askForCode(askedBy(visit), visit.opened);
  return goBack(visit, 'sent');
}

const askedBy = ({ deps, context, opened }: Visit) => ({ deps, actor: actorOfLink(opened), requestId: context.get('requestId') });

const FULL_WIDTH_ZERO = '０'.charCodeAt(0);
/** Digits as a Chinese keyboard may write them, without blanks. */
const readDigits = (text: string | null): string =>
  (text ?? '').replaceAll(/\s/g, '').replaceAll(/[０-９]/g, (digit) => String(digit.charCodeAt(0) - FULL_WIDTH_ZERO));

async function beginSession(visit: Visit): Promise<Response> {
  const { context, opened, at, form } = visit;
  const [code, birthYear] = [readDigits(form.get('code')), readDigits(form.get('birthYear'))];
  if (!/^\d{6}$/.test(code) || !/^\d{4}$/.test(birthYear))
    return show(context, 422, signInPage(at, { flaw: '请填 6 位数字的验证码和 4 位数字的出生年份。' }));
  try {
    const { session, expiresAt } = await openSession(askedBy(visit), opened, { code, birthYear: Number(birthYear) });
    const seconds = Math.max(1, Math.floor((Date.parse(expiresAt) - pathwayNow(opened.record)) / 1_000));
    context.header('set-cookie', sessionCookie(session, seconds));
    return goBack(visit);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'wrong-code') throw error;
    return show(context, 401, signInPage(at, { flaw: '验证码或出生年份不对，或者验证码过期了。请再看一遍短信，或者重新发送验证码。' }));
  }
}

async function sayNotMe({ opened, context, asking }: Visit): Promise<Response> {
  checkHeard(await disown(asking('disownLink'), opened));
  return show(context, 200, plainPage('谢谢您', '我们不会再联系这个号码。这个链接已经失效，您可以删除短信。'));
}

async function sayCallMe(visit: Visit): Promise<Response> {
  checkHeard(await askForCall(visit.asking('askForCallByLink'), visit.opened));
  return goBack(visit, 'called');
}

async function saySymptoms(visit: Visit): Promise<Response> {
  const { opened, context, at, form, asking } = visit;
  const told = symptoms.filter((symptom) => form.getAll('symptom').includes(symptom));
  if (told.length === 0) return goBack(visit);
  const isUrgent = isEmergency(opened, told);
  const { status } = await tellSymptoms(asking('tellSymptomsByLink'), opened, told);
  // Whoever may be in danger reads what to do, also where nobody could be told.
  const isHeard = status < 400 || isUrgent;
  const advice = isHeard ? adviceFor(opened, told).zh : '现在没有告诉护士。请打电话给社区卫生服务中心；如果加重，请马上拨打 120。';
  return show(context, 200, advicePage(at, advice, isUrgent));
}

async function sayDone(visit: Visit): Promise<Response> {
  const orderId = visit.context.req.param('orderId') ?? '';
  checkHeard(await reportDone(visit.asking('reportByLink'), visit.opened, { orderId, done: true }));
  return goBack(visit, 'done');
}

async function sayStopped(visit: Visit): Promise<Response> {
  const orderId = visit.context.req.param('orderId') ?? '';
  const reason = stopReasons.find((one) => one === visit.form.get('reason'));
  if (!reason) return goBack(visit);
  checkHeard(await reportStopped(visit.asking('stopByLink'), visit.opened, { orderId, reason }));
  return goBack(visit, 'stopped');
}

/** What went wrong, in words that help on. */
function fail(deps: ApiDependencies, context: EdgeContext, error: unknown, at: string): Promise<Response> | Response {
  const code = error instanceof Problem ? error.code : isUnavailable(error) ? 'unavailable' : 'internal-error';
  if (code === 'internal-error')
    deps.log.error({ err: error, requestId: context.get('requestId'), operation: 'linkPage' }, 'request failed');
  const { status } = describeError(code);
  if (error instanceof Problem) for (const [name, value] of Object.entries(error.details.headers ?? {})) context.header(name, value);
  switch (status) {
    case 404:
      return show(
        context,
        404,
        plainPage('这个链接打不开了', '链接可能已经过期，或者已经取消。如果您需要查看出院后安排，请打电话给您的社区卫生服务中心。'),
      );
    case 429:
      return show(
        context,
        429,
        plainPage('请等一等', '今天或这一会儿次数太多了，请过一段时间再试。着急的话，请直接打电话给社区卫生服务中心。', at),
      );
    case 403:
      return show(context, 403, plainPage('没有提交', '请从短信里的链接重新打开这个页面，再试一次。', at));
    case 409:
    case 422:
      return show(
        context,
        status,
        plainPage('没有提交', '这件事现在不能这样改，可能已经办完了。请返回查看，或者打电话给社区卫生服务中心。', at),
      );
    default:
      return show(
        context,
        status,
        plainPage('暂时打不开', '系统暂时有问题，请过几分钟再试。着急的话，请直接打电话给社区卫生服务中心。', at),
      );
  }
}
