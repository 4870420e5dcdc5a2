/** The words of a follow-up that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { FollowUpLine } from './events.ts';
import type { FollowUpTaskName } from './task-names.ts';

const messages = {
  subject: { zh: '随访', en: 'Follow-up' },
  staff: {
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
    'follow-up-search': {
      zh: { what: '有居民多次联系不上', todo: '按任务上门、请居委会协助或确认失访' },
      en: { what: 'a resident cannot be reached', todo: 'look for them as the task says' },
    },
    'follow-up-search-overdue': {
      zh: { what: '寻访失联居民已逾期', todo: '尽快完成并登记结果', late: true },
      en: {
        what: 'a resident who cannot be reached has not been looked for in time',
        todo: 'do it and record what came of it',
        late: true,
      },
    },
    'follow-up-lost': {
      zh: { what: '居民已登记为失访', todo: '登录系统查看原因' },
      en: { what: 'a resident is lost to follow-up', todo: 'sign in and read why' },
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
  },
  patient: {
    'follow-up-open': {
      sending: 'with-others',
      duties: ['place', 'date', 'contact'],
      at: 'centre',
      zh: '[【{centre}】]您好，您的定期随访时间到了。请[于{date}当天或之前|近日]到[{place}|您的社康中心][（{address}）]，带上身份证或社保卡和正在吃的药。[{fasting}]如不方便前来，[请致电{contact}另约时间|请联系您的家庭医生另约时间]。[编号{number}]',
      en: '[{centre}: ]Hello, it is time for your regular check-up. Please come [by {date}|soon] to [{place}|your health centre][ ({address})] and bring your identity or insurance card and the medicines you take. [{fasting}] If you cannot come, [please call {contact} for another day|please ask your family doctor for another day].[ No. {number}]',
      inBundle: {
        zh: '定期随访时间到了，请[于{date}当天或之前|近日]到[{place}|您的社康中心][（{address}）]，带身份证或社保卡和正在吃的药。[{fasting}]',
        en: 'It is time for your regular check-up: please come [by {date}|soon] to [{place}|your health centre][ ({address})] with identity or insurance card and medicines. [{fasting}]',
      },
    },
    'follow-up-reminder': {
      sending: 'with-others',
      duties: ['place', 'date', 'contact'],
      at: 'centre',
      zh: '[【{centre}】]您好，提醒您：与您约好[{date}|近日]到[{place}|您的社康中心][（{address}）]随访，请带上身份证或社保卡和正在吃的药。[{fasting}]如不能前来，[请致电{contact}另约时间|请联系您的家庭医生另约时间]。[编号{number}]',
      en: '[{centre}: ]Hello, a reminder of the check-up that we agreed on[ for {date}] at [{place}|your health centre][ ({address})]. Please bring your identity or insurance card and the medicines you take. [{fasting}] If you cannot come, [please call {contact} for another day|please ask your family doctor for another day].[ No. {number}]',
      inBundle: {
        zh: '提醒您：与您约好[{date}|近日]到[{place}|您的社康中心][（{address}）]随访，请带上身份证或社保卡和正在吃的药。[{fasting}]',
        en: 'A reminder of the check-up that we agreed on[ for {date}] at [{place}|your health centre][ ({address})]. Please bring identity or insurance card and medicines. [{fasting}]',
      },
    },
    'follow-up-open-at-home': {
      sending: 'with-others',
      duties: ['date', 'contact'],
      at: 'centre',
      zh: '[【{centre}】]您好，到了为您上门随访的时间。医护人员会[在{date}当天或之前|近日]先打电话与您约定，再上门。请备好身份证或社保卡和正在吃的药。如需约定时间或有疑问，[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, it is time for your check-up at home. We will call you [by {date}|soon] to agree on a time before we come. Please have your identity or insurance card and the medicines you take at hand. To choose a time, or with any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
      inBundle: {
        zh: '到了为您上门随访的时间，医护人员会[在{date}当天或之前|近日]先打电话与您约定，请备好身份证或社保卡和正在吃的药。',
        en: 'It is time for your check-up at home: we will call you [by {date}|soon] to agree on a time. Please have identity or insurance card and medicines at hand.',
      },
    },
    'follow-up-measure': {
      sending: 'at-once',
      duties: ['contact'],
      at: 'centre',
      zh: '[【{centre}】]您好，请您今天在家自测一次，像平时一样上传，或告诉您的家庭医生。如结果与平时相差很大或感到不适，[请致电{contact}|请联系您的家庭医生]；情况紧急请立即拨打120。[编号{number}]',
      en: '[{centre}: ]Hello, please measure at home today and send it as usual, or tell your family doctor. If it is far from what you are used to or you feel unwell, [please call {contact}|please ask your family doctor]; in an emergency call 120 at once.[ No. {number}]',
    },
    'follow-up-call-back': {
      sending: 'at-once',
      duties: ['contact'],
      at: 'centre',
      zh: '[【{centre}】]您好，按约定[于{date}]给您回电。如不方便接听，[请致电{contact}另约时间|请联系您的家庭医生另约时间]。[编号{number}]',
      en: '[{centre}: ]Hello, we call you back[ on {date}] as agreed. If it does not suit you, [please call {contact} for another time|please ask your family doctor for another time].[ No. {number}]',
    },
    'follow-up-education': {
      sending: 'with-others',
      duties: ['place', 'contact'],
      at: 'centre',
      neverCalls: true,
      zh: '[【{centre}】]您好，您的家庭医生为您准备了一份健康知识材料。您可以下次来时在[{place}|您的社康中心][（{address}）]领取；如需帮助，[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your family doctor has something for you to read about your health. You can have it at your next visit to [{place}|your health centre][ ({address})]; for help, [please call {contact}|please ask your family doctor].[ No. {number}]',
      inBundle: {
        zh: '家庭医生为您准备了健康知识材料，下次来[{place}|社康中心]时领取。',
        en: 'Your family doctor has something for you to read about your health; you can have it at your next visit to [{place}|your health centre].',
      },
    },
  },
  digest: {
    'follow-up-open': 'task',
    'follow-up-open-at-home': 'task',
    'follow-up-overdue': 'task',
    'follow-up-pause-review': 'task',
    'follow-up-search': 'task',
    'follow-up-search-overdue': 'task',
    'follow-up-expired': 'news',
    'follow-up-lost': 'news',
    'follow-up-tier-changed': 'news',
    'follow-up-transferred': 'news',
  },
  otherNewsForPatient: {
    zh: { what: '您的随访有新的进展', todo: '咨询您的家庭医生' },
    en: { what: 'there is news about your follow-up', todo: 'ask your family doctor' },
  },
  workOfClock: {},
} as const satisfies MessageTexts;

export type FollowUpTemplate = keyof (typeof messages)['staff'] | keyof (typeof messages)['patient'];

export const followUpTexts = {
  messages,
  events: {
    enrol: { zh: '纳入随访', en: 'enrolled' },
    'record-visit': { zh: '登记随访', en: 'visit recorded' },
    'mark-visit-in-error': { zh: '撤回误录的随访', en: 'a visit that was entered in error was taken back' },
    pause: { zh: '暂停随访', en: 'paused' },
    resume: { zh: '恢复随访', en: 'gone on' },
    withdraw: { zh: '撤回', en: 'withdrawn' },
    reopen: { zh: '重新开启', en: 'reopened' },
    transfer: { zh: '转至其他中心', en: 'transferred to another centre' },
    'change-package': { zh: '更换服务包', en: 'package changed' },
    'change-phase': { zh: '更换阶段', en: 'phase changed' },
    'change-tier': { zh: '调整风险分层', en: 'tier set' },
    'acknowledge-education': { zh: '确认健康教育', en: 'education acknowledged' },
    'move-version': { zh: '换用方案新版本', en: 'moved to another version' },
    'close-episode': { zh: '处理异常监测', en: 'episode closed' },
    'report-search': { zh: '登记寻访结果', en: 'said what came of looking for the resident' },
    'agree-visit-date': { zh: '约定随访日期', en: 'date of the visit agreed' },
    'patient-died': { zh: '患者死亡', en: 'the patient has died' },
    'death-retracted': { zh: '撤回误报的死亡', en: 'the death was told wrongly and is taken back' },
    'patient-moved': { zh: '患者迁居', en: 'the patient has moved' },
    'patient-admitted': { zh: '患者已住院', en: 'the patient was admitted' },
    'patient-discharged': { zh: '患者已出院', en: 'the patient was discharged' },
    'admission-cancelled': { zh: '入院已撤销', en: 'the admission was taken back' },
    'merger-retracted': { zh: '撤回错误的档案合并', en: 'the records were merged wrongly and are two again' },
    'person-corrected': { zh: '更正出生日期或性别', en: 'birth date or sex was corrected' },
    'patients-merged': { zh: '患者档案合并', en: 'two records of the patient were merged' },
    'referral-closed': { zh: '转诊已关闭', en: 'the referral was closed' },
    'crisis-referral-started': { zh: '危急值经核实，由紧急转诊处理', en: 'an urgent referral is open for a confirmed crisis value' },
    'reading-episode': { zh: '监测数据异常', en: 'readings call for attention' },
    'resident-not-reached': { zh: '各种方式均未联系上居民', en: 'no message has reached the resident' },
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
    'search-overdue': { zh: '寻访逾期', en: 'not looked for in time' },
    'risk-review': { zh: '年度风险评估', en: 'yearly risk scoring' },
    monitoring: { zh: '提醒居家自测', en: 'asked to measure at home' },
    'tier-changed': { zh: '风险分层变化', en: 'tier changed' },
    'visit-recorded': { zh: '登记随访', en: 'visit recorded' },
    'visit-recorded-late': { zh: '补录随访', en: 'earlier visit recorded' },
    'referral-started': { zh: '发起转诊', en: 'referral started' },
    'search-begun': { zh: '开始寻访失联居民', en: 'the resident is looked for' },
    lost: { zh: '判定为失访', en: 'lost to follow-up' },
    'education-handed-out': { zh: '发放健康教育', en: 'education handed out' },
  } satisfies Record<FollowUpLine, unknown>,
  tasks: {
    'follow-up-visit': { zh: '随访', en: 'Follow-up visit' },
    'follow-up-home-visit': { zh: '入户随访', en: 'Follow-up visit at home' },
    'pause-review': { zh: '确认随访是否继续暂停', en: 'Say whether the pause goes on' },
    'find-at-home': { zh: '上门寻访失联居民', en: 'Look for the resident at home' },
    'ask-community': { zh: '请居（村）委会协助寻找居民', en: 'Ask the community committee about the resident' },
    'confirm-lost': { zh: '确认是否失访并登记原因', en: 'Say whether the resident is lost to follow-up, and why' },
    'reading-episode': { zh: '处理异常监测', en: 'Look at readings that stand out' },
    'see-resident': { zh: '再次评估居民', en: 'See the resident again' },
    'specialist-consultation': { zh: '请专科会诊', en: 'Ask a specialist' },
  } satisfies Record<FollowUpTaskName, unknown>,
} as const satisfies PathwayTexts;
