/**
 * Who may do what: operation × role × relation. An operation without a line here fails the build of the API.
 * The relation says which objects a role sees at all; what it does not see answers 404, what it sees and may not do 403.
 */
import type { Role } from '../domain/alliance/roles.ts';

/**
 * none: no object. alliance: everything. institution: what belongs to the caller's institution.
 * register: residents of the caller's centre; hospitals see the alliance's register. party: a side of the referral, past or present.
 */
export type Relation = 'none' | 'alliance' | 'institution' | 'register' | 'party' | 'own';

export interface Rule {
  roles: readonly Role[] | 'public' | 'everyone';
  relation: Relation;
}

const clinicians: readonly Role[] = ['gp', 'nurse', 'specialist', 'desk', 'head'];
const referrers: readonly Role[] = ['gp', 'specialist', 'desk', 'head'];
const readers: readonly Role[] = [...clinicians, 'pharmacist'];
const inspectors: readonly Role[] = ['sysadmin', 'auditor'];

const followUpCommand: Rule = { roles: ['gp', 'nurse', 'head'], relation: 'register' };
const followUpReaders: Rule = { roles: [...readers, 'office', 'auditor'], relation: 'register' };
/** Who answers for clinical rules: docs/decisions/0011. */
const ruleKeepers: readonly Role[] = ['head', 'office', 'sysadmin'];

const referralCommand: Rule = { roles: referrers, relation: 'party' };

export const policy = {
  createSession: { roles: 'public', relation: 'none' },
  getMe: { roles: 'everyone', relation: 'own' },
  chooseMyChannel: { roles: 'everyone', relation: 'own' },

  listInstitutions: { roles: 'everyone', relation: 'alliance' },
  listDepartments: { roles: 'everyone', relation: 'alliance' },
  listStaff: { roles: 'everyone', relation: 'alliance' },
  listPatients: { roles: readers, relation: 'register' },
  getPatient: { roles: readers, relation: 'register' },
  createPatient: { roles: clinicians, relation: 'register' },
  choosePatientChannel: { roles: clinicians, relation: 'register' },

  createReferral: { roles: referrers, relation: 'register' },
  listReferrals: { roles: [...readers, 'office', 'auditor'], relation: 'party' },
  getReferral: { roles: [...readers, 'office', 'auditor'], relation: 'party' },
  getReferralTimeline: { roles: [...readers, 'office', 'auditor'], relation: 'party' },
  getReferralWhy: { roles: [...readers, 'office', 'auditor'], relation: 'party' },
  getReferralSlip: { roles: [...readers, 'office', 'auditor'], relation: 'party' },
  getReferralBook: { roles: [...clinicians, 'office'], relation: 'institution' },
  getIndicators: { roles: ['head', 'office', ...inspectors], relation: 'institution' },
  listReferralHl7v2Messages: { roles: [...readers, 'office', 'auditor', 'gateway'], relation: 'party' },
  sendReferralPackage: referralCommand,
  sendAcceptance: referralCommand,
  sendDecline: referralCommand,
  requestCancellation: referralCommand,
  scheduleVisit: referralCommand,
  sendInterimNote: referralCommand,
  sendOutcome: referralCommand,
  rescheduleVisit: referralCommand,
  reportNoShow: referralCommand,
  cancelAppointment: referralCommand,
  confirmCancellation: referralCommand,
  withdraw: referralCommand,
  reviewResult: referralCommand,
  answerCheck: referralCommand,
  recordConsent: referralCommand,
  referOnward: referralCommand,
  requestInformation: referralCommand,
  answerInformation: referralCommand,
  reopenReferral: referralCommand,
  rerouteReferral: { roles: ['office'], relation: 'alliance' },

  createEnrolment: followUpCommand,
  listEnrolments: followUpReaders,
  getEnrolment: followUpReaders,
  getEnrolmentTimeline: followUpReaders,
  getEnrolmentWhy: followUpReaders,
  listVisits: followUpReaders,
  recordVisit: followUpCommand,
  getVisitForm: { roles: 'everyone', relation: 'alliance' },
  pauseEnrolment: followUpCommand,
  resumeEnrolment: followUpCommand,
  withdrawEnrolment: followUpCommand,
  reopenEnrolment: followUpCommand,
  transferEnrolment: followUpCommand,
  changePackage: followUpCommand,
  moveEnrolment: { roles: ['gp', 'head'], relation: 'register' },
  changePhase: followUpCommand,
  changeTier: { roles: ['gp', 'head'], relation: 'register' },
  acknowledgeEducation: followUpCommand,
  closeEpisode: followUpCommand,

  listSlots: { roles: [...readers, 'office'], relation: 'alliance' },
  createSlot: { roles: ['specialist', 'desk', 'head'], relation: 'institution' },

  getWorklist: { roles: [...readers, 'office'], relation: 'institution' },
  claimTask: { roles: [...readers, 'office'], relation: 'institution' },
  releaseTask: { roles: [...readers, 'office'], relation: 'institution' },
  completeTask: { roles: [...readers, 'office'], relation: 'institution' },

  // A letter names its patient: for those who would call or hand it over.
  listLetters: { roles: ['gp', 'nurse', 'desk', 'head'], relation: 'institution' },
  printLetter: { roles: ['gp', 'nurse', 'desk', 'head'], relation: 'institution' },
  reportLetter: { roles: ['gp', 'nurse', 'desk', 'head'], relation: 'institution' },
  listProtocols: { roles: 'everyone', relation: 'alliance' },
  getProtocol: { roles: 'everyone', relation: 'alliance' },
  evaluateVisit: { roles: 'everyone', relation: 'alliance' },
  uploadProtocol: { roles: ruleKeepers, relation: 'alliance' },
  replaceProtocolDraft: { roles: ruleKeepers, relation: 'alliance' },
  publishProtocol: { roles: ruleKeepers, relation: 'alliance' },
  listCalendars: { roles: 'everyone', relation: 'alliance' },
  previewCalendar: { roles: ruleKeepers, relation: 'alliance' },
  publishCalendar: { roles: ruleKeepers, relation: 'alliance' },
  previewVersionMove: { roles: ruleKeepers, relation: 'alliance' },
  orderVersionMove: { roles: ruleKeepers, relation: 'alliance' },
  getVersionMove: { roles: ruleKeepers, relation: 'alliance' },
  retireProtocol: { roles: ruleKeepers, relation: 'alliance' },

  recordFact: { roles: ['gateway'], relation: 'none' },
  // A gateway for everybody, staff for the residents of their own institution.
  recordReadings: { roles: [...clinicians, 'gateway'], relation: 'institution' },
  listReadings: { roles: readers, relation: 'register' },
  closeReadingEpisode: followUpCommand,
  listReadingEpisodes: { roles: readers, relation: 'register' },
  listIdentityReviews: { roles: ['desk', 'office'], relation: 'institution' },
  resolveIdentityReview: { roles: ['desk', 'office'], relation: 'institution' },

  getCommand: { roles: 'everyone', relation: 'own' },

  listPathways: { roles: inspectors, relation: 'alliance' },
  getPathway: { roles: inspectors, relation: 'alliance' },
  getPathwayHistory: { roles: inspectors, relation: 'alliance' },

  fastForward: { roles: 'everyone', relation: 'alliance' },
  getDemoOutbox: { roles: 'everyone', relation: 'alliance' },
} as const satisfies Record<string, Rule>;

