/** The words of a round that people read: its messages and the lines of its timeline. */
import type { Words } from '../kit/language.ts';
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { SupplyRoundEvent, SupplyRoundFactName } from './events.ts';
import type { roundTimerNames } from './round-timers.ts';
import type { timelineEventOf } from './timeline-events.ts';

const messages = {
  subject: { zh: '下收下送', en: 'Supply round' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '有新的消息', todo: '咨询社康中心' },
    en: { what: 'there is news', todo: 'ask your health centre' },
  },
  workOfClock: {
    'cut-off': { zh: '核对并确认本次下收下送', en: 'check and confirm the round' },
    'release-lead': { zh: '放行本次配送所需的灭菌包', en: 'release the packs that the round needs' },
    'stop-late': { zh: '跟进尚未到达的站点', en: 'see to the stop that nobody has arrived at' },
    'round-late': { zh: '跟进尚未返回的车辆', en: 'see to the vehicle that is not back' },
    'hand-over': { zh: '向去污区移交回收的器械', en: 'hand over what was collected to the decontamination area' },
    reconcile: { zh: '核对并关闭本次下收下送', en: 'reconcile and close the round' },
    unserved: { zh: '安排未能送达的社康中心', en: 'see that the centre that was not served is served' },
    'confirm-signature': { zh: '确认本中心的签收', en: 'confirm the signature of your centre' },
  } satisfies Record<(typeof roundTimerNames)[number], Words>,
} as const satisfies MessageTexts;

const factWords = {
  'round-allocated': { zh: '已分配灭菌包', en: 'packs allocated' },
  'round-loaded': { zh: '装车完毕', en: 'loading completed' },
  'round-departed': { zh: '车辆出发', en: 'departed' },
  'round-broke-down': { zh: '车辆故障', en: 'vehicle broke down' },
  'round-transferred': { zh: '换车继续', en: 'gone on in another vehicle' },
  'round-aborted': { zh: '中止，其余站点未送达', en: 'aborted, the remaining stops failed' },
  'round-returned': { zh: '车辆返回', en: 'returned' },
  'round-handed-over': { zh: '已移交去污区', en: 'handed over to decontamination' },
  'stop-added': { zh: '增加站点', en: 'stop added' },
  'stop-moved': { zh: '站点改派', en: 'stop moved to another round' },
  'stop-arrived': { zh: '到达站点', en: 'arrived at a stop' },
  'stop-left': { zh: '离开站点', en: 'left a stop' },
  'stop-failed': { zh: '站点未完成', en: 'stop failed' },
  'signature-unverified': { zh: '签收待中心确认', en: 'the signature waits for the centre to confirm it' },
  'centre-served': { zh: '社康中心已补送', en: 'the centre was served after all' },
} as const satisfies Record<SupplyRoundFactName, Words>;

export const supplyRoundTexts = {
  messages,
  events: {
    create: { zh: '新建', en: 'created' },
    confirm: { zh: '确认', en: 'confirmed' },
    close: { zh: '关闭', en: 'closed' },
    cancel: { zh: '取消', en: 'cancelled' },
    'confirm-signature': { zh: '中心确认签收', en: 'signature confirmed by the centre' },
    rung: { zh: '时限提醒', en: 'time limit reached' },
    ...factWords,
    allocate: factWords['round-allocated'],
    'complete-loading': factWords['round-loaded'],
    depart: factWords['round-departed'],
    'break-down': factWords['round-broke-down'],
    transfer: factWords['round-transferred'],
    abort: factWords['round-aborted'],
    return: factWords['round-returned'],
    'hand-over': factWords['round-handed-over'],
    'add-stop': factWords['stop-added'],
    'move-stop': factWords['stop-moved'],
    arrived: factWords['stop-arrived'],
    left: factWords['stop-left'],
    fail: factWords['stop-failed'],
  } satisfies Record<SupplyRoundEvent['name'] | (typeof timelineEventOf)[SupplyRoundFactName], PathwayTexts['events'][string]>,
  tasks: {
    'cut-off': { zh: '确认班次', en: 'Confirm the round' },
    'release-lead': { zh: '完成装车', en: 'Complete the loading' },
    'stop-late': { zh: '处理晚到的站点', en: 'See to the late stop' },
    'round-late': { zh: '处理未按时返回的班次', en: 'See to the late round' },
    'hand-over': { zh: '交接回收的器械', en: 'Hand over what was taken back' },
    reconcile: { zh: '核对并关闭班次', en: 'Reconcile and close the round' },
    unserved: { zh: '为未送到的社康中心补送', en: 'Serve the centre that was left out' },
    'confirm-signature': { zh: '确认签收', en: 'Confirm the signature' },
  } satisfies Record<(typeof roundTimerNames)[number], Words>,
} as const satisfies PathwayTexts;
