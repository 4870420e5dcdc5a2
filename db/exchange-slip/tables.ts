/** The tables of exchange slips and their counts. */
import type { ColumnType } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface ExchangeSlipTable {
  id: string;
  institution_id: string;
  round_id: string | null;
  stop_id: string | null;
  status: 'draft' | 'submitted' | 'frozen' | 'picked-up' | 'counted' | 'disputed' | 'closed' | 'cancelled';
  created_by: Json<unknown>;
  override_reason: string | null;
  cancel_reason: string | null;
  submitted_at: Instant | null;
  frozen_at: Instant | null;
  picked_up_at: Instant | null;
  counted_at: Instant | null;
  counted_by: string | null;
  closed_at: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface SlipLineTable {
  id: string;
  slip_id: string;
  position: number;
  direction: 'collect' | 'deliver';
  set_type_id: string;
  declared: number;
  set_instance_ids: Defaulted<string[]>;
  special: 'prion' | 'gas-gangrene' | 'unknown-pathogen' | null;
  carries_on: string | null;
  courier_count: number | null;
  received: number | null;
  received_set_instance_ids: Defaulted<string[]>;
  incomplete: number | null;
  damaged: number | null;
  missing: number | null;
  extra: number | null;
  suspect: 'transport' | 'centre' | null;
  delivered: number | null;
  outcome: 'delivered' | 'short' | 'counted' | 'not-collected' | null;
  short_reason: 'no-stock' | 'not-released' | 'rejected' | 'recalled' | 'stop-failed' | null;
}

export interface SlipCountTable {
  id: string;
  slip_id: string;
  counted_at: Instant;
  counted_by: string;
  reason: string | null;
  body: Json<unknown>;
}

export interface ExchangeSlipTables {
  exchange_slip: ExchangeSlipTable;
  slip_line: SlipLineTable;
  slip_count: SlipCountTable;
}