const fhirReaders: readonly Role[] = [...readers, 'office', 'auditor', 'gateway'];
const fhirWriters: readonly Role[] = [...referrers, 'gateway'];

/** The same for operations in the standards of others: HL7 v2 and FHIR. Forms, keys and failures are the standard's, so they stand apart. */
export const facadePolicy = {
  postHl7v2Message: { roles: ['gateway'], relation: 'party' },
  fhirCapabilities: { roles: 'everyone', relation: 'none' },
  fhirReadServiceRequest: { roles: fhirReaders, relation: 'party' },
  fhirReadTask: { roles: fhirReaders, relation: 'party' },
  fhirSearchTasks: { roles: fhirReaders, relation: 'party' },
  fhirCreateServiceRequest: { roles: fhirWriters, relation: 'register' },
  fhirTransaction: { roles: fhirWriters, relation: 'register' },
  fhirUpdateTask: { roles: fhirWriters, relation: 'party' },
  fhirCreateObservation: { roles: [...clinicians, 'gateway'], relation: 'institution' },
} as const satisfies Record<string, Rule>;

export type OperationId = keyof typeof policy | keyof typeof facadePolicy;

const everyRule: Record<OperationId, Rule> = { ...policy, ...facadePolicy };

export const ruleOf = (operation: OperationId): Rule => everyRule[operation];

export const mayDo = (operation: OperationId, held: readonly string[]): boolean => {
  const { roles: allowed } = ruleOf(operation);
  return allowed === 'public' || allowed === 'everyone' || held.some((role) => (allowed as readonly string[]).includes(role));
};

/** The role in which a person does an operation, for the record: the first of theirs that the policy names. */
export function actingRole(operation: OperationId, held: readonly string[]): string {
  const { roles: allowed } = ruleOf(operation);
  const acting = typeof allowed === 'string' ? undefined : held.find((role) => (allowed as readonly string[]).includes(role));
  return acting ?? held[0] ?? 'none';
}
