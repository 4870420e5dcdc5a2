/** This file turns a rule of the documents of discharge into a reason. */
import { type Cited, citedTextOf, type Source } from '../kit/citation.ts';
import type { Reason } from '../kit/pathway.ts';
import type { DischargeRules, RuleNumber } from './rules.ts';

interface CitedDocument {
  id: string;
  version: number;
  sources: Readonly<Record<string, Source>>;
}

/** The reason names the rule by its document, version and id, with its clause, its source and the evidence that it holds. */
export const citeDocument = (
  { id, version, sources }: CitedDocument,
  rule: Pick<Cited, 'id' | 'clause' | 'source'>,
  evidence: Reason['evidence'] = {},
): Reason => ({ rule: `${id}/${version}#${rule.id}`, clause: rule.clause, source: citedTextOf(sources, rule.source), evidence });

/** The reason for what follows from one of the numbers of the rules. */
export function citeNumber(rules: DischargeRules, id: RuleNumber, evidence: Reason['evidence'] = {}): Reason {
  const rule = rules.numbers.find((number) => number.id === id);
  return rule
    ? citeDocument(rules, rule, { ...evidence, value: rule.value })
    : { rule: `${rules.id}/${rules.version}#${id}`, clause: '', evidence };
}
