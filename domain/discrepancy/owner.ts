/** Who has to clear a discrepancy up, and what it is about. */
import type { Role } from '../alliance/roles.ts';
import type { DiscrepancyKind } from '../sterile-supply/vocabulary.ts';

/** The head of the centre, the dispatcher, or the head nurse of the supply department. */
export type OwnerRole = Extract<Role, 'head' | 'dispatcher' | 'headnurse'>;

/** Who may have lost or damaged what is missing. */
export type Suspect = 'transport' | 'centre';

/**
 * Who owns a discrepancy of a kind unless whoever opens it says otherwise. What a count has shown belongs to whoever is suspected; a centre's head owns
 * only what concerns a centre.
 */
export function ownerOf(
  kind: DiscrepancyKind,
  { institutionId, suspect }: { institutionId: string | null; suspect: Suspect | null },
): OwnerRole {
  switch (kind) {
    case 'count':
    case 'missing-item':
    case 'damage':
      if (suspect === 'transport') return 'dispatcher';
      return institutionId === null ? 'headnurse' : 'head';
    case 'wrong-centre':
    case 'seal':
    case 'custody-gap':
    case 'protocol':
    case 'signature':
      return 'dispatcher';
    case 'recall-not-found':
      return institutionId === null ? 'headnurse' : 'head';
    case 'gate':
    case 'duplicate':
    case 'reuse':
    case 'label':
    case 'unknown-code':
    case 'device':
    case 'incident':
    case 'used-after-stop-use':
      return 'headnurse';
  }
}

/** What infection control hears of at once: a patient may have been harmed. */
export const concernsInfection = (kind: DiscrepancyKind): boolean => kind === 'reuse' || kind === 'used-after-stop-use';

/** What a discrepancy may be about: the things of the ledger, and what is no thing. */
export const subjectTypes = [
  'set-instance',
  'pack',
  'transport-box',
  'vehicle',
  'washer',
  'steriliser',
  'load',
  'load-indicator',
  'stop',
  'centre',
  'round',
  'slip',
  'slip-line',
  'consignment',
  'device',
  'code',
] as const;
export type SubjectType = (typeof subjectTypes)[number];
