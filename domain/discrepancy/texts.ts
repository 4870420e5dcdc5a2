/** The words of a discrepancy that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { DiscrepancyEvent } from './events.ts';
import type { DiscrepancyTaskName } from './timers.ts';

const messages = {
  subject: { zh: '差异', en: 'Discrepancy' },
  staff: {
    'discrepancy-for-infection': {
      zh: { what: '器械包被重复使用或停用后使用', todo: '评估感染风险' },
      en: { what: 'a pack was used again, or after its use was stopped', todo: 'judge the risk of an infection' },
    },
  },
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: { discrepancy: { zh: '查明并处理差异', en: 'find out what happened and resolve it' } },
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
    reopen: { zh: '重新开启', en: 'reopened' },
    'discrepancy-reopened': { zh: '又与后来的观察不符', en: 'does not fit what was observed since' },
    'discrepancy-resolved': { zh: '自行消除', en: 'resolved itself' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<DiscrepancyEvent['name'] | 'reopen', PathwayTexts['events'][string]>,
  tasks: { discrepancy: { zh: '处理差异', en: 'Deal with the discrepancy' } } satisfies Record<DiscrepancyTaskName, unknown>,
} as const satisfies PathwayTexts;
