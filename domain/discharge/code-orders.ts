/**
 * What of an order, a plan or a report goes into the state of an episode: codes, dates, numbers. The words stay in the command and its tables, so what has
 * to be read in them is read here, once.
 */
import { classesOf, codeDose } from './medicines.ts';
import type { Evidence, GivenOrder } from './order.ts';
import type { DischargeRules } from './rules.ts';

/** The order without its words. Coded twice it is the same. */
export function codeOrder(rules: DischargeRules, order: GivenOrder): GivenOrder {
  const { medicine } = order;
  if (!medicine) return { ...order, title: '' };
  return { ...order, title: '', medicine: { ...medicine, dose: codeDose(medicine.dose), classes: classesOf(rules, order) } };
}

/** Evidence as a person gives it. */
export interface WordedEvidence extends Omit<Evidence, 'value' | 'topics' | 'vaccine' | 'text'> {
  value?: string | undefined;
  topics?: readonly string[] | undefined;
  vaccine?: string | undefined;
  text?: string | undefined;
}

const isGiven = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

export function codeEvidence({ value, topics, vaccine, text, ...evidence }: WordedEvidence): Evidence {
  return {
    ...evidence,
    ...(isGiven(value) ? { value: true } : {}),
    ...(topics?.some(isGiven) ? { topics: true } : {}),
    ...(isGiven(vaccine) ? { vaccine: true } : {}),
    ...(isGiven(text) ? { text: true } : {}),
  };
}
