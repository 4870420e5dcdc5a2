/** Who may do what with follow-ups, their protocols and calendars. */
import type { Role } from '../../domain/alliance/roles.ts';
import { type Policy, type Rule, readers } from '../kit/rule.ts';

/** Hospitals see every follow-up as they see every resident; so do the alliance office and the auditor. A centre sees those it runs or ran. */
const register: Pick<Rule, 'relation' | 'everywhere'> = { relation: 'register', everywhere: ['office', 'auditor'] };
const command: Rule = { roles: ['gp', 'nurse', 'head'], ...register };
const doctorsCommand: Rule = { roles: ['gp', 'head'], ...register };
const reading: Rule = { roles: [...readers, 'office', 'auditor'], ...register };

/** Who answers for clinical rules: docs/decisions/0011. */
const ruleKeepers: readonly Role[] = ['head', 'office', 'sysadmin'];

export const followUpPolicy = {
  createEnrolment: { roles: ['gp', 'nurse', 'head'], relation: 'institution' },
  listEnrolments: reading,
  getEnrolment: reading,
  getEnrolmentTimeline: reading,
  getEnrolmentWhy: reading,
  listVisits: reading,
  recordVisit: command,
  recordPatientVisit: command,
  getSheet: command,
  markVisitEnteredInError: command,
  pauseEnrolment: command,
  resumeEnrolment: command,
  withdrawEnrolment: command,
  reopenEnrolment: command,
  transferEnrolment: command,
  changePackage: command,
  moveEnrolment: doctorsCommand,
  changePhase: command,
  changeTier: doctorsCommand,
  acknowledgeEducation: command,
  closeEpisode: command,
  reportSearch: command,
  listLessons: { roles: 'everyone', relation: 'alliance' },
  listLessonVersions: { roles: 'everyone', relation: 'alliance' },
  printLesson: { roles: ['gp', 'nurse', 'desk', 'head', 'office'], relation: 'alliance' },
  // What residents are given to read is the alliance's to say, as what they are written.
  createLessonVersion: { roles: ['office'], relation: 'alliance' },
  publishLesson: { roles: ['office'], relation: 'alliance' },
  getVisitForm: { roles: 'everyone', relation: 'alliance' },

  listProtocols: { roles: 'everyone', relation: 'alliance' },
  getProtocol: { roles: 'everyone', relation: 'alliance' },
  evaluateVisit: { roles: 'everyone', relation: 'alliance' },
  uploadProtocol: { roles: ruleKeepers, relation: 'alliance' },
  replaceProtocolDraft: { roles: ruleKeepers, relation: 'alliance' },
  publishProtocol: { roles: ruleKeepers, relation: 'alliance' },
  retireProtocol: { roles: ruleKeepers, relation: 'alliance' },
  previewVersionMove: { roles: ruleKeepers, relation: 'alliance' },
  orderVersionMove: { roles: ruleKeepers, relation: 'alliance' },
  getVersionMove: { roles: ruleKeepers, relation: 'alliance' },
  listCalendars: { roles: 'everyone', relation: 'alliance' },
  previewCalendar: { roles: ruleKeepers, relation: 'alliance' },
  publishCalendar: { roles: ruleKeepers, relation: 'alliance' },
} as const satisfies Policy;
