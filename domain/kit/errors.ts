/**
 * The one catalogue of errors. `status` is the HTTP status, and `zh` and `en` are what the person reads.
 * Every refusal is final: the same request would be refused again, so Temporal never retries one.
 */
import type { Words } from './language.ts';

export type { Language, Words } from './language.ts';

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 406 | 409 | 412 | 413 | 415 | 422 | 423 | 429 | 500 | 501 | 503;

interface CatalogueEntry {
  status: ErrorStatus;
  zh: string;
  en: string;
  /**
   * The members that such a problem may have beside those that all have: ids and codes, for a client to go on with. `readingIds`: the critical values that
   * were stored although the form with them was refused.
   */
  members?: readonly string[];
}

const catalogue = {
  'not-authenticated': {
    status: 401,
    zh: '请先登录：缺少有效的访问令牌。',
    en: 'Sign in first: there is no valid access token.',
  },
  'wrong-credentials': { status: 401, zh: '用户名或密码不正确。', en: 'User name or password is wrong.' },
  'session-ended': {
    status: 401,
    zh: '此次登录已结束，请重新登录。',
    en: 'This session has ended; sign in again.',
  },
  'second-factor-required': {
    status: 401,
    zh: '须提供第二验证因素（动态验证码）。',
    en: 'A second factor is required.',
  },
  'account-locked': {
    status: 423,
    zh: '登录失败次数过多，账号已暂时锁定。',
    en: 'Signing in has failed too often; the account is locked for a while.',
  },
  'cross-site-request': {
    status: 403,
    zh: '浏览器会话的请求只能来自本站页面。',
    en: 'With a session of a browser, requests are taken from pages of this site only.',
  },
  'wrong-code': {
    status: 401,
    zh: '验证码或出生年份不正确，或验证码已失效。',
    en: 'The code or the year of birth is wrong, or the code holds no more.',
  },
  'role-may-not': { status: 403, zh: '您的岗位无权进行此操作。', en: 'Your post does not allow this.' },
  'not-found': { status: 404, zh: '没有找到，或您无权知道它是否存在。', en: 'Not found, or not yours to know.' },
  'method-not-allowed': { status: 405, zh: '此地址不支持该请求方法。', en: 'This address does not take that method.' },
  'not-acceptable': {
    status: 406,
    zh: '只能以 application/fhir+json（FHIR 4.0）作答。',
    en: 'Answers are application/fhir+json of FHIR 4.0 only.',
  },
  'malformed-body': { status: 400, zh: '请求内容不是有效的 JSON。', en: 'The body is not valid JSON.' },
  'idempotency-key-required': {
    status: 400,
    zh: '缺少 Idempotency-Key（1–200 个可见 ASCII 字符）。',
    en: 'Idempotency-Key is missing (1–200 visible ASCII characters).',
    members: ['readingIds'],
  },
  'malformed-precondition': {
    status: 400,
    zh: 'If-Match 不是有效的版本。',
    en: 'If-Match is not a valid version.',
    members: ['readingIds'],
  },
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
    members: ['readingIds'],
  },
  'idempotency-key-reused': {
    status: 422,
    zh: '此 Idempotency-Key 已用于另一个请求。',
    en: 'This Idempotency-Key was used for another request.',
    members: ['readingIds'],
  },
  'version-changed': {
    status: 412,
    zh: '内容已被他人更新，请刷新后重试。',
    en: 'It has changed since you read it; read it again.',
    members: ['readingIds'],
  },
  'transition-not-allowed': {
    status: 409,
    zh: '当前状态不允许此操作。',
    en: 'The present state does not allow this.',
    members: ['state', 'allowed', 'packId', 'readingIds'],
  },
  'patient-mismatch': {
    status: 409,
    zh: '患者与该转诊单不符。',
    en: 'The patient is not the one of this referral.',
    members: ['state', 'allowed'],
  },
  'not-current-recipient': {
    status: 409,
    zh: '该转诊已转交其他机构。',
    en: 'The referral has gone on to another institution.',
    members: ['state', 'allowed'],
  },
  'institution-already-asked': {
    status: 409,
    zh: '该机构已参与过此转诊。',
    en: 'That institution has been part of this referral already.',
    members: ['state', 'allowed'],
  },
  'open-referral-exists': {
    status: 409,
    zh: '该患者在此科室已有未结束的转诊；如确需再转，请填写 overrideReason。',
    en: 'The patient has an open referral to that department; give an overrideReason if another one is needed.',
    members: ['state', 'allowed'],
  },
  'second-person-required': {
    status: 409,
    zh: '须由提出者以外的另一人确认。',
    en: 'Somebody other than who proposed it has to confirm it.',
  },
  'roles-conflict': {
    status: 409,
    zh: '系统管理员、安全管理员与审计员不能由同一人担任。',
    en: 'Nobody is more than one of system administrator, security administrator and auditor.',
  },
  'last-administrator': {
    status: 409,
    zh: '此人是最后一位系统管理员或安全管理员，须先有他人担任。',
    en: 'Nobody else is system or security administrator; give somebody else the post first.',
  },
  'still-in-use': {
    status: 409,
    zh: '仍在使用中，不能关闭，见 uses。',
    en: 'It is still in use and cannot be closed; see uses.',
    members: ['uses'],
  },
  'import-has-errors': {
    status: 409,
    zh: '部分行被拒绝；请更正文件，或以 skipRefused: true 跳过这些行。',
    en: 'Some rows are refused; mend the file, or leave them out by skipRefused: true.',
  },
  'import-stale': {
    status: 409,
    zh: '预览之后目录已有变化，未作任何更改；请重新上传。',
    en: 'The directory has changed since the preview, and nothing was written; upload the file again.',
  },
  'text-gives-away': {
    status: 409,
    zh: '文本会泄露疾病、科室、姓名或数值，不能发布，请查看 findings。',
    en: 'The text gives away a disease, a department, a name or a value, so it cannot be published; see findings.',
    members: ['findings'],
  },
  'slot-taken': { status: 409, zh: '该号源已被预约。', en: 'The slot has been booked.', members: ['state', 'allowed'] },
  'consent-missing': {
    status: 409,
    zh: '尚未登记患者的知情同意，转诊不能发出；急诊除外。',
    en: 'The consent of the patient has not been recorded, so the referral cannot leave; an emergency can.',
    members: ['state', 'allowed'],
  },
  'slot-withdrawn': { status: 409, zh: '该号源已停用。', en: 'The slot has been withdrawn.' },
  'slot-reserved': {
    status: 409,
    zh: '该号源目前仅供社康中心转诊使用。',
    en: 'The slot is reserved for referrals from community health centres for now.',
    members: ['state', 'allowed'],
  },
  'conflicts-with-records': {
    status: 409,
    zh: '与同时写入的记录冲突，未作任何更改。请刷新后重试。',
    en: 'It conflicts with what was recorded meanwhile, and nothing was changed; read it again.',
    members: ['readingIds'],
  },
  'already-exists': { status: 409, zh: '已经存在。', en: 'It exists already.', members: ['discrepancyId'] },
  'command-unknown': { status: 409, zh: '没有登记此指令。', en: 'No such command has been stored.', members: ['readingIds'] },
  'task-already-claimed': { status: 409, zh: '该任务已被他人领取。', en: 'Somebody else has claimed this task.', members: ['taskId'] },
  'task-closed': { status: 409, zh: '该任务已结束。', en: 'This task is closed.', members: ['taskId'] },
  'task-not-yours': { status: 409, zh: '该任务不在您名下。', en: 'This task is not in your name.', members: ['taskId'] },
  'not-reschedulable': {
    status: 409,
    zh: '该任务不能改到此时：只有随访和电话可在各自的期限内改期。',
    en: 'This task cannot be moved there: only visits and calls move, each within its window.',
  },
  'task-done-by-trigger': {
    status: 409,
    zh: '该任务须通过业务操作完成（见 allowed）。',
    en: 'This task is completed by acting on its pathway (see allowed).',
    members: ['pathwayId', 'allowed'],
  },
  'already-enrolled': {
    status: 409,
    zh: '该居民已在同一病种的随访中。',
    en: 'The resident is being followed up for this disease already.',
    members: ['readingIds'],
  },
  'enrolment-not-active': { status: 409, zh: '该随访未在进行中。', en: 'This enrolment is not active.', members: ['readingIds'] },
  'not-this-centre': {
    status: 409,
    zh: '该随访现由其他机构负责。',
    en: 'Another institution runs this follow-up now.',
    members: ['readingIds'],
  },
  'patient-died': { status: 409, zh: '居民已去世。', en: 'The resident has died.', members: ['readingIds'] },
  'visit-before-last': {
    status: 409,
    zh: '早于已登记的随访；补录请注明 late: true。',
    en: 'It lies before a visit that is recorded already; say late: true to add it.',
    members: ['readingIds'],
  },
  'visit-exists': {
    status: 409,
    zh: '该居民此次随访已登记（见 visitId）；同日另有一次时请注明 allowSecondSameDay: true。',
    en: 'This visit of the resident is recorded already (see visitId); say allowSecondSameDay: true for a second one on that day.',
    members: ['visitId', 'readingIds'],
  },
  'episode-closed': { status: 409, zh: '该异常监测事件已处理。', en: 'This episode is closed.' },
  'further-crisis-value': {
    status: 409,
    zh: '又有新的危急值到达，请刷新后再处理。',
    en: 'A further critical reading has come in; read it again.',
    members: ['state'],
  },
  'value-below-threshold-required': {
    status: 409,
    zh: '尚无之后测得且未达阈值的读数：须先复测登记，或由医生核实。',
    en: 'No later value below the threshold has been recorded: measure again first, or let a doctor confirm.',
    members: ['state'],
  },
  'local-id-taken': {
    status: 409,
    zh: '该本地编号已属于另一位患者。',
    en: 'That local id belongs to another patient.',
    members: ['localIds'],
  },
  'possible-duplicate': {
    status: 409,
    zh: '可能已有此人的档案（见 candidates）；确为不同的人时，请在 notDuplicateOf 中列出全部候选。',
    en: 'This person may be registered already, see candidates; if they are others, name all of them in notDuplicateOf.',
    members: ['candidates'],
  },
  'merger-contradicts': {
    status: 409,
    zh: '两份档案的出生日期或性别不一致，不能合并。',
    en: 'The birth dates or sexes of the two records contradict each other.',
  },
  'pathway-ended': { status: 409, zh: '该路径已结束。', en: 'This pathway has ended.', members: ['readingIds'] },
  // Discharge.
  'order-closed': { status: 409, zh: '该医嘱事项已结束。', en: 'This order is closed.', members: ['state'] },
  'plan-active': {
    status: 409,
    zh: '出院计划已生效，请改用单项医嘱的增改。',
    en: 'The discharge plan is active: change its orders one by one.',
    members: ['state'],
  },
  'no-link-consent': { status: 409, zh: '居民未同意接收链接。', en: 'The resident has not agreed to get a link.' },
  // Sterile supply.
  'special-path-required': {
    status: 409,
    zh: '含特殊病原体污染的器械须先按专用流程预处理。',
    en: 'Sets with a special pathogen need their pretreatment first.',
  },
  'same-person': { status: 409, zh: '此步骤须由另一人完成。', en: 'Another person has to do this step.' },
  'wrong-program': { status: 409, zh: '该包不适用此灭菌程序。', en: 'This program is not one of the set type.' },
  'steriliser-out-of-service': { status: 409, zh: '灭菌器已停用。', en: 'The steriliser is out of service.' },
  'steriliser-busy': { status: 409, zh: '灭菌器在该时段已有运行。', en: 'The steriliser has another run at that time.' },
  'bd-required': { status: 409, zh: '当日 B-D 测试尚未合格。', en: 'No Bowie-Dick test has passed on that day.' },
  'bi-due': {
    status: 409,
    zh: '距上次合格生物监测已超过 7 天，本锅须放生物指示物。',
    en: 'The weekly biological indicator is due: place one in this load.',
  },
  'bi-required': { status: 409, zh: '本锅须放生物指示物。', en: 'This load needs a biological indicator.' },
  'label-date': {
    status: 409,
    zh: '标签日期与灭菌日期不符，请重新打印。',
    en: 'The labels do not carry the date of this cycle; print them again.',
    members: ['packIds'],
  },
  'too-early': {
    status: 409,
    zh: '代消毒物品灭菌过早，会缩短在社康中心的有效期。',
    en: 'Too early for packs of a centre; give an overrideReason if it has to be now.',
    members: ['packIds'],
  },
  'ci-missing': {
    status: 422,
    zh: '须登记每一个包的包外化学指示物与湿包情况。',
    en: 'Give outer indicator and wetness of every pack of the load.',
  },
  'still-cooling': { status: 409, zh: '冷却未满 30 分钟。', en: 'The load has not cooled for 30 minutes.' },
  'physical-failed': { status: 409, zh: '物理监测不合格。', en: 'The physical record of the cycle failed.' },
  'ci-failed': { status: 409, zh: '批量化学监测不合格或缺失。', en: 'The chemical indicator of the load failed or is missing.' },
  'load-review-required': {
    status: 409,
    zh: '湿包两个及以上，须由护士长复核本锅。',
    en: 'Two packs or more were wet: the head nurse reviews the load first.',
  },
  'in-recall': { status: 409, zh: '本锅在召回范围内。', en: 'The load is part of a recall.' },
  'incubation-not-over': {
    status: 409,
    zh: '培养时间未到，阴性结果无效。',
    en: 'The incubation is not over: no growth means nothing yet.',
    members: ['dueAt'],
  },
  'open-slip-exists': { status: 409, zh: '本中心已有未冻结的换物单。', en: 'The centre has an open slip already.', members: ['slipId'] },
  'slip-frozen': { status: 409, zh: '换物单已冻结，发放行不可更改。', en: 'The slip is frozen: its deliver lines stay.' },
  'low-use-notice': {
    status: 409,
    zh: '低使用率物品须提前 24 小时申请。',
    en: 'Low-use packs are asked for 24 hours ahead.',
    members: ['setTypeIds'],
  },
  'not-cleaned': {
    status: 409,
    zh: '车辆或箱子上次使用后尚未清洁消毒。',
    en: 'The vehicle or a box has not been cleaned since its last use.',
  },
  'wrong-lane': { status: 409, zh: '洁污分开：该箱不属于此通道。', en: 'Clean and soiled stay apart: the box is of the other lane.' },
  'special-alone': { status: 409, zh: '特殊病原体物品须单独装箱。', en: 'What carries a special pathogen travels alone in its box.' },
  'lines-without-outcome': { status: 409, zh: '尚有包或行没有结果。', en: 'Some packs or lines have no outcome yet.' },
  'step-out-of-order': { status: 409, zh: '未按下收下送的操作顺序。', en: 'That step does not come next at this stop.' },
  'signature-missing': {
    status: 409,
    zh: '须由下送人员与社康中心各一人签名。',
    en: 'One of the round and one of the centre have to sign.',
  },
  'pack-not-dispensable': {
    status: 409,
    zh: '有包不得发放，原因见 packs。',
    en: 'Some packs must not be handed over; see packs for the reasons.',
    members: ['packs'],
  },
  'not-in-custody': { status: 409, zh: '该物品目前不在此处。', en: 'The thing is not held there now.' },
  'over-capacity': { status: 409, zh: '超出容量。', en: 'That exceeds the capacity.' },
  'not-owner': { status: 409, zh: '该物品属于其他社康中心。', en: 'The thing belongs to another centre.', members: ['setInstanceIds'] },
  'recall-not-complete': {
    status: 409,
    zh: '召回尚未完成，缺项见 missing。',
    en: 'The recall is not complete; see missing.',
    members: ['missing'],
  },
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
    members: ['readingIds'],
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export const errorCodes = Object.keys(catalogue) as ErrorCode[];

/** What the reader of each problem is told. */
export const problemWords = (): Readonly<Record<ErrorCode, Words>> =>
  Object.fromEntries(errorCodes.map((code) => [code, { zh: catalogue[code].zh, en: catalogue[code].en }])) as Record<ErrorCode, Words>;

export function describeError(code: ErrorCode): CatalogueEntry {
  return catalogue[code];
}

/** Returns the names of the members that a problem of this code may have beside those that all have. */
export const membersOf = (code: ErrorCode): readonly string[] => describeError(code).members ?? [];
