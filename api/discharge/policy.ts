/** Who may do what with episodes. The side that a command belongs to is the pathway's to say; who sees an episode is its two institutions'. */
import type { Role } from '../../domain/alliance/roles.ts';
import { type Policy, type Rule, readers } from '../kit/rule.ts';

/** A party: the hospital of the stay and the patient's centre. */
const ofParties: Pick<Rule, 'relation' | 'everywhere'> = { relation: 'party', everywhere: ['office', 'auditor'] };
const reading: Rule = { roles: [...readers, 'office', 'auditor'], ...ofParties };
/** Of either side. */
const clinical: readonly Role[] = ['gp', 'specialist', 'nurse', 'head'];
const command: Rule = { roles: clinical, ...ofParties };
const doctors: Rule = { roles: ['gp', 'specialist', 'head'], ...ofParties };

/** Who answers for clinical rules: docs/decisions/0011. */
const ruleKeepers: Rule = { roles: ['head', 'office', 'sysadmin'], relation: 'alliance' };

/** Whoever holds a link, which is itself what lets them in. */
const byLink: Rule = { roles: 'public', relation: 'own' };

export const dischargePolicy = {
  listEpisodes: reading,
  getEpisode: reading,
  getEpisodeTimeline: reading,
  getEpisodeWhy: reading,
  getDischargeSheet: reading,
  exportEpisodes: reading,
  recordDischargePlan: { roles: [...clinical, 'desk'], ...ofParties },
  briefPatient: command,
  tellStayResults: command,
  educatePatient: command,
  addDischargeOrder: command,
  changeDischargeOrder: { roles: [...clinical, 'pharmacist'], ...ofParties },
  reportDischargeOrders: { roles: [...clinical, 'pharmacist'], ...ofParties },
  recordDischargeContact: command,
  recordDischargeVisit: command,
  answerDischargeConversation: doctors,
  judgeDischargeTriage: command,
  reportPendingResult: command,
  tellPendingResult: command,
  setDischargeRisk: command,
  sendPatientLink: command,
  revokePatientLink: command,
  askForLinkCode: byLink,
  openLinkSession: byLink,
  listLinkOrders: byLink,
  reportByLink: byLink,
  stopByLink: byLink,
  askForCallByLink: byLink,
  tellSymptomsByLink: byLink,
  disownLink: byLink,
  withdrawEpisode: doctors,
  reopenEpisode: doctors,
  listDischargeDocuments: { roles: 'everyone', relation: 'alliance' },
  getDischargeDocument: { roles: 'everyone', relation: 'alliance' },
  uploadDischargeDocument: ruleKeepers,
  replaceDischargeDocumentDraft: ruleKeepers,
  publishDischargeDocument: ruleKeepers,
  retireDischargeDocument: ruleKeepers,
  listDischargeTemplates: { roles: 'everyone', relation: 'alliance' },
  simulateEpisode: { roles: 'everyone', relation: 'alliance' },
  reconcileMedicines: { roles: ['pharmacist'], ...ofParties },
} as const satisfies Policy;
