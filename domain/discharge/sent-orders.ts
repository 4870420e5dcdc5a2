/**
 * What the hospital's system sends of orders and of a plan, entry by entry, and what all messages of one stay say of them together: of each order the last
 * word counts, in the order in which the hospital has written the messages, so that neither the order in which they come nor a repetition matters.
 */
import type { GivenOrder } from './order.ts';

/** Why an entry waits for people: it says something that nobody may guess. */
export const heldReasons = [
  'modifier-extension',
  'not-readable',
  'not-an-order',
  'not-in-force',
  'not-to-be-done',
  'another-patient',
  'another-stay',
  'not-a-stay',
  'kind-unknown',
  'template-unknown',
  'title-missing',
  'too-long',
  'date-not-readable',
  'nothing-to-withdraw',
  'same-number-twice',
  'not-taken',
] as const;
export type HeldReason = (typeof heldReasons)[number];

/** An entry as it was read. `keys`: the identifiers that it goes by, in one spelling each. */
export type ReadEntry =
  | { fate: 'order'; keys: readonly string[]; order: GivenOrder; dose: string | null }
  | { fate: 'withdrawal'; keys: readonly string[] }
  | { fate: 'plan'; template: string | null; description: string | null }
  | { fate: 'held'; reason: HeldReason };

/** An entry as it is stored: orders that have an identifier in common have one id. */
export type SentEntry =
  | { fate: 'order'; orderId: string; order: GivenOrder; dose: string | null }
  | { fate: 'withdrawal'; orderId: string }
  | { fate: 'plan'; template: string | null; description: string | null }
  | { fate: 'held'; reason: HeldReason };

type SentOrder = Extract<SentEntry, { fate: 'order' | 'withdrawal' }>;
type SentPlan = Extract<SentEntry, { fate: 'plan' }>;

export interface OrderMessage {
  factId: string;
  /** When the hospital wrote it. */
  recordedAt: Date;
  orders: readonly SentEntry[] | null;
}

/** An entry with the message that it stands in. */
export interface Placed<Entry> {
  factId: string;
  sent: Entry;
}

export interface FoldedOrders {
  orders: ReadonlyMap<string, Placed<SentOrder>>;
  plan: Placed<SentPlan> | null;
}

/** The messages come in the order of their ids, which decides between two that were written at one instant. */
export function foldOrders(messages: readonly OrderMessage[]): FoldedOrders {
  const orders = new Map<string, Placed<SentOrder>>();
  let plan: Placed<SentPlan> | null = null;
  for (const { factId, orders: entries } of messages.toSorted((one, other) => one.recordedAt.getTime() - other.recordedAt.getTime()))
    for (const sent of entries ?? []) {
      if (sent.fate === 'order' || sent.fate === 'withdrawal') orders.set(sent.orderId, { factId, sent });
      if (sent.fate === 'plan') plan = { factId, sent };
    }
  return { orders, plan };
}

/**
 * Gives each order its id: that of an earlier one with the same identifier, else a new one. An order without identifier is one of its own. Returns the
 * entries, and the ids by identifier with the new ones among them.
 */
export function nameOrders(
  entries: readonly ReadEntry[],
  known: Readonly<Record<string, string>>,
  newId: () => string,
): { entries: SentEntry[]; ids: Record<string, string> } {
  const ids = { ...known };
  const inMessage = new Set<string>();
  const named = entries.map((entry): SentEntry => {
    if (entry.fate === 'held' || entry.fate === 'plan') return entry;
    const { keys, ...rest } = entry;
    const orderId = keys.flatMap((key) => ids[key] ?? [])[0] ?? newId();
    if (inMessage.has(orderId)) return { fate: 'held', reason: 'same-number-twice' };
    inMessage.add(orderId);
    for (const key of keys) ids[key] ??= orderId;
    return { ...rest, orderId };
  });
  return { entries: named, ids };
}

/** As the pathway gets it. */
export interface OrderByMessage {
  id: string;
  /** Null where the hospital has taken it back. */
  given: GivenOrder | null;
  /** The message in which its words stand. */
  factId: string;
}

export interface PlanByMessage {
  /** Null where the message names none. */
  template: string | null;
  /** Instructions are written in it. */
  instructions: boolean;
  /** The ids of the orders that the items of the template become. */
  itemIds: Readonly<Record<string, string>>;
}
