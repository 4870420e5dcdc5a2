/** Who writes the HL7 v2 messages of a pathway. A pathway that tells other systems of its steps in HL7 v2 stands here; the others do not. */
import type { DueDelivery } from '../../db/hl7v2/deliveries.ts';
import type { Database } from '../../db/kit/database.ts';
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { writeReferralDelivery } from './referral/delivery.ts';
import { PROFILE } from './referral/transactions.ts';

/** Resolves with the message that an institution is owed, or with undefined when the step has none for that institution. */
export type MessageWriter = (db: Database, delivery: DueDelivery) => Promise<string | undefined>;

const messageWriters: Readonly<Record<string, MessageWriter | undefined>> = {
  referral: writeReferralDelivery,
} satisfies Partial<Record<PathwayKind, MessageWriter>>;

export const findMessageWriter = (kind: string): MessageWriter | undefined => messageWriters[kind];

/** The message profile of every acknowledgement. All messages that are understood are of 360X; what could not be read is answered alike. */
export const acknowledgementProfile = PROFILE;
