/** Every rule of a document (a protocol, a risk model, an education plan) names the source that it comes from and the clause in it. */
import type { LocalDate } from '../time/local-date.ts';

export interface Source {
  title: string;
  /** The number of the document and its edition. */
  reference: string;
  url?: string | undefined;
}

/** The fields that every rule has. */
export interface Cited {
  id: string;
  /** A key of the `sources` that stand in the same document. */
  source: string;
  clause: string;
  effectiveFrom: LocalDate;
  /** A clinician still has to sign the rule, because the sources leave it open or only one copy of them could be read. */
  signOff?: 'pending' | undefined;
}

/** Returns the text by which a reason names a source: its title and number. A source that the document does not name stands for itself. */
export function citedTextOf(sources: Readonly<Record<string, Source>>, key: string): string {
  const { title, reference } = sources[key] ?? { title: key, reference: '' };
  return `${title} ${reference}`.trim();
}
