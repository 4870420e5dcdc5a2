/** Where a rule comes from: every rule of a document (a protocol, a risk model, an education plan) names its source and the clause in it. */
import type { LocalDate } from '../time/local-date.ts';

export interface Source {
  title: string;
  /** The number of the document and its edition. */
  reference: string;
  url?: string | undefined;
}

/** What every rule says of itself. */
export interface Cited {
  id: string;
  /** A key of the `sources` that stand in the same document. */
  source: string;
  clause: string;
  effectiveFrom: LocalDate;
  /** A clinician still has to sign the rule, because the sources leave it open or only one copy of them could be read. */
  signOff?: 'pending' | undefined;
}
