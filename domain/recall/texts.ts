/** The words of a recall that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { RecallEvent } from './events.ts';

const messages = {
  subject: { zh: '召回', en: 'Recall' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {},
} as const satisfies MessageTexts;

export type RecallTemplate = keyof (typeof messages)['staff'];

export const recallTexts = {
  messages,
  events: {
    open: { zh: '开启', en: 'opened' },
    acknowledge: { zh: '确认收到', en: 'acknowledged' },
    account: { zh: '登记去向', en: 'packs accounted for' },
    'record-cause': { zh: '登记原因', en: 'cause recorded' },
    'record-report': { zh: '登记报告', en: 'report recorded' },
    sign: { zh: '签字', en: 'signed' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<RecallEvent['name'], PathwayTexts['events'][string]>,
} as const satisfies PathwayTexts;
