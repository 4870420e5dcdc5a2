/**
 * The texts of the messages. A message says which referral, what happened, what to do and until when; nothing about the person it concerns:
 * an SMS or an e-mail is read on lock screens and passes through others' servers.
 */
import { inShanghai } from '../time/shanghai.ts';

export type Language = 'zh' | 'en';

/** Who reads it: a member of staff ('person') or the patient. */
export type Audience = 'person' | 'patient';

/** Milliseconds since 1970 or an RFC 3339 instant. */
type Instant = number | string;

/** What a text may be made of. Other parameters of a message are ignored, so that none can slip into a text. */
export interface MessageParameters {
  referralId?: string | null;
  /** until when it has to be done; for staff only */
  dueAt?: Instant | null;
  /** of an appointment */
  startsAt?: Instant | null;
  /** name of the clock whose time is running out, for rungs */
  clock?: string | null;
}

export interface MessageText {
  /** of an e-mail; an SMS has only the body, which says it all */
  subject: string;
  body: string;
}

interface Wording {
  /** what happened */
  what: string;
  /** what to do, as it follows 请 / please */
  todo?: string;
  /** the time to do it is over */
  late?: boolean;
}

type Wordings = Record<Language, Wording>;

const forStaff = {
  'referral-received': {
    zh: { what: '收到新的转诊', todo: '登录系统答复（接收或拒绝）' },
    en: { what: 'a new referral has arrived', todo: 'sign in and accept or decline it' },
  },
  'referral-accepted': {
    zh: { what: '转诊已被接收' },
    en: { what: 'the referral has been accepted' },
  },
  'referral-declined': {
    zh: { what: '转诊被拒绝', todo: '查看原因，另行安排患者就诊' },
    en: { what: 'the referral has been declined', todo: 'read the reason and arrange other care' },
  },
  'referral-withdrawn': {
    zh: { what: '转诊已撤回，无需再处理' },
    en: { what: 'the referral has been withdrawn; nothing is left to do' },
  },
  'referral-cancelled': {
    zh: { what: '转诊已取消，无需再处理' },
    en: { what: 'the referral has been cancelled; nothing is left to do' },
  },
  'referral-rerouted': {
    zh: { what: '原机构未答复，转诊已转交下一家机构' },
    en: { what: 'nobody answered, so the referral went on to the next institution' },
  },
  'referred-onward': {
    zh: { what: '接收机构已将转诊转往另一家机构' },
    en: { what: 'the recipient has referred onward to another institution' },
  },
  'referral-expired': {
    zh: { what: '各机构均未答复，转诊已结束', todo: '另行安排患者就诊并确认' },
    en: { what: 'no institution answered and the referral has ended', todo: 'arrange other care and confirm' },
  },
  'referral-reopened': {
    zh: { what: '转诊已重新开启', todo: '登录系统处理' },
    en: { what: 'the referral has been reopened', todo: 'sign in and deal with it' },
  },
  'information-requested': {
    zh: { what: '接收方需要补充信息', todo: '登录系统答复' },
    en: { what: 'the recipient needs more information', todo: 'sign in and answer' },
  },
  'information-answered': {
    zh: { what: '补充信息已答复', todo: '继续处理转诊' },
    en: { what: 'the question has been answered', todo: 'go on with the referral' },
  },
  'visit-scheduled': {
    zh: { what: '已预约就诊', todo: '通知患者' },
    en: { what: 'a visit has been scheduled', todo: 'tell the patient' },
  },
  'visit-rescheduled': {
    zh: { what: '就诊时间已更改', todo: '通知患者' },
    en: { what: 'the visit has been moved', todo: 'tell the patient' },
  },
  'no-show': {
    zh: { what: '患者未按预约就诊', todo: '联系患者' },
    en: { what: 'the patient did not come to the visit', todo: 'contact the patient' },
  },
  'appointment-cancelled': {
    zh: { what: '预约已取消', todo: '关注新的预约' },
    en: { what: 'the appointment has been cancelled', todo: 'look out for a new one' },
  },
  'interim-note': {
    zh: { what: '收到阶段小结', todo: '登录系统查看' },
    en: { what: 'there is an interim note', todo: 'sign in and read it' },
  },
  'outcome-sent': {
    zh: { what: '诊疗结果已回传', todo: '登录系统查看并确认' },
    en: { what: 'the outcome is there', todo: 'sign in, read and review it' },
  },
  'cancellation-requested': {
    zh: { what: '转出方申请取消转诊', todo: '确认取消或回传结果' },
    en: { what: 'the initiator asks to cancel the referral', todo: 'confirm or send the outcome' },
  },
  'cancellation-confirmed': {
    zh: { what: '转诊取消已确认' },
    en: { what: 'the cancellation has been confirmed' },
  },
  'call-repeat': {
    zh: { what: '紧急转诊仍无人答复', todo: '立即答复' },
    en: { what: 'an emergency referral is still unanswered', todo: 'answer at once' },
  },
  'check-due': {
    zh: { what: '到了核查转诊结果的时间', todo: '联系患者并填写核查结果' },
    en: { what: 'it is time to check what became of the referral', todo: 'contact the patient and record the answer' },
  },
  'consent-missing': {
    zh: { what: '尚未登记知情同意', todo: '补录知情同意' },
    en: { what: 'consent has not been recorded yet', todo: 'record it' },
  },
  'follow-up-open': {
    zh: { what: '有居民到了随访时间', todo: '安排随访并登记' },
    en: { what: 'a visit is to be made', todo: 'arrange it and record it' },
  },
  'follow-up-open-at-home': {
    zh: { what: '有居民到了上门随访时间', todo: '约定上门时间并登记' },
    en: { what: 'a home visit is to be made', todo: 'arrange it and record it' },
  },
  'follow-up-measure': {
    zh: { what: '已提醒居民自测', todo: '查看上传的数据' },
    en: { what: 'a resident was asked to measure at home', todo: 'look at what comes in' },
  },
  'follow-up-education': {
    zh: { what: '已向居民发放健康教育内容', todo: '下次随访时询问掌握情况' },
    en: { what: 'a resident was given something to learn', todo: 'ask about it at the next visit' },
  },
  'follow-up-tier-changed': {
    zh: { what: '居民的风险分层有变化', todo: '查看原因并安排相应措施' },
    en: { what: 'a resident’s risk tier has changed', todo: 'read why and arrange what it asks for' },
  },
  'follow-up-overdue': {
    zh: { what: '随访已逾期', todo: '尽快联系居民' },
    en: { what: 'a visit is overdue', todo: 'contact the resident' },
  },
  'follow-up-expired': {
    zh: { what: '随访窗口已过，居民未到', todo: '按新的时间联系居民' },
    en: { what: 'a visit was not made in its time', todo: 'contact the resident for the new date' },
  },
  'follow-up-lost': {
    zh: { what: '居民按规则判定为失访', todo: '核实原因' },
    en: { what: 'a resident is lost to follow-up', todo: 'find out why' },
  },
  'follow-up-pause-review': {
    zh: { what: '随访暂停已久', todo: '确认继续暂停、恢复或结束' },
    en: { what: 'a follow-up has been paused for long', todo: 'say whether it goes on' },
  },
  'follow-up-still-uncontrolled': {
    zh: { what: '居民转诊期间仍未达标', todo: '查看并决定' },
    en: { what: 'a resident is still off target while referred', todo: 'look at it and decide' },
  },
  'follow-up-see': {
    zh: { what: '随访方案或档案更新后，末次随访按现行规则应转诊（系统未自动转诊）', todo: '查看并决定，或约居民复诊' },
    en: {
      what: 'by today’s rules a resident’s last visit calls for a referral; none was made',
      todo: 'look at it and decide, or have the resident come',
    },
  },
  'follow-up-transferred': {
    zh: { what: '有居民的随访转入本中心', todo: '登录系统查看' },
    en: { what: 'a follow-up has come to your centre', todo: 'sign in and read it' },
  },
  'reading-episode': {
    zh: { what: '居民自测数据异常', todo: '立即联系复测，由医生确认' },
    en: { what: 'a resident’s readings call for attention', todo: 'have them measured again; a clinician confirms' },
  },
} satisfies Record<string, Wordings>;

