/** What people call the codes of a follow-up. */
import type { Words } from '../kit/language.ts';
import type { VisitAction } from './evaluation.ts';

export const visitActions = ['continue', 'adjust', 'refer', 'refer-urgent', 'confirm-reading'] as const satisfies VisitAction[];

export const visitActionWords: Readonly<Record<VisitAction, Words>> = {
  continue: { zh: '继续随访', en: 'go on as before' },
  adjust: { zh: '调整治疗，2 周内复诊', en: 'adjust and see again' },
  refer: { zh: '建议转诊', en: 'refer' },
  'refer-urgent': { zh: '紧急转诊', en: 'refer urgently' },
  'confirm-reading': { zh: '立即复测核实', en: 'measure again at once' },
};

export const tiers = ['low', 'middle', 'high'] as const;

export const tierWords: Readonly<Record<(typeof tiers)[number], Words>> = {
  low: { zh: '低危', en: 'low risk' },
  middle: { zh: '中危', en: 'middle risk' },
  high: { zh: '高危', en: 'high risk' },
};

export const enrolmentStatuses = ['active', 'paused', 'ended'] as const;

export const enrolmentStatusWords: Readonly<Record<(typeof enrolmentStatuses)[number], Words>> = {
  active: { zh: '在管', en: 'active' },
  paused: { zh: '已暂停', en: 'paused' },
  ended: { zh: '已结束', en: 'ended' },
};
