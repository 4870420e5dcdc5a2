/** What the readers of entries have in common. */
import type { z } from 'zod';
import type { GivenOrder } from '../../../domain/discharge/order.ts';
import type { HeldReason } from '../../../domain/discharge/sent-orders.ts';
import type { DischargeTemplates } from '../../../domain/discharge/templates.ts';
import type { LocalDate } from '../../../domain/time/local-date.ts';
import type { Understood } from '../left-out.ts';
import type { findReferred } from './references.ts';
import type { Issue } from './words.ts';

export interface EntryGround {
  /** Where the resource stands in the Bundle. */
  at: string;
  entries: Parameters<typeof findReferred>[2];
  writtenOn: LocalDate;
  dischargedOn: LocalDate | undefined;
  /** Those that the episode of the stay goes by. */
  templates: DischargeTemplates;
}

export type ReadResource =
  | { order: GivenOrder; dose: string | null; issues: Issue[] }
  | { plan: { template: string | null; description: string | null }; issues: Issue[] }
  | { held: HeldReason; at: string };

export interface EntryReader<Schema extends z.ZodType> {
  schema: Schema;
  understood: Understood;
  /** The statuses of an order that holds; without a status it is taken to hold. */
  inForce: readonly string[];
  /** Those by which the hospital takes back what it ordered under the identifier. */
  takenBack: readonly string[];
  /** Empty for a type that has none. */
  intents: readonly string[];
  read(resource: z.output<Schema>, ground: EntryGround): ReadResource;
}
