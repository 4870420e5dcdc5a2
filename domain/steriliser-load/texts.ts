/** The words of a load that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { SteriliserLoadEvent } from './events.ts';

const messages = {
  subject: { zh: '灭菌锅次', en: 'Steriliser load' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {},
} as const satisfies MessageTexts;

export type SteriliserLoadTemplate = keyof (typeof messages)['staff'];

export const steriliserLoadTexts = {
  messages,
  events: {
    start: { zh: '开始灭菌', en: 'cycle started' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<SteriliserLoadEvent['name'], PathwayTexts['events'][string]>,
} as const satisfies PathwayTexts;
