/** The words of a discrepancy that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { DiscrepancyEvent } from './events.ts';

const messages = {
  subject: { zh: '差异', en: 'Discrepancy' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {},
} as const satisfies MessageTexts;

export type DiscrepancyTemplate = keyof (typeof messages)['staff'];

export const discrepancyTexts = {
  messages,
  events: {
    open: { zh: '开启', en: 'opened' },
    acknowledge: { zh: '确认收到', en: 'acknowledged' },
    investigate: { zh: '调查', en: 'investigated' },
    resolve: { zh: '处理', en: 'resolved' },
    close: { zh: '关闭', en: 'closed' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<DiscrepancyEvent['name'], PathwayTexts['events'][string]>,
} as const satisfies PathwayTexts;
