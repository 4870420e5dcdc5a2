/**
 * The one catalogue of errors. `status` is the HTTP status, and `zh` and `en` are what the person reads.
 * Every refusal is final: the same request would be refused again, so Temporal never retries one.
 */
export type { Language, Words } from './language.ts';

interface CatalogueEntry {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 501 | 503;
  zh: string;
  en: string;
}

const catalogue = {
  'not-authenticated': {
    status: 401,
    zh: '请先登录：缺少有效的访问令牌。',
    en: 'Sign in first: there is no valid access token.',
  },
  'wrong-credentials': { status: 401, zh: '用户名或密码不正确。', en: 'User name or password is wrong.' },
  'role-may-not': { status: 403, zh: '您的岗位无权进行此操作。', en: 'Your post does not allow this.' },
  'not-found': { status: 404, zh: '没有找到，或您无权知道它是否存在。', en: 'Not found, or not yours to know.' },
  'method-not-allowed': { status: 405, zh: '此地址不支持该请求方法。', en: 'This address does not take that method.' },
  'malformed-body': { status: 400, zh: '请求内容不是有效的 JSON。', en: 'The body is not valid JSON.' },
  'idempotency-key-required': {
    status: 400,
    zh: '缺少 Idempotency-Key（1–200 个可见 ASCII 字符）。',
    en: 'Idempotency-Key is missing (1–200 visible ASCII characters).',
  },
  'malformed-precondition': { status: 400, zh: 'If-Match 不是有效的版本。', en: 'If-Match is not a valid version.' },
  'body-too-large': { status: 413, zh: '请求内容过大。', en: 'The body is too large.' },
  'unsupported-media-type': {
    status: 415,
    zh: '请求内容须为 application/json（UTF-8）。',
    en: 'The body must be application/json in UTF-8.',
  },
  'invalid-request': {
    status: 422,
    zh: '请求内容不符合要求，请查看 errors。',
    en: 'The request is not as it should be; see errors.',
  },
  'idempotency-key-reused': {
    status: 422,
    zh: '此 Idempotency-Key 已用于另一个请求。',
    en: 'This Idempotency-Key was used for another request.',
  },
  'version-changed': {
    status: 412,
    zh: '内容已被他人更新，请刷新后重试。',
    en: 'It has changed since you read it; read it again.',
  },
  'transition-not-allowed': { status: 409, zh: '当前状态不允许此操作。', en: 'The present state does not allow this.' },
  'patient-mismatch': { status: 409, zh: '患者与该转诊单不符。', en: 'The patient is not the one of this referral.' },
  'not-current-recipient': {
    status: 409,
    zh: '该转诊已转交其他机构。',
    en: 'The referral has gone on to another institution.',
  },
  'institution-already-asked': {
    status: 409,
    zh: '该机构已参与过此转诊。',
    en: 'That institution has been part of this referral already.',
  },
  'open-referral-exists': {
    status: 409,
    zh: '该患者在此科室已有未结束的转诊；如确需再转，请填写 overrideReason。',
    en: 'The patient has an open referral to that department; give an overrideReason if another one is needed.',
  },
  'slot-taken': { status: 409, zh: '该号源已被预约。', en: 'The slot has been booked.' },
  'slot-reserved': {
    status: 409,
    zh: '该号源目前仅供社康中心转诊使用。',
    en: 'The slot is reserved for referrals from community health centres for now.',
  },
  'already-exists': { status: 409, zh: '已经存在。', en: 'It exists already.' },
  'command-unknown': { status: 409, zh: '没有登记此指令。', en: 'No such command has been stored.' },
  'task-already-claimed': { status: 409, zh: '该任务已被他人领取。', en: 'Somebody else has claimed this task.' },
  'task-closed': { status: 409, zh: '该任务已结束。', en: 'This task is closed.' },
  'task-not-yours': { status: 409, zh: '该任务不在您名下。', en: 'This task is not in your name.' },
  'task-done-by-trigger': {
    status: 409,
    zh: '该任务须通过业务操作完成（见 allowed）。',
    en: 'This task is completed by acting on its pathway (see allowed).',
  },
  'already-enrolled': {
    status: 409,
    zh: '该居民已在同一病种的随访中。',
    en: 'The resident is being followed up for this disease already.',
  },
  'enrolment-not-active': { status: 409, zh: '该随访未在进行中。', en: 'This enrolment is not active.' },
  'not-this-centre': { status: 409, zh: '该随访现由其他机构负责。', en: 'Another institution runs this follow-up now.' },
  'patient-died': { status: 409, zh: '居民已去世。', en: 'The resident has died.' },
  'visit-before-last': {
    status: 409,
    zh: '早于已登记的随访；补录请注明 late: true。',
    en: 'It lies before a visit that is recorded already; say late: true to add it.',
  },
  'episode-closed': { status: 409, zh: '该异常监测事件已处理。', en: 'This episode is closed.' },
  'local-id-taken': { status: 409, zh: '该本地编号已属于另一位患者。', en: 'That local id belongs to another patient.' },
  'pathway-ended': { status: 409, zh: '该路径已结束。', en: 'This pathway has ended.' },
  'too-many-requests': { status: 429, zh: '请求过于频繁，请稍后再试。', en: 'Too many requests; try again later.' },
  'internal-error': { status: 500, zh: '服务内部错误，已记录。', en: 'Something went wrong here; it has been logged.' },
  'time-skipping-unavailable': {
    status: 501,
    zh: '所连接的 Temporal 集群不支持快进时间。',
    en: 'The Temporal cluster in use cannot skip time.',
  },
  unavailable: {
    status: 503,
    zh: '服务暂时不可用，请稍后重试。',
    en: 'The service is not available right now; try again shortly.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export const errorCodes = Object.keys(catalogue) as ErrorCode[];

export function describeError(code: ErrorCode): CatalogueEntry {
  return catalogue[code];
}
