/** The words of a recall that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { RecallTaskName } from './clocks.ts';
import type { RecallEvent } from './events.ts';

const messages = {
  subject: { zh: '召回', en: 'Recall' },
  staff: {
    'stop-use': {
      zh: { what: '你处的灭菌包在召回范围内，须立即停用', todo: '停用并封存，登录系统确认收到' },
      en: { what: 'packs that you hold are recalled: stop using them', todo: 'put them aside and acknowledge it in the system' },
    },
    'stop-use-drill': {
      zh: { what: '召回演练（物品可继续使用）', todo: '登录系统确认收到' },
      en: { what: 'a recall drill; the packs may be used', todo: 'acknowledge it in the system' },
    },
  },
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {
    'stop-use': { zh: '停用召回的灭菌包并确认收到', en: 'stop using the recalled packs and acknowledge it' },
    retrieve: { zh: '收回召回的灭菌包并登记去向', en: 'get the recalled packs back and account for them' },
    report: { zh: '完成召回报告', en: 'write the report of the recall' },
  },
} as const satisfies MessageTexts;

export const recallTexts = {
  messages,
  events: {
    open: { zh: '开启', en: 'opened' },
    acknowledge: { zh: '确认收到', en: 'acknowledged' },
    account: { zh: '登记去向', en: 'packs accounted for' },
    'record-cause': { zh: '登记原因', en: 'cause recorded' },
    'record-report': { zh: '登记报告', en: 'report recorded' },
    sign: { zh: '签字', en: 'signed' },
    'recall-parts-changed': { zh: '召回包的去向有变', en: 'recalled packs have moved or are accounted for' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<RecallEvent['name'], PathwayTexts['events'][string]>,
  tasks: {
    'stop-use': { zh: '停用召回的灭菌包', en: 'Stop the use of recalled packs' },
    retrieve: { zh: '取回召回的灭菌包', en: 'Bring the recalled packs back' },
    report: { zh: '报告召回', en: 'Report the recall' },
  } satisfies Record<RecallTaskName, unknown>,
} as const satisfies PathwayTexts;
