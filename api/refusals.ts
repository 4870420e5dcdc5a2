/**
 * What each operation may be refused with because of the state that it meets: the codes of its answers with 409, which the contract names and which
 * clients have words and a way out for. An operation that changes something and has no line here fails test/kit/contract.test.ts; an answer with a code
 * that its line lacks fails the test that got it.
 */
import type { ErrorCode } from '../domain/kit/errors.ts';

type Codes = readonly ErrorCode[];

/** Any command of a pathway: it has ended, the state does not allow it, or what it writes contradicts what was written meanwhile. */
const command: Codes = ['transition-not-allowed', 'pathway-ended', 'conflicts-with-records', 'command-unknown'];
/** Any physical act. */
const act: Codes = ['transition-not-allowed', 'already-exists', 'conflicts-with-records'];
const none: Codes = [];

// --- referral -------------------------------------------------------------------------------

const onReferral: Codes = [...command, 'not-current-recipient', 'patient-mismatch', 'patient-died'];
const asksSomebody: Codes = [...onReferral, 'open-referral-exists', 'institution-already-asked'];
const booksSlot: Codes = [...onReferral, 'slot-taken', 'slot-withdrawn', 'slot-reserved'];

const ofReferral = {
  createReferral: [...asksSomebody, 'already-exists', 'consent-missing'],
  editReferralDraft: asksSomebody,
  sendReferralPackage: [...asksSomebody, 'consent-missing'],
  sendAcceptance: onReferral,
  sendDecline: onReferral,
  requestCancellation: onReferral,
  scheduleVisit: booksSlot,
  sendInterimNote: onReferral,
  sendOutcome: onReferral,
  rescheduleVisit: booksSlot,
  reportNoShow: onReferral,
  cancelAppointment: onReferral,
  confirmCancellation: onReferral,
  withdraw: onReferral,
  reviewResult: onReferral,
  answerCheck: onReferral,
  recordConsent: onReferral,
  referOnward: asksSomebody,
  rerouteReferral: asksSomebody,
  requestInformation: onReferral,
  answerInformation: onReferral,
  reopenReferral: asksSomebody,
  createSlot: none,
  createSlotSeries: none,
  withdrawSlot: ['slot-withdrawn', 'transition-not-allowed'],
} as const;

// --- discharge ------------------------------------------------------------------------------

const onEpisode: Codes = [...command, 'patient-mismatch', 'patient-died'];

const ofDischarge = {
  getDischargeSheet: ['transition-not-allowed'],
  recordDischargePlan: [...onEpisode, 'plan-active'],
  recordDischargeContact: [...onEpisode, 'order-closed'],
  recordDischargeVisit: [...onEpisode, 'order-closed'],
  reconcileMedicines: onEpisode,
  briefPatient: onEpisode,
  tellStayResults: onEpisode,
  educatePatient: onEpisode,
  addDischargeOrder: [...onEpisode, 'already-exists'],
  changeDischargeOrder: [...onEpisode, 'order-closed'],
  reportDischargeOrders: [...onEpisode, 'order-closed'],
  answerDischargeConversation: onEpisode,
  judgeDischargeTriage: onEpisode,
  reportPendingResult: [...onEpisode, 'order-closed'],
  tellPendingResult: [...onEpisode, 'order-closed'],
  setDischargeRisk: onEpisode,
  sendPatientLink: [...onEpisode, 'no-link-consent'],
  revokePatientLink: onEpisode,
  askForLinkCode: none,
  openLinkSession: none,
  reportByLink: [...command, 'order-closed'],
  stopByLink: [...command, 'order-closed'],
  askForCallByLink: command,
  tellSymptomsByLink: command,
  disownLink: command,
  withdrawEpisode: onEpisode,
  reopenEpisode: onEpisode,
  uploadDischargeDocument: ['already-exists'],
  replaceDischargeDocumentDraft: ['transition-not-allowed'],
  publishDischargeDocument: ['transition-not-allowed'],
  retireDischargeDocument: ['transition-not-allowed'],
} as const;

// --- follow-up ------------------------------------------------------------------------------

const onEnrolment: Codes = [...command, 'patient-died', 'patient-mismatch', 'not-this-centre', 'enrolment-not-active'];
const visit: Codes = [...onEnrolment, 'visit-exists', 'visit-before-last', 'already-exists'];

