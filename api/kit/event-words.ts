/** What the events of a pathway are called by people, in both languages. */
import type { Language } from '../../domain/kit/errors.ts';

export type Words = Record<Language, string>;

const words: Record<string, Words> = {
  create: { zh: '建立', en: 'created' },
  'send-referral-package': { zh: '发出转诊', en: 'referral sent' },
  'send-acceptance': { zh: '接收转诊', en: 'referral accepted' },
  'send-decline': { zh: '拒绝转诊', en: 'referral declined' },
  'request-cancellation': { zh: '申请取消', en: 'cancellation asked for' },
  'schedule-visit': { zh: '预约就诊', en: 'visit scheduled' },
  'send-interim-note': { zh: '发送进展', en: 'interim note sent' },
  'send-outcome': { zh: '回传结果', en: 'outcome sent' },
  'reschedule-visit': { zh: '改约', en: 'visit rescheduled' },
  'report-no-show': { zh: '登记未到诊', en: 'no-show reported' },
  'cancel-appointment': { zh: '取消预约', en: 'appointment cancelled' },
  'confirm-cancellation': { zh: '确认取消', en: 'cancellation confirmed' },
  withdraw: { zh: '撤回', en: 'withdrawn' },
  'review-result': { zh: '审阅结果', en: 'result reviewed' },
  'answer-check': { zh: '完成两周追踪', en: 'two-week check answered' },
  'record-consent': { zh: '补录知情同意', en: 'consent recorded' },
  'refer-onward': { zh: '转至其他机构', en: 'referred onward' },
  'request-information': { zh: '请求补充信息', en: 'information asked for' },
  'answer-information': { zh: '补充信息', en: 'information given' },
  reopen: { zh: '重新开启', en: 'reopened' },
  'patient-died': { zh: '患者死亡', en: 'the patient has died' },
  'patient-moved': { zh: '患者迁居', en: 'the patient has moved' },
  'patient-admitted': { zh: '患者已住院', en: 'the patient was admitted' },
  'patients-merged': { zh: '患者档案合并', en: 'two records of the patient were merged' },
  rung: { zh: '时限提醒', en: 'reminder of a deadline' },
  'call-repeat': { zh: '再次呼叫', en: 'called again' },
  reroute: { zh: '改派其他机构', en: 'sent on to another institution' },
  expire: { zh: '无人应答，终止', en: 'ended, nobody answered' },
  'check-due': { zh: '两周追踪到期', en: 'two-week check due' },
  enrol: { zh: '纳入随访', en: 'enrolled' },
  'record-visit': { zh: '登记随访', en: 'visit recorded' },
  pause: { zh: '暂停随访', en: 'paused' },
  resume: { zh: '恢复随访', en: 'gone on' },
  transfer: { zh: '转至其他中心', en: 'transferred to another centre' },
  'change-package': { zh: '更换服务包', en: 'package changed' },
  'change-phase': { zh: '更换阶段', en: 'phase changed' },
  'change-tier': { zh: '调整风险分层', en: 'tier set' },
  'tier-changed': { zh: '风险分层变化', en: 'tier changed' },
  'risk-review': { zh: '年度风险评估', en: 'yearly risk scoring' },
  'acknowledge-education': { zh: '确认健康教育', en: 'education acknowledged' },
  'education-handed-out': { zh: '发放健康教育', en: 'education handed out' },
  monitoring: { zh: '提醒居家自测', en: 'asked to measure at home' },
  'move-version': { zh: '换用方案新版本', en: 'moved to another version' },
  'close-episode': { zh: '处理异常监测', en: 'episode closed' },
  'referral-closed': { zh: '转诊已关闭', en: 'the referral was closed' },
  'reading-episode': { zh: '监测数据异常', en: 'readings call for attention' },
  'version-move-ordered': { zh: '安排换用方案新版本', en: 'a move to another version was ordered' },
  'down-referral-accepted': { zh: '患者由医院转回社康中心', en: 'the patient is back from hospital' },
  'join-follow-up': { zh: '并入该居民的另一随访', en: 'joined the resident’s other follow-up' },
  'follow-up-joined': { zh: '该居民的另一随访已并入', en: 'the resident’s other follow-up has joined' },
  'calendar-published': { zh: '工作日历已公布', en: 'working days were published' },
  'window-open': { zh: '随访窗口打开', en: 'window open' },
  overdue: { zh: '随访逾期', en: 'overdue' },
  expired: { zh: '随访窗口已过', en: 'window passed' },
  'pause-review': { zh: '暂停待确认', en: 'pause to be looked at' },
  'episode-overdue': { zh: '异常监测逾期', en: 'episode overdue' },
  over: { zh: '路径结束', en: 'pathway over' },
};

/** An event without words of its own keeps its name. */
export function wordsOf(event: string): Words {
  const percent = /^rung-(\d+)$/.exec(event)?.[1];
  if (percent !== undefined) return { zh: `已用时限的 ${percent}%`, en: `${percent} % of the time is used` };
  return words[event] ?? { zh: event, en: event };
}

const units: readonly { seconds: number; zh: string; en: string }[] = [
  { seconds: 86_400, zh: '天', en: 'day' },
  { seconds: 3_600, zh: '小时', en: 'hour' },
  { seconds: 60, zh: '分钟', en: 'minute' },
  { seconds: 1, zh: '秒', en: 'second' },
];

/** The largest unit that fits and the one below it, rounded to that: 27 days; 1 day 12 hours. */
export function durationWords(totalSeconds: number): Words {
  const finest = units[largestOf(totalSeconds) + 1]?.seconds ?? 1;
  let rest = Math.round(totalSeconds / finest) * finest;
  const largest = largestOf(rest); // rounding may have filled it up: 23 hours 59.9 minutes are a day
  const parts: Words[] = [];
  for (const { seconds, zh, en } of units.slice(largest, largest + 2)) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push({ zh: `${count} ${zh}`, en: `${count} ${en}${count === 1 ? '' : 's'}` });
  }
  return { zh: parts.map(({ zh }) => zh).join(' '), en: parts.map(({ en }) => en).join(' ') };
}

const largestOf = (seconds: number): number => {
  const index = units.findIndex((unit) => unit.seconds <= seconds);
  return index < 0 ? units.length - 1 : index;
};
