/** A CarePlan beside the Encounter of a stay: its category is the template, its description the instructions. */
import { type DischargeTemplates, findTemplate } from '../../../domain/discharge/templates.ts';
import type { EntryReader } from './entry.ts';
import { CarePlan, type Concept } from './schemas.ts';

const LONGEST_DESCRIPTION = 4_000;
const concept = { text: true, coding: true } as const;

/** Every template that the categories name, by a code or in words. */
function templatesIn(document: DischargeTemplates, categories: readonly Concept[]): string[] {
  const words = categories.flatMap(({ text, coding = [] }) => [...coding.flatMap(({ code, display }) => [code, display]), text]);
  const ofTitle = (word: string) => document.templates.filter(({ title }) => title.zh === word || title.en === word).map(({ id }) => id);
  const found = words.flatMap((word) => (word === undefined ? [] : (findTemplate(document, word.trim())?.id ?? ofTitle(word.trim()))));
  return [...new Set(found)];
}

export const readCarePlan: EntryReader<typeof CarePlan> = {
  schema: CarePlan,
  understood: {
    identifier: true,
    status: true,
    intent: true,
    subject: true,
    encounter: true,
    category: concept,
    description: true,
    created: true,
  },
  inForce: ['active'],
  takenBack: [],
  intents: ['plan', 'order'],
  read({ category = [], description }, { at, templates }) {
    const [template, ...others] = templatesIn(templates, category);
    const isUnknown = template === undefined && category.length > 0;
    if (others.length > 0 || isUnknown) return { held: 'template-unknown', at: `${at}.category` };
    const written = description?.trim() || null;
    if ((written?.length ?? 0) > LONGEST_DESCRIPTION) return { held: 'too-long', at: `${at}.description` };
    if (template === undefined && written === null) return { held: 'title-missing', at: `${at}.description` };
    return { plan: { template: template ?? null, description: written }, issues: [] };
  },
};
