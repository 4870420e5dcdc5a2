/** A flaw is a mistake in a document whose shape is right, such as a protocol or a year of working days, with the place of the mistake. */
import type { Words } from './language.ts';

export type FlawKind = 'gap' | 'overlap' | 'cycle' | 'no-source' | 'duplicate' | 'unknown' | 'unreachable' | 'impossible';

export interface Flaw {
  kind: FlawKind;
  /** The place in the document, such as `rules.3.source`. */
  path: string;
  message: Words;
}

export const buildFlaw = (kind: FlawKind, path: string, zh: string, en: string): Flaw => ({ kind, path, message: { zh, en } });
