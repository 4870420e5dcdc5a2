/** A reason: the rule by its protocol, version and id, what it says, where that stands, and what showed that it holds. */
import type { Because } from './evaluation.ts';
import type { Cited, Source } from './protocol.ts';

export function citeRule(
  { id, version, sources }: { id: string; version: number; sources: Readonly<Record<string, Source>> },
  rule: Pick<Cited, 'id' | 'clause' | 'source'>,
  evidence: Because['evidence'],
): Because {
  const { title, reference } = sources[rule.source] ?? { title: rule.source, reference: '' };
  return { rule: `${id}/${version}#${rule.id}`, clause: rule.clause, source: `${title} ${reference}`.trim(), evidence };
}
