/** Who may do what in FHIR: as in the API, and machines too. */
import { type Role, referringRoles } from '../../domain/alliance/roles.ts';
import { type Policy, type Rule, readers } from '../kit/rule.ts';
import { sendingReadings } from '../readings/policy.ts';
import { party } from '../referral/policy.ts';

const reading: Rule = { roles: [...readers, 'office', 'auditor', 'gateway'], ...party };
const readingObservations: Rule = { roles: [...readers, 'gateway'], relation: 'register' };
const writers: readonly Role[] = [...referringRoles, 'gateway'];

export const fhirPolicy = {
  fhirCapabilities: { roles: 'everyone', relation: 'alliance' },
  fhirReadServiceRequest: reading,
  fhirReadServiceRequestVersion: reading,
  fhirReadTask: reading,
  fhirReadTaskVersion: reading,
  fhirSearchTasks: reading,
  // Whom somebody may refer says the line of createReferral.
  fhirCreateServiceRequest: { roles: writers, relation: 'register' },
  // Of readings; whom somebody may refer says the line of createReferral.
  fhirTransaction: { roles: writers, relation: 'institution', everywhere: ['gateway'] },
  fhirUpdateTask: { roles: writers, ...party },
  fhirCreateObservation: sendingReadings,
  // A machine reads what it has sent, whoever else is there reads as in the API.
  fhirReadObservation: readingObservations,
  fhirReadObservationVersion: readingObservations,
} as const satisfies Policy;
