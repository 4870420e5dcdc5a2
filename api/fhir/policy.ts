/** Who may do what in FHIR: as in the API, and machines too. */
import { type Role, referringRoles } from '../../domain/alliance/roles.ts';
import { type Policy, type Rule, readers } from '../kit/rule.ts';
import { sendingReadings } from '../readings/policy.ts';
import { party } from '../referral/policy.ts';

const reading: Rule = { roles: [...readers, 'office', 'auditor', 'gateway'], ...party };
const writers: readonly Role[] = [...referringRoles, 'gateway'];

export const fhirPolicy = {
  fhirCapabilities: { roles: 'everyone', relation: 'alliance' },
  fhirReadServiceRequest: reading,
  fhirReadTask: reading,
  fhirSearchTasks: reading,
  // Whom somebody may refer says the line of createReferral.
  fhirCreateServiceRequest: { roles: writers, relation: 'register' },
  // Of readings; whom somebody may refer says the line of createReferral.
  fhirTransaction: { roles: writers, relation: 'institution', everywhere: ['gateway'] },
  fhirUpdateTask: { roles: writers, ...party },
  fhirCreateObservation: sendingReadings,
} as const satisfies Policy;