type NamedTemplate = keyof typeof forStaff;

/** rung-0 calls for an emergency, rung-50 says that 50 % of the time is used; an alliance chooses its own percentages. */
export type MessageTemplate = NamedTemplate | `rung-${number}`;

/** Patients are told what concerns them; they are never asked to work in the system. */
const forPatients: Partial<Record<NamedTemplate, Wordings>> = {
  'referral-received': {
    zh: { what: '您的转诊申请已发出，有进展会再通知您' },
    en: { what: 'your referral has been sent; we will let you know' },
  },
  'referral-accepted': {
    zh: { what: '医疗机构已接收您的转诊，就诊时间会另行通知' },
    en: { what: 'your referral has been accepted; the time of the visit follows' },
  },
  'visit-scheduled': {
    zh: { what: '已为您预约就诊', todo: '按时前往，带好身份证件' },
    en: { what: 'a visit has been scheduled for you', todo: 'come in time and bring your identity card' },
  },
  'visit-rescheduled': {
    zh: { what: '您的就诊时间已更改', todo: '按新的时间前往，带好身份证件' },
    en: { what: 'your visit has been moved', todo: 'come at the new time and bring your identity card' },
  },
  'no-show': {
    zh: { what: '您未按预约就诊', todo: '联系您的家庭医生重新预约' },
    en: { what: 'you missed your visit', todo: 'ask your family doctor for a new one' },
  },
  'follow-up-open': {
    zh: { what: '您的随访时间到了', todo: '到社康中心随访，或联系您的家庭医生' },
    en: { what: 'it is time for your follow-up visit', todo: 'come to your health centre or call your family doctor' },
  },
  'follow-up-open-at-home': {
    zh: { what: '您的上门随访时间到了', todo: '在家等候医护人员联系，或致电您的家庭医生' },
    en: { what: 'it is time for your follow-up visit at home', todo: 'expect our call, or ring your family doctor' },
  },
  'follow-up-measure': {
    zh: { what: '该在家自测了', todo: '测量并上传，或告诉您的家庭医生' },
    en: { what: 'it is time to measure at home', todo: 'measure and send it, or tell your family doctor' },
  },
  'follow-up-education': {
    zh: { what: '您的家庭医生为您准备了健康教育内容', todo: '阅读，或下次随访时领取' },
    en: { what: 'your family doctor has something for you to learn', todo: 'read it, or ask for it at your next visit' },
  },
  'appointment-cancelled': {
    zh: { what: '您的预约已取消，请勿前往；如有新的时间会另行通知' },
    en: { what: 'your appointment has been cancelled, please do not come; should there be a new time we will tell you' },
  },
};

