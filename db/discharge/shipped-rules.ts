/** The rules, templates and scores of discharge that come with the program, in `protocols/`. Checked once, as they are loaded. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { RiskScores } from '../../domain/discharge/risk-model.ts';
import type { DischargeRules } from '../../domain/discharge/rules.ts';
import type { DischargeTemplates } from '../../domain/discharge/templates.ts';
import { findDischargeRulesFlaws, findDischargeTemplatesFlaws, findRiskScoresFlaws } from '../../domain/discharge/validate-documents.ts';
import type { Flaw } from '../../domain/kit/flaw.ts';
import { DischargeRulesSchema, DischargeTemplatesSchema, RiskScoresSchema } from './rule-documents.ts';

const folder = new URL('../../protocols/', import.meta.url);

/** Throws with the file's name and the place in it. */
function read<T>(file: string, schema: z.ZodType<T>, flawsOf: (document: T) => Flaw[]): T {
  const { data: document, error } = schema.safeParse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
  if (error) throw new Error(`protocols/${file}: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`);
  const [flaw] = flawsOf(document);
  if (flaw) throw new Error(`protocols/${file}: ${flaw.path}: ${flaw.message.en}`);
  return document;
}

/** The newest versions of the three. */
export function loadShippedDischargeDocuments(): { rules: DischargeRules; templates: DischargeTemplates; scores: RiskScores } {
  return {
    rules: read('discharge-rules-1.json', DischargeRulesSchema, findDischargeRulesFlaws),
    templates: read('discharge-templates-1.json', DischargeTemplatesSchema, findDischargeTemplatesFlaws),
    scores: read('risk-scores-1.json', RiskScoresSchema, findRiskScoresFlaws),
  };
}
