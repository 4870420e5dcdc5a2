/** What may come of looking for a person whom nobody reaches. All but the first are the reasons with which a person is lost to follow-up. */
import type { Words } from '../kit/language.ts';

/** Why a follow-up is lost, as the form of the national specification asks (失访原因). */
export const lostReasons = ['moved', 'refused', 'not-found', 'died', 'other'] as const;
export type LostReason = (typeof lostReasons)[number];

export const searchOutcomes = ['found', ...lostReasons] as const;
export type SearchOutcome = (typeof searchOutcomes)[number];

export const lostReasonWords: Readonly<Record<LostReason, Words>> = {
  moved: { zh: '迁居（迁出辖区）', en: 'moved away' },
  refused: { zh: '拒绝随访', en: 'refuses to be followed up' },
  'not-found': { zh: '多方联系未找到', en: 'not found' },
  died: { zh: '死亡', en: 'died' },
  other: { zh: '其他', en: 'another reason' },
};

export const isLostReason = (outcome: SearchOutcome): outcome is LostReason => outcome !== 'found';