const newsForPatients: Wordings = {
  zh: { what: '您的转诊有新的进展', todo: '咨询您的家庭医生' },
  en: { what: 'there is news about your referral', todo: 'ask your family doctor' },
};

/** What is late when a clock runs out, by the clock's name. */
const workOfClock: Record<string, Record<Language, string>> = {
  draft: { zh: '发出或撤回转诊', en: 'send or withdraw the referral' },
  received: { zh: '答复（接收或拒绝）', en: 'accept or decline the referral' },
  accepted: { zh: '安排就诊或回传结果', en: 'schedule a visit or send the outcome' },
  appointment: { zh: '回传结果或登记未到诊', en: 'send the outcome or report that the patient did not come' },
  'no-show': { zh: '重新预约或结束转诊', en: 'schedule another visit or end the referral' },
  'appointment-cancelled': { zh: '重新预约', en: 'schedule another visit' },
  'interim-note': { zh: '回传结果或新的小结', en: 'send the outcome or another note' },
  'cancellation-requested': { zh: '确认取消或回传结果', en: 'confirm the cancellation or send the outcome' },
  review: { zh: '查看并确认结果', en: 'review the result' },
  check: { zh: '填写核查结果', en: 'record the answer of the check' },
  consent: { zh: '补录知情同意', en: 'record the consent' },
};

const anyWork = { zh: '登录系统处理', en: 'sign in and deal with it' };

