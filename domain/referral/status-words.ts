/** What people call where a referral stands, and how its part at an institution ended. */
import type { Words } from '../kit/language.ts';
import { businessStatusOf, type ReferralStatus } from './transitions.ts';

export const referralStatuses = ['draft', 'received', 'accepted', 'in-progress', 'completed', 'rejected', 'cancelled'] as const;

export const referralStatusWords: Readonly<Record<(typeof referralStatuses)[number], Words>> = {
  draft: { zh: '草稿', en: 'draft' },
  received: { zh: '待答复', en: 'waiting for an answer' },
  accepted: { zh: '已接收', en: 'accepted' },
  'in-progress': { zh: '进行中', en: 'in progress' },
  completed: { zh: '已完成', en: 'completed' },
  // A referral that nobody has answered ends here too; its reason says so.
  rejected: { zh: '未接收', en: 'not accepted' },
  cancelled: { zh: '已取消', en: 'cancelled' },
};

const wordsOfStates: Readonly<Record<Exclude<ReferralStatus, 'draft'>, Words>> = {
  received: referralStatusWords.received,
  accepted: referralStatusWords.accepted,
  'in-progress/5.1.1': { zh: '已预约就诊', en: 'a visit is scheduled' },
  'in-progress/5.1.2': { zh: '未到诊', en: 'the patient did not come' },
  'in-progress/5.1.3': { zh: '预约已取消', en: 'the appointment was cancelled' },
  'in-progress/5.1.4': { zh: '已有阶段小结', en: 'there is an interim note' },
  'in-progress/5.2': { zh: '申请取消中', en: 'a cancellation was asked for' },
  completed: referralStatusWords.completed,
  rejected: referralStatusWords.rejected,
  cancelled: referralStatusWords.cancelled,
};

/** By the codes of BSeR. */
export const businessStatusWords: Readonly<Record<string, Words>> = Object.fromEntries(
  Object.entries(wordsOfStates).map(([state, words]) => [businessStatusOf(state as ReferralStatus), words]),
);

/** How an institution's part in a referral ended: with the whole, or because it went on. */
export const legEndWords: Readonly<Record<string, Words>> = {
  completed: referralStatusWords.completed,
  rejected: referralStatusWords.rejected,
  cancelled: referralStatusWords.cancelled,
  'no-answer': { zh: '未答复', en: 'no answer' },
  rerouted: { zh: '已改派', en: 'rerouted' },
  'referred-onward': { zh: '已转往其他机构', en: 'referred onward' },
  'patient-moved': { zh: '患者已迁居', en: 'the patient has moved' },
};
