/** Who may do what with readings and the episodes that they raise. */
import { clinicians, type Policy, type Rule, readers } from '../kit/rule.ts';

/** Staff send readings of the residents of their own institution, a gateway those of everybody. */
export const sendingReadings: Rule = { roles: [...clinicians, 'gateway'], relation: 'institution', everywhere: ['gateway'] };

export const readingPolicy = {
  recordReadings: sendingReadings,
  markReadingEnteredInError: { roles: ['gp', 'nurse', 'head'], relation: 'register' },
  listReadings: { roles: readers, relation: 'register' },
  listReadingEpisodes: { roles: readers, relation: 'register' },
  closeReadingEpisode: { roles: ['gp', 'nurse', 'head'], relation: 'register' },
} as const satisfies Policy;
