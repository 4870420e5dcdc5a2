/** The words of an identity check that people read: its messages, the lines of its timeline and the titles of its tasks. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { IdentityCheckEvent } from './events.ts';
import type { CheckTaskName } from './tasks.ts';

const messages = {
  subject: { zh: '档案核实', en: 'Record check' },
  staff: {
    'identity-check-waits': {
      zh: { what: '一份居民档案待核实，时限已过半', todo: '尽快核实' },
      en: { what: 'a question about the record of a resident is half way through its time', todo: 'answer it soon' },
    },
    'identity-check-overdue': {
      zh: { what: '居民档案核实已超时', todo: '安排人员核实', late: true },
      en: {
        what: 'a question about the record of a resident has not been answered in time',
        todo: 'see that somebody answers it',
        late: true,
      },
    },
    'asked-after-death': {
      zh: { what: '系统异常：已故居民仍有随访、任务或短信', todo: '立即查看该居民档案并告知系统管理员', late: true },
      en: {
        what: 'something is wrong: a resident who has died is still asked for',
        todo: 'look at their record at once and tell the system administrator',
        late: true,
      },
    },
  },
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {
    'confirm-death': { zh: '核实居民是否去世', en: 'find out whether the resident has died' },
    'confirm-move': { zh: '核实居民是否迁居', en: 'find out whether the resident has moved' },
    'confirm-retraction': { zh: '核实撤回申请', en: 'confirm that it is taken back' },
    'confirm-merger': { zh: '核实两份档案是否同一人', en: 'find out whether two records are one person' },
  },
} as const satisfies MessageTexts;

export type IdentityCheckTemplate = keyof (typeof messages)['staff'];

export const identityCheckTexts = {
  messages,
  events: {
    open: { zh: '提请核实', en: 'asked for' },
    'patient-moved': { zh: '居民迁居', en: 'the resident has moved' },
    'merger-retracted': { zh: '撤回错误的档案合并', en: 'the records were merged wrongly and are two again' },
    'patients-merged': { zh: '居民档案合并', en: 'two records of the resident became one' },
    'identity-check-decided': { zh: '已核实', en: 'answered' },
    rung: { zh: '时限提醒', en: 'time is running out' },
  } satisfies Record<IdentityCheckEvent['name'], PathwayTexts['events'][string]>,
  tasks: {
    'confirm-death': { zh: '核实居民是否去世', en: 'Find out whether the resident has died' },
    'confirm-move': { zh: '核实居民是否迁居', en: 'Find out whether the resident has moved' },
    'confirm-retraction': { zh: '核实撤回申请', en: 'Confirm that it is taken back' },
    'confirm-merger': { zh: '核实两份档案是否为同一人', en: 'Find out whether two records are of one person' },
  } satisfies Record<CheckTaskName, unknown>,
} as const satisfies PathwayTexts;
