/** The words of a round that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { SupplyRoundEvent } from './events.ts';

const messages = {
  subject: { zh: '下收下送', en: 'Supply round' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {},
} as const satisfies MessageTexts;

export type SupplyRoundTemplate = keyof (typeof messages)['staff'];

export const supplyRoundTexts = {
  messages,
  events: {
    create: { zh: '新建', en: 'created' },
    confirm: { zh: '确认', en: 'confirmed' },
    close: { zh: '关闭', en: 'closed' },
    cancel: { zh: '取消', en: 'cancelled' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<SupplyRoundEvent['name'], PathwayTexts['events'][string]>,
} as const satisfies PathwayTexts;
