/** The tables of rounds: stops, steps, signatures, consignments, bundles. */
import type { ColumnType } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface SupplyRoundTable {
  id: string;
  on_date: string;
  vehicle_id: string;
  driver_id: string;
  courier_id: string;
  depart_at: Instant;
  mode: 'soiled-first' | 'clean-first';
  status: 'planned' | 'confirmed' | 'loaded' | 'departed' | 'returned' | 'handed-over' | 'closed' | 'cancelled';
  broken_down: Defaulted<boolean>;
  cut_off_at: Instant | null;
  confirmed_at: Instant | null;
  loaded_at: Instant | null;
  departed_at: Instant | null;
  returned_at: Instant | null;
  handed_over_at: Instant | null;
  awaited_seals: Defaulted<string[]>;
  closed_at: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface RoundLegTable {
  round_id: string;
  n: number;
  vehicle_id: string;
  from_at: Instant;
  to_at: Instant | null;
}

export interface RoundStopTable {
  id: string;
  round_id: string;
  institution_id: string;
  arrive_at: Instant;
  status:
    | 'scheduled'
    | 'arrived'
    | 'soiled-stowed'
    | 'gloves-off'
    | 'hand-hygiene'
    | 'sterile-handed'
    | 'checked'
    | 'signed'
    | 'left'
    | 'failed';
  fail_reason: 'closed' | 'refused' | 'inaccessible' | 'no-time' | 'unsigned' | null;
  failed_at: Instant | null;
  moved_to_round_id: string | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface StopStepTable {
  id: string;
  stop_id: string;
  step: 'arrived' | 'soiled-stowed' | 'gloves-off' | 'hand-hygiene' | 'sterile-handed' | 'checked' | 'signed' | 'left';
  happened_at: Instant;
  done_by: Json<unknown>;
  in_order: Defaulted<boolean>;
  scan_id: string | null;
  details: ColumnType<unknown, string | undefined, string>;
}

export interface StopSignatureTable {
  stop_id: string;
  person_id: string;
  side: 'round' | 'centre';
  method: 'session' | 'badge-pin' | 'paper';
  verified: boolean;
  signed_at: Instant;
}

export interface ConsignmentTable {
  id: string;
  round_id: string;
  stop_id: string;
  lane: 'sterile' | 'soiled';
  box_id: string;
  seal_number: string;
  intact: boolean | null;
  special: 'prion' | 'gas-gangrene' | 'unknown-pathogen' | null;
  pack_ids: Defaulted<string[]>;
  handed_over_at: Instant | null;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface RoundBundleTable {
  id: string;
  round_id: string;
  issued_at: Instant;
  valid_until: Instant;
  jws: string;
}

export interface VoiceCodeTable {
  id: string;
  stop_id: string;
  code_hash: string;
  reason: string;
  issued_by: Json<unknown>;
  issued_at: Instant;
}

export interface SupplyRoundTables {
  supply_round: SupplyRoundTable;
  round_leg: RoundLegTable;
  round_stop: RoundStopTable;
  stop_step: StopStepTable;
  stop_signature: StopSignatureTable;
  consignment: ConsignmentTable;
  round_bundle: RoundBundleTable;
  voice_code: VoiceCodeTable;
}