const ofFollowUp = {
  createEnrolment: [...onEnrolment, 'already-enrolled', 'already-exists'],
  pauseEnrolment: onEnrolment,
  changePhase: onEnrolment,
  changeTier: onEnrolment,
  acknowledgeEducation: onEnrolment,
  resumeEnrolment: onEnrolment,
  withdrawEnrolment: onEnrolment,
  reopenEnrolment: [...onEnrolment, 'already-enrolled'],
  transferEnrolment: onEnrolment,
  changePackage: onEnrolment,
  moveEnrolment: onEnrolment,
  closeEpisode: [...onEnrolment, 'episode-closed'],
  recordVisit: visit,
  recordPatientVisit: visit,
  reportSearch: [...onEnrolment, 'task-closed'],
  markVisitEnteredInError: onEnrolment,
  uploadProtocol: ['already-exists'],
  replaceProtocolDraft: ['transition-not-allowed'],
  publishProtocol: ['transition-not-allowed'],
  retireProtocol: ['transition-not-allowed'],
  evaluateVisit: none,
  simulateEpisode: none,
  orderVersionMove: ['transition-not-allowed'],
  previewCalendar: none,
  publishCalendar: ['already-exists'],
} as const;

// --- residents, readings, tasks, messages -----------------------------------------------------

const onDeath: Codes = [...command, 'patient-died', 'second-person-required', 'same-person', 'already-exists'];
const onMerger: Codes = [...command, 'second-person-required', 'same-person', 'merger-contradicts', 'already-exists', 'patient-died'];
const onTask: Codes = ['task-closed', 'task-already-claimed', 'task-not-yours'];

const ofResidents = {
  createSession: none,
  chooseMyChannel: none,
  createBrowserSession: none,
  unlockBrowserSession: none,
  switchBrowserSession: none,
  endBrowserSession: none,
  endMySession: none,
  changeMyPassword: none,
  beginSecondFactor: ['already-exists', 'transition-not-allowed'],
  confirmSecondFactor: ['transition-not-allowed'],
  removeSecondFactor: ['transition-not-allowed'],
  resetSecondFactor: ['transition-not-allowed', 'second-person-required'],
  createPatient: ['possible-duplicate', 'local-id-taken'],
  choosePatientChannel: none,
  correctPatient: ['possible-duplicate'],
  reportDeath: onDeath,
  confirmDeath: [...onDeath, 'merger-contradicts'],
  refuteDeath: onDeath,
  retractDeath: onDeath,
  confirmDeathRetraction: onDeath,
  proposeMerger: onMerger,
  confirmMerger: onMerger,
  rejectMerger: onMerger,
  retractMerger: onMerger,
  confirmMergerRetraction: onMerger,
  recordFact: none,
  resolveIdentityReview: ['transition-not-allowed', 'patient-died', 'merger-contradicts'],
  recordReadings: none,
  markReadingEnteredInError: ['transition-not-allowed'],
  closeReadingEpisode: [...onEnrolment, 'episode-closed', 'already-exists'],
} as const;

const ofTasks = {
  claimTask: onTask,
  claimTasks: none,
  rescheduleTasks: ['not-reschedulable', 'task-closed'],
  releaseTask: onTask,
  completeTask: [
    ...onTask,
    ...onMerger,
    'task-done-by-trigger',
    'further-crisis-value',
    'value-below-threshold-required',
    'patient-mismatch',
    'not-current-recipient',
    'consent-missing',
    'open-referral-exists',
  ],
  reportLetter: onTask,
  createLessonVersion: none,
  publishLesson: ['second-person-required', 'text-gives-away', 'transition-not-allowed'],
  createMessageTemplateVersion: none,
  publishMessageTemplate: ['second-person-required', 'text-gives-away', 'transition-not-allowed'],
  fastForward: ['pathway-ended'],
} as const;

// --- administration -------------------------------------------------------------------------

const onPosts: Codes = ['roles-conflict', 'last-administrator', 'second-person-required', 'transition-not-allowed'];

const ofAdministration = {
  createInstitution: ['already-exists'],
  replaceInstitution: ['transition-not-allowed'],
  createDepartment: ['already-exists'],
  replaceDepartment: ['already-exists', 'still-in-use', 'transition-not-allowed'],
  createTeam: ['already-exists'],
  replaceTeam: ['transition-not-allowed'],
  createStaffMember: ['already-exists', 'roles-conflict'],
  replaceStaffMember: [...onPosts, 'already-exists'],
  deactivateStaffMember: onPosts,
  inviteStaffMember: ['transition-not-allowed'],
  activateAccount: none,
  createConfiguration: none,
  previewConfiguration: none,
  publishConfiguration: ['second-person-required', 'transition-not-allowed'],
  uploadImport: none,
  applyImport: ['import-has-errors', 'import-stale', 'transition-not-allowed'],
} as const;

// --- sterile supply ---------------------------------------------------------------------------

