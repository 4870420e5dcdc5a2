/** The words of a load that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { lineOfFact, SteriliserLoadEvent } from './events.ts';
import type { LoadTimer } from './state.ts';

const messages = {
  subject: { zh: '灭菌锅次', en: 'Steriliser load' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {
    'end-overdue': { zh: '登记灭菌结束与物理监测', en: 'record the end of the cycle' },
    'unload-overdue': { zh: '卸载并登记包外化学指示物与湿包', en: 'unload the load and record outer indicators and wet packs' },
    'review-overdue': { zh: '审核本锅并放行或判为不合格', en: 'review the load and release or reject it' },
    'incubate-overdue': { zh: '将生物指示物放入培养', en: 'put the biological indicator into incubation' },
    'read-overdue': { zh: '判读生物指示物', en: 'read the biological indicator' },
    'recall-decision': { zh: '决定是否召回本锅已使用的包', en: 'decide whether the load is recalled' },
  } satisfies Record<LoadTimer, PathwayTexts['events'][string]>,
} as const satisfies MessageTexts;

/** Lines of the timeline that are named otherwise than the event. */
type OtherLine = (typeof lineOfFact)[keyof typeof lineOfFact] | 'inquire' | 'recall-decided' | 'no-recall-decided' | 'recall-undecided';
export type SteriliserLoadLine = SteriliserLoadEvent['name'] | OtherLine;

const ended = { zh: '灭菌结束', en: 'cycle ended' };
const aborted = { zh: '灭菌中断', en: 'cycle aborted' };
const unloaded = { zh: '已卸载', en: 'unloaded' };
const reviewed = { zh: '护士长已复核', en: 'reviewed by the head nurse' };
const released = { zh: '已放行', en: 'released' };
const releasedEarly = { zh: '紧急放行', en: 'released early for an emergency' };
const rejected = { zh: '本锅判为不合格', en: 'rejected' };
const incubated = { zh: '生物指示物开始培养', en: 'biological indicator in incubation' };
const read = { zh: '生物指示物已判读', en: 'biological indicator read' };
const corrected = { zh: '生物指示物判读已更正', en: 'reading of the biological indicator corrected' };

export const steriliserLoadTexts = {
  messages,
  events: {
    start: { zh: '开始灭菌', en: 'cycle started' },
    'decide-recall': { zh: '决定是否召回', en: 'decision on a recall' },
    'review-pack': { zh: '已复核该包', en: 'the pack was reviewed' },
    inquire: { zh: '对已结束锅次的追查', en: 'a question about a load that was over' },
    'load-ended': ended,
    end: ended,
    'load-aborted': aborted,
    abort: aborted,
    'load-unloaded': unloaded,
    unload: unloaded,
    'load-reviewed': reviewed,
    review: reviewed,
    'load-released': released,
    release: released,
    'load-released-early': releasedEarly,
    'emergency-release': releasedEarly,
    'load-rejected': rejected,
    reject: rejected,
    'bi-incubated': incubated,
    incubate: incubated,
    'bi-read': read,
    read,
    'bi-corrected': corrected,
    correct: corrected,
    'inner-ci-failed': { zh: '包内化学指示物不合格', en: 'an indicator inside a pack failed' },
    'load-recalled': { zh: '本锅已召回', en: 'the load was recalled' },
    'recall-decided': { zh: '决定召回', en: 'a recall was decided' },
    'no-recall-decided': { zh: '决定不召回', en: 'it was decided not to recall' },
    'recall-undecided': { zh: '逾期未决定，自动召回', en: 'nobody decided in time, so it is recalled' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
  } satisfies Record<SteriliserLoadLine, PathwayTexts['events'][string]>,
  tasks: {
    'end-overdue': { zh: '登记灭菌结束', en: 'Record the end of the cycle' },
    'unload-overdue': { zh: '卸载', en: 'Unload the load' },
    'review-overdue': { zh: '审核放行', en: 'Review the load' },
    'incubate-overdue': { zh: '培养生物指示物', en: 'Incubate the biological indicator' },
    'read-overdue': { zh: '判读生物指示物', en: 'Read the biological indicator' },
    'recall-decision': { zh: '决定是否召回', en: 'Decide about a recall' },
  } satisfies Record<LoadTimer, unknown>,
} as const satisfies PathwayTexts;
