/** The words of a crisis reading that people read: its messages and the lines of its timeline. No text says a value, a person or a disease. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { CrisisReadingEvent } from './events.ts';

const todo = { zh: '登录系统核实：联系居民复测', en: 'sign in and confirm it: have the resident measured again' } as const;

const messages = {
  subject: { zh: '危急值', en: 'Critical reading' },
  staff: {
    'crisis-reading-raised': {
      zh: { what: '有读数须立即核实', todo: todo.zh },
      en: { what: 'a reading has to be confirmed at once', todo: todo.en },
    },
    'crisis-reading-worse': {
      zh: { what: '待核实的读数更差', todo: todo.zh },
      en: { what: 'a reading that waits to be confirmed has become worse', todo: todo.en },
    },
    'crisis-reading-overdue': {
      zh: { what: '读数到时限仍未核实', todo: todo.zh, late: true },
      en: { what: 'a reading has not been confirmed in time', todo: todo.en, late: true },
    },
    'crisis-reading-unclaimed': {
      zh: { what: '读数仍无人领取核实', todo: todo.zh, late: true },
      en: { what: 'nobody has taken on a reading that has to be confirmed', todo: todo.en, late: true },
    },
    'crisis-reading-referral-to-send': {
      zh: { what: '护士已起草紧急转诊', todo: '登录系统查看并发出' },
      en: { what: 'a nurse has drafted an urgent referral', todo: 'sign in, read it and send it' },
    },
    'crisis-reading-withdrawn': {
      zh: { what: '读数系误录，无须再核实' },
      en: { what: 'the reading was entered in error and need not be confirmed any more' },
    },
  },
  patient: {},
  otherNewsForPatient: {
    zh: { what: '您的家庭医生正在联系您', todo: '接听电话或联系您的家庭医生' },
    en: { what: 'your family doctor is trying to reach you', todo: 'answer the call or ring your family doctor' },
  },
  workOfClock: { 'confirm-reading': { zh: '核实读数', en: 'confirm the reading' } },
} as const satisfies MessageTexts;

export type CrisisReadingTemplate = keyof (typeof messages)['staff'];

export const crisisReadingTexts = {
  messages,
  events: {
    raise: { zh: '出现危急值', en: 'a critical reading came in' },
    confirm: { zh: '核实危急值', en: 'the critical reading was looked at' },
    'patient-died': { zh: '居民已去世', en: 'the resident has died' },
    'death-retracted': { zh: '撤回误报的死亡', en: 'the death was told wrongly and is taken back' },
    'patient-moved': { zh: '居民迁居', en: 'the resident has moved' },
    'merger-retracted': { zh: '撤回错误的档案合并', en: 'the records were merged wrongly and are two again' },
    'patients-merged': { zh: '居民档案合并', en: 'two records of the resident became one' },
    'crisis-value': { zh: '又有危急值', en: 'a further critical reading came in' },
    'crisis-value-withdrawn': { zh: '读数系误录', en: 'a reading was entered in error' },
    'join-crisis-reading': { zh: '并入该居民的另一危急值', en: 'joined the resident’s other critical reading' },
    call: { zh: '呼叫', en: 'called' },
    'call-again': { zh: '未领取则再次呼叫', en: 'called again unless claimed' },
    'referral-started': { zh: '发起转诊', en: 'a referral was started' },
  } satisfies Record<CrisisReadingEvent['name'] | 'referral-started', PathwayTexts['events'][string]>,
  tasks: { 'confirm-reading': { zh: '核实危急值：联系居民复测', en: 'Confirm a critical reading: have the resident measured again' } },
} as const satisfies PathwayTexts;
