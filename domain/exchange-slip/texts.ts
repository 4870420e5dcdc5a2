/** The words of an exchange slip that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { ExchangeSlipEvent } from './events.ts';

const messages = {
  subject: { zh: '换物单', en: 'Exchange slip' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {},
} as const satisfies MessageTexts;

export type ExchangeSlipTemplate = keyof (typeof messages)['staff'];

export const exchangeSlipTexts = {
  messages,
  events: {
    submit: { zh: '提交', en: 'submitted' },
    amend: { zh: '修改', en: 'amended' },
    cancel: { zh: '取消', en: 'cancelled' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<ExchangeSlipEvent['name'], PathwayTexts['events'][string]>,
} as const satisfies PathwayTexts;
