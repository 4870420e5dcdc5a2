/** Who may do what with referrals, and with the slots that they book. */
import { referringRoles } from '../../domain/alliance/roles.ts';
import { clinicians, type Policy, type Rule, readers } from '../kit/rule.ts';

/** The alliance office and the auditor see every referral that was sent, whatever their institution had to do with it. */
export const party: Pick<Rule, 'relation' | 'everywhere'> = { relation: 'party', everywhere: ['office', 'auditor'] };
const command: Rule = { roles: referringRoles, ...party };
const reading: Rule = { roles: [...readers, 'office', 'auditor'], ...party };

export const referralPolicy = {
  // Whom somebody may refer: also when the referral comes in by a standard of others.
  createReferral: { roles: referringRoles, relation: 'register' },
  // A nurse writes drafts by recording visits, and holds the paper that the patient has signed; a doctor sends them.
  editReferralDraft: { roles: clinicians, ...party },
  listReferrals: reading,
  getReferral: reading,
  getReferralTimeline: reading,
  getReferralWhy: reading,
  getReferralSlip: reading,
  sendReferralPackage: command,
  sendAcceptance: command,
  sendDecline: command,
  requestCancellation: command,
  scheduleVisit: command,
  sendInterimNote: command,
  sendOutcome: command,
  rescheduleVisit: command,
  reportNoShow: command,
  cancelAppointment: command,
  confirmCancellation: command,
  withdraw: command,
  reviewResult: command,
  answerCheck: command,
  recordConsent: command,
  referOnward: command,
  requestInformation: command,
  answerInformation: command,
  reopenReferral: command,
  rerouteReferral: { roles: ['office'], ...party },

  getReferralBook: { roles: [...clinicians, 'office'], relation: 'institution', everywhere: ['office'] },

  listSlots: { roles: [...readers, 'office'], relation: 'alliance' },
  createSlotSeries: { roles: ['specialist', 'desk', 'head'], relation: 'alliance' },
  withdrawSlot: { roles: ['specialist', 'desk', 'head'], relation: 'alliance' },
  createSlot: { roles: ['specialist', 'desk', 'head'], relation: 'alliance' },
} as const satisfies Policy;
