/** The three documents that an episode goes by. Each has versions of its own, and an episode keeps those that were in force when it began. */
import type { Flaw } from '../kit/flaw.ts';
import type { RiskScores } from './risk-model.ts';
import type { DischargeRules } from './rules.ts';
import type { DischargeTemplates } from './templates.ts';
import { findDischargeRulesFlaws, findDischargeTemplatesFlaws, findRiskScoresFlaws } from './validate-documents.ts';

export type DischargeDocument = DischargeRules | DischargeTemplates | RiskScores;

export interface DischargeDocuments {
  rules: DischargeRules;
  templates: DischargeTemplates;
  scores: RiskScores;
}

export function findDocumentFlaws(document: DischargeDocument): Flaw[] {
  switch (document.id) {
    case 'discharge-rules':
      return findDischargeRulesFlaws(document);
    case 'discharge-templates':
      return findDischargeTemplatesFlaws(document);
    case 'risk-scores':
      return findRiskScoresFlaws(document);
  }
}

/** How many rules of the document a clinician still has to sign. */
export function countPendingSignOffs(document: DischargeDocument): number {
  return listCited(document).filter(({ signOff }) => signOff === 'pending').length;
}

function listCited(document: DischargeDocument) {
  switch (document.id) {
    case 'discharge-rules': {
      const { numbers, windows, expiries, sutures, medicineClasses, symptoms } = document;
      return [...numbers, ...windows, ...expiries, ...sutures, ...medicineClasses, ...symptoms];
    }
    case 'discharge-templates':
      return document.templates.flatMap((template) => [template, ...template.items]);
    case 'risk-scores':
      return [document.deciding, ...document.comorbidities, ...document.scores.flatMap((score) => [score, ...score.parts])];
  }
}
