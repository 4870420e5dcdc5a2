/** The tables of what is exchanged with other systems in HL7 v2. */
import type { Generated } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

/** A message of another system that has been answered: a repeated one gets the same answer. */
export interface Hl7v2MessageTable {
  account_id: string;
  /** MSH-4 and MSH-10 */
  sending_facility: string;
  control_id: string;
  content_hash: Buffer;
  acknowledgement: string;
  received_at: Generated<Date>;
}

/** Where an institution's own system takes HL7 v2. */
export interface Hl7v2EndpointTable {
  institution_id: string;
  url: string;
}

/** A step of a referral that an institution's own system has to be told of. */
export interface Hl7v2DeliveryTable {
  seq: Generated<string>;
  pathway_id: string;
  version: number;
  institution_id: string;
  attempts: Defaulted<number>;
  next_attempt_at: Generated<Date>;
  settled_at: Instant | null;
  outcome: 'accepted' | 'refused' | 'dropped' | null;
  /** Of a message that was dropped, what a person has said of it. */
  detail: string | null;
  owed_at: Generated<Date>;
  /** MSH-10 of what was sent */
  control_id: string | null;
  /** 1; 2 after a person has had a refused message sent anew. */
  sending: Defaulted<number>;
  /** From when on a person hears of it; null before the first attempt has failed. */
  people_at: Instant | null;
  told_at: Instant | null;
  /** Shape: Trouble of domain/interfaces/trouble.ts */
  trouble: Json<unknown> | null;
}

/** Another system's number for a referral. */
export interface ReferralNumberTable {
  authority: string;
  value: string;
  /** The id is chosen when the number is first seen; the referral itself exists only after its creation. */
  referral_id: string;
  recorded_at: Generated<Date>;
}

export interface Hl7v2Tables {
  hl7v2_message: Hl7v2MessageTable;
  hl7v2_endpoint: Hl7v2EndpointTable;
  hl7v2_delivery: Hl7v2DeliveryTable;
  referral_number: ReferralNumberTable;
}
