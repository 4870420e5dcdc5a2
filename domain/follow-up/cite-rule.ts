/** This file turns a rule of a document into a reason. */
import { type Cited, citedTextOf, type Source } from '../kit/citation.ts';
import type { Because } from './evaluation.ts';

/** The reason names the rule by its document, version and id, with its clause, its source and the evidence that it holds. */
export function citeRule(
  { id, version, sources }: { id: string; version: number; sources: Readonly<Record<string, Source>> },
  rule: Pick<Cited, 'id' | 'clause' | 'source'>,
  evidence: Because['evidence'],
): Because {
  return { rule: `${id}/${version}#${rule.id}`, clause: rule.clause, source: citedTextOf(sources, rule.source), evidence };
}
