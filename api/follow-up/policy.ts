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
  getVisitForm: { roles: 'everyone' },

  listProtocols: { roles: 'everyone' },
  getProtocol: { roles: 'everyone' },
  evaluateVisit: { roles: 'everyone' },
  uploadProtocol: { roles: ruleKeepers },
  replaceProtocolDraft: { roles: ruleKeepers },
  publishProtocol: { roles: ruleKeepers },
  retireProtocol: { roles: ruleKeepers },
  previewVersionMove: { roles: ruleKeepers },
  orderVersionMove: { roles: ruleKeepers },
  getVersionMove: { roles: ruleKeepers },
  listCalendars: { roles: 'everyone' },
  previewCalendar: { roles: ruleKeepers },
  publishCalendar: { roles: ruleKeepers },
} as const satisfies Policy;
