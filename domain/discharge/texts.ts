/** The words of an episode that people read. To patients nothing says who they are, what they have, what they take or which ward they were in. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { DischargeLine } from './events.ts';
import type { DischargeTaskName } from './task-names.ts';

const messages = {
  subject: { zh: '出院后安排', en: 'After discharge' },
  staff: {
    'discharge-notice': {
      zh: { what: '有居民入院或出院', todo: '登录系统查看' },
      en: { what: 'a resident was admitted to hospital or discharged', todo: 'sign in and read it' },
    },
    'discharge-overdue': {
      zh: { what: '出院后事项已逾期', todo: '尽快完成并登记', late: true },
      en: { what: 'something that is owed after a discharge is overdue', todo: 'do it and record it', late: true },
    },
  },
  patient: {
    'discharge-visit-open': {
      sending: 'with-others',
      duties: ['place', 'date', 'contact'],
      zh: '[【{centre}】]您好，出院后安排：请[于{date}当天或之前|近日]到[{place}|约定的机构][（{address}）]，带上身份证或社保卡。如不方便前来，[请致电{contact}另约时间|请联系您的家庭医生另约时间]。[编号{number}]',
      en: '[{centre}: ]Hello, arrangements after your discharge: please come [by {date}|soon] to [{place}|the place agreed on][ ({address})] and bring your identity or insurance card. If you cannot come, [please call {contact} for another day|please ask your family doctor for another day].[ No. {number}]',
      inBundle: {
        zh: '出院后安排：请[于{date}当天或之前|近日]到[{place}|约定的机构][（{address}）]，带身份证或社保卡。',
        en: 'Arrangements after your discharge: please come [by {date}|soon] to [{place}|the place agreed on][ ({address})] with identity or insurance card.',
      },
    },
    'discharge-cancelled': {
      sending: 'at-once',
      duties: ['contact'],
      zh: '[【{centre}】]您好，此前发给您的出院后安排已取消，请不必按其中的日期前来。如有疑问，[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, the arrangements after your discharge that we wrote to you about do not hold any more; you need not come on their dates. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
    },
    'dates-changed': {
      sending: 'at-once',
      duties: ['place', 'date', 'contact'],
      zh: '[【{centre}】]您好，出院后安排的日期有更改：请改为[于{date}当天或之前|近日]到[{place}|约定的机构][（{address}）]。如有疑问，[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, a date of the arrangements after your discharge has changed: please come [by {date}|soon] to [{place}|the place agreed on][ ({address})] instead. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
    },
  },
  digest: { 'discharge-notice': 'news', 'discharge-overdue': 'task' },
  otherNewsForPatient: {
    zh: { what: '您的出院后安排有新的消息', todo: '咨询您的家庭医生' },
    en: { what: 'there is news about the arrangements after your discharge', todo: 'ask your family doctor' },
  },
  workOfClock: {
    'record-plan': { zh: '登记出院计划', en: 'record the discharge plan' },
    contact: { zh: '联系出院居民', en: 'contact the resident after the discharge' },
    'second-phone': { zh: '拨打其他联系电话', en: 'call the other contacts' },
    'home-visit': { zh: '上门查看', en: 'look for the resident at home' },
    'ask-community': { zh: '请居委会协助', en: 'ask the residents’ committee' },
    'send-letter': { zh: '送达或寄出信件', en: 'hand over or post a letter' },
    'closing-contact': { zh: '出院后末次联系', en: 'contact the resident a last time' },
    'post-discharge-visit': { zh: '出院后复诊', en: 'see the resident after the discharge' },
    reconcile: { zh: '核对用药', en: 'reconcile the medicines' },
  } satisfies Record<DischargeTaskName, MessageTexts['workOfClock'][string]>,
} as const satisfies MessageTexts;

export type DischargeTemplate = keyof (typeof messages)['staff'] | keyof (typeof messages)['patient'];

export const dischargeTexts = {
  messages,
  events: {
    create: { zh: '得知住院', en: 'a stay in hospital was told' },
    'record-plan': { zh: '登记出院计划', en: 'the discharge plan was recorded' },
    'record-contact': { zh: '联系居民', en: 'somebody tried to contact the resident' },
    'record-visit': { zh: '登记出院后就诊', en: 'a visit after the discharge was recorded' },
    reconcile: { zh: '核对用药', en: 'the medicines were reconciled' },
    'visit-standing': { zh: '住院信息更新', en: 'what is known of the stay was brought up to date' },
    'later-stay': { zh: '再次住院的情况', en: 'what is known of a later stay in hospital' },
    'patient-died': { zh: '居民已去世', en: 'the resident has died' },
    'patient-moved': { zh: '居民迁居', en: 'the resident has moved' },
    'patients-merged': { zh: '居民档案合并', en: 'two records of the resident became one' },
    'calendar-published': { zh: '工作日历已公布', en: 'working days were published' },
    over: { zh: '归档', en: 'closed for good' },
    'patient-discharged': { zh: '出院', en: 'discharged' },
    'discharge-cancelled': { zh: '撤销出院', en: 'the discharge was cancelled' },
    'stay-corrected': { zh: '住院信息更正', en: 'the stay was corrected' },
    'stay-cancelled': { zh: '撤销入院', en: 'the admission was cancelled' },
    'window-open': { zh: '到了办理时间', en: 'the time for it has come' },
    overdue: { zh: '已逾期', en: 'overdue' },
    missed: { zh: '未完成', en: 'missed' },
    ended: { zh: '结束', en: 'ended' },
  } satisfies Record<DischargeLine, PathwayTexts['events'][string]>,
  tasks: {
    'record-plan': { zh: '登记出院计划', en: 'Record the discharge plan' },
    contact: { zh: '出院后电话联系居民', en: 'Call the resident after the discharge' },
    'second-phone': { zh: '拨打其他联系电话', en: 'Call the resident’s other contacts' },
    'home-visit': { zh: '上门查看出院居民', en: 'Look for the resident at home' },
    'ask-community': { zh: '请居委会协助联系', en: 'Ask the residents’ committee about the resident' },
    'send-letter': { zh: '送达或寄出信件', en: 'Hand over or post a letter' },
    'closing-contact': { zh: '出院后末次联系居民', en: 'Contact the resident a last time' },
    'post-discharge-visit': { zh: '出院后复诊', en: 'See the resident after the discharge' },
    reconcile: { zh: '核对出院用药', en: 'Reconcile the medicines' },
  } satisfies Record<DischargeTaskName, PathwayTexts['tasks'][string]>,
} as const satisfies PathwayTexts;
