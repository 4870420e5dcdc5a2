/** What an order is called, and which item of a template it is. */
import type { HeldReason } from '../../../domain/discharge/sent-orders.ts';
import type { Concept } from './schemas.ts';

const LONGEST_TITLE = 200;

/** The name as it is kept, or why the entry is held. */
export function titleOr(text: string): string | { held: HeldReason } {
  const title = text.trim();
  if (title === '') return { held: 'title-missing' };
  return title.length > LONGEST_TITLE ? { held: 'too-long' } : title;
}

/** Codes of this system are the items of the templates of GET /v1/discharge-templates. */
const ITEM_SYSTEM = 'urn:carepath:discharge-item';
export const itemIn = (concept: Concept | undefined): string | undefined => {
  const items = new Set(concept?.coding?.flatMap(({ system, code }) => (system === ITEM_SYSTEM && code !== undefined ? [code] : [])));
  return items.size === 1 ? [...items][0] : undefined;
};
