/** What a letter about a referral says beside its message: where and when the patient is expected. */
import type { ReferralRecord } from '../db/referral/referrals.ts';
import type { SlipSurroundings } from '../db/referral/slip.ts';
import { lastLeg } from '../domain/referral/state.ts';
import { toShanghaiMinute } from '../domain/time/shanghai.ts';
import type { LetterSubject } from './patient-letter.ts';
import type { Block } from './pdf/document.ts';

/** `printedAt` is as in LetterSubject. */
export function buildReferralLetterSubject(
  { id, state }: ReferralRecord,
  { patient, placeNames, deskNames }: SlipSurroundings,
  printedAt: number,
): LetterSubject {
  const recipient = lastLeg(state) ?? state.addressee;
  const department = recipient.departmentId === null ? deskNames.get(recipient.institutionId) : placeNames.get(recipient.departmentId);
  const { appointment } = state;
  const visit: Block[] = appointment
    ? [
        { kind: 'heading', text: '就诊' },
        {
          kind: 'fields',
          fields: [
            { label: '机构', value: placeNames.get(recipient.institutionId) ?? recipient.institutionId, strong: true },
            { label: '科室', value: department ?? '—', strong: true },
          ],
        },
        { kind: 'text', label: '时间', text: `${toShanghaiMinute(appointment.startsAt)}（北京时间）` },
      ]
    : [];
  return { pathwayId: id, subtitle: '转诊', patient, blocks: visit, printedAt };
}