const onSlip: Codes = [...command, ...act, 'open-slip-exists', 'slip-frozen', 'low-use-notice', 'not-owner'];
const onRound: Codes = [...command, ...act, 'lines-without-outcome', 'not-cleaned', 'slip-frozen', 'same-person'];
const loading: Codes = [...onRound, 'not-in-custody', 'over-capacity', 'pack-not-dispensable', 'wrong-lane', 'special-alone', 'not-owner'];
const atStop: Codes = [
  ...act,
  'not-in-custody',
  'pack-not-dispensable',
  'wrong-lane',
  'special-alone',
  'step-out-of-order',
  'signature-missing',
];
const starting: Codes = ['steriliser-out-of-service', 'steriliser-busy', 'bd-required', 'bi-due', 'bi-required', 'label-date', 'too-early'];
const onLoad: Codes = [...act, 'same-person', 'steriliser-out-of-service', 'steriliser-busy'];
const releasing: Codes = [
  ...onLoad,
  'physical-failed',
  'ci-failed',
  'bi-required',
  'load-review-required',
  'in-recall',
  'incubation-not-over',
];
const onRecall: Codes = [...command, ...act, 'recall-not-complete', 'same-person', 'not-in-custody'];
const onDiscrepancy: Codes = [...command, ...act, 'same-person'];
const onPack: Codes = [...act, 'not-in-custody', 'pack-not-dispensable', 'same-person', 'label-date', 'not-owner'];
const washing: Codes = [...act, 'special-path-required', 'not-in-custody', 'same-person'];

const ofSlipsAndRounds = {
  createSlip: onSlip,
  submitSlip: onSlip,
  amendSlip: onSlip,
  cancelSlip: onSlip,
  countSlip: [...onSlip, 'same-person', 'not-in-custody'],
  planRounds: onRound,
  createRound: onRound,
  confirmRound: onRound,
  closeRound: onRound,
  cancelRound: onRound,
  allocateRound: loading,
  addStop: loading,
  moveStop: loading,
  consignPacks: loading,
  takePacksOff: loading,
  completeLoading: loading,
  departRound: loading,
  returnRound: loading,
  breakDownRound: loading,
  transferRound: loading,
  abortRound: loading,
  handOverRound: loading,
  issueVoiceCode: act,
  failStop: atStop,
  recordStopStep: atStop,
} as const;

const ofLoads = {
  createSteriliser: act,
  takeOutSteriliser: onLoad,
  beginRequalification: onLoad,
  returnSteriliserToService: onLoad,
  retireSteriliser: onLoad,
  createBowieDickTest: onLoad,
  createLoad: [...onLoad, 'wrong-program', 'not-in-custody', 'label-date'],
  changeLoadPacks: [...onLoad, 'wrong-program', 'not-in-custody', 'label-date'],
  printLoadLabels: [...onLoad, 'not-in-custody', 'label-date'],
  startLoad: [...onLoad, ...starting],
  endLoad: onLoad,
  abortLoad: onLoad,
  unloadLoad: [...onLoad, 'still-cooling'],
  releaseLoad: releasing,
  rejectLoad: releasing,
  reviewLoad: releasing,
  emergencyReleaseLoad: releasing,
  incubateLoadIndicator: releasing,
  readLoadIndicator: releasing,
  correctLoadIndicator: releasing,
} as const;

const ofRecallsAndThings = {
  openRecall: onRecall,
  acknowledgeRecall: onRecall,
  accountRecall: onRecall,
  recordRecallCause: onRecall,
  recordRecallReport: onRecall,
  signRecall: onRecall,
  createDiscrepancy: onDiscrepancy,
  acknowledgeDiscrepancy: onDiscrepancy,
  investigateDiscrepancy: onDiscrepancy,
  resolveDiscrepancy: onDiscrepancy,
  closeDiscrepancy: onDiscrepancy,
  createSetType: act,
  registerSet: act,
  completeSet: onPack,
  recordSetRepaired: onPack,
  signOffIncompleteSet: onPack,
  retireSet: onPack,
  reportSetMissing: onPack,
  registerVehicle: act,
  cleanVehicle: act,
  registerBox: act,
  cleanBox: act,
  registerWasher: act,
  putSupplyCentre: none,
  recordWashBatch: washing,
  recordInspections: washing,
  assemblePack: onPack,
  checkPack: onPack,
  compromisePack: onPack,
  breakOutPack: onPack,
  restockPack: onPack,
  openPack: onPack,
  returnPackUnopened: onPack,
  printPackLabel: onPack,
  registerDevice: act,
  revokeDevice: act,
  sendScans: none,
  recordClimateReadings: act,
  reviewClimateBreach: act,
  runDemoSweep: none,
} as const;

const refusals = new Map<string, Codes>(
  Object.entries({
    ...ofReferral,
    ...ofFollowUp,
    ...ofDischarge,
    ...ofResidents,
    ...ofTasks,
    ...ofAdministration,
    ...ofSlipsAndRounds,
    ...ofLoads,
    ...ofRecallsAndThings,
  }),
);

/** Returns the codes, each once and in the order of the alphabet; undefined for an operation that has no line. */
export function refusalsOf(operation: string): Codes | undefined {
  const codes = refusals.get(operation);
  return codes && [...new Set(codes)].toSorted();
}
