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
  workOfClock: {
    dwell: { zh: '清点污染器械', en: 'count the soiled goods' },
    'count-due': { zh: '清点换物单', en: 'count what the slip has brought' },
  },
} as const satisfies MessageTexts;

export const exchangeSlipTexts = {
  messages,
  events: {
    submit: { zh: '提交', en: 'submitted' },
    amend: { zh: '修改', en: 'amended' },
    cancel: { zh: '取消', en: 'cancelled' },
    'slip-frozen': { zh: '冻结', en: 'frozen' },
    'slip-unfrozen': { zh: '解冻，留待下次', en: 'open again, for the next visit' },
    'slip-picked-up': { zh: '污染物品已收', en: 'soiled goods picked up' },
    'slip-handed-over': { zh: '已交接供应中心', en: 'handed over at the supply department' },
    'slip-counted': { zh: '清点', en: 'counted' },
    'slip-closed': { zh: '关闭', en: 'closed' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<ExchangeSlipEvent['name'], PathwayTexts['events'][string]>,
  tasks: { dwell: { zh: '清点回收的器械', en: 'Count what was taken back' } },
} as const satisfies PathwayTexts;