function rungWordings(percent: number, clock: string | null | undefined): Wordings {
  const todo = (typeof clock === 'string' && Object.hasOwn(workOfClock, clock) && workOfClock[clock]) || anyWork;
  if (percent === 0)
    return {
      zh: { what: '紧急转诊等待答复（绿色通道）', todo: '立即答复' },
      en: { what: 'an emergency referral is waiting (green channel)', todo: 'answer at once' },
    };
  if (percent < 100)
    return {
      zh: { what: `处理时限已用 ${percent}%`, todo: todo.zh },
      en: { what: `${percent}% of the time is used`, todo: todo.en },
    };
  return {
    zh: { what: '已到时限仍未处理', todo: `尽快${todo.zh}`, late: true },
    en: { what: 'the time is over and it has not been dealt with', todo: `${todo.en} as soon as possible`, late: true },
  };
}

const isNamed = (template: string): template is NamedTemplate => Object.hasOwn(forStaff, template);

const isOfFollowUp = (template: string): boolean => template.startsWith('follow-up-') || template === 'reading-episode';

const rungPercent = (template: string): number | undefined => {
  const digits = /^rung-(\d{1,4})$/.exec(template)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Templates come out of the database as text: a newer version of the service may have written one that this one does not know. */
export const isMessageTemplate = (template: string): template is MessageTemplate =>
  isNamed(template) || rungPercent(template) !== undefined;

function wordingsOf(template: MessageTemplate, audience: Audience, clock: string | null | undefined): Wordings {
  if (audience === 'patient') return (isNamed(template) && forPatients[template]) || newsForPatients;
  return isNamed(template) ? forStaff[template] : rungWordings(rungPercent(template) ?? 0, clock);
}

/** What people read out on the telephone: the last 8 characters of the id. */
const shortNumber = (id: string): string => id.slice(-8);

/** An instant as a wall clock in Asia/Shanghai shows it. Undefined where it is no instant. */
function shanghaiTime(instant: Instant, language: Language): string | undefined {
  const local = inShanghai(typeof instant === 'number' ? instant : Date.parse(instant));
  if (Number.isNaN(local.getTime())) return undefined;
  const [date = '', time = ''] = local.toISOString().slice(0, 16).split('T');
  if (language === 'en') return `${date} ${time}`;
  return `${local.getUTCFullYear()}年${local.getUTCMonth() + 1}月${local.getUTCDate()}日 ${time}`;
}

/**
 * The text of a message. Never throws: where a parameter is missing or unusable the sentence does without it,
 * because a message that says less is better than none.
 */
export function renderMessage(message: {
  template: MessageTemplate;
  parameters: MessageParameters;
  audience: Audience;
  language: Language;
}): MessageText {
  const { template, parameters, audience, language } = message;
  const { what, todo, late }: Wording = wordingsOf(template, audience, parameters.clock)[language];
  const number = typeof parameters.referralId === 'string' ? ` ${shortNumber(parameters.referralId)}` : '';
  const startsAt = timeOf(parameters.startsAt, language);
  const dueAt = audience === 'person' ? timeOf(parameters.dueAt, language) : undefined;
  const timeIsOver = late ? dueAt : undefined;
  const until = late ? undefined : dueAt;
  const subject = isOfFollowUp(template) ? { zh: '随访', en: 'Follow-up' } : { zh: '转诊', en: 'Referral' };
  if (language === 'zh') {
    const happened = `${subject.zh}${number}：${what}`;
    const when = (startsAt ? `，就诊时间 ${startsAt}` : '') + (timeIsOver ? `，时限为 ${timeIsOver}` : '');
    const task = todo ? `请${until ? `在 ${until} 前` : ''}${todo}。` : '';
    return { subject: happened, body: `${happened}${when}。${task}` };
  }
  const happened = `${subject.en}${number}: ${what}`;
  const when = (startsAt ? `, at ${startsAt} (Beijing time)` : '') + (timeIsOver ? `; it was due ${timeIsOver} (Beijing time)` : '');
  const task = todo ? ` Please ${todo}${until ? ` (by ${until}, Beijing time)` : ''}.` : '';
  return { subject: happened, body: `${happened}${when}.${task}` };
}

/** Parameters come out of the database: what is neither a number nor a text there is no instant. */
const timeOf = (instant: unknown, language: Language): string | undefined =>
  typeof instant === 'number' || typeof instant === 'string' ? shanghaiTime(instant, language) : undefined;
