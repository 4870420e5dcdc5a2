/** The tables of what all of sterile supply shares: things and where they are, the ledger, centres and their shelves, alerts, scans. */
import type { ColumnType, Generated } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface SetTypeTable {
  id: string;
  code: string;
  name_zh: string;
  name_en: string;
  count_sheet: Json<unknown>;
  packaging: 'cotton' | 'paper-bag' | 'crepe' | 'nonwoven' | 'pouch' | 'container';
  programs: string[];
  surgical: boolean;
  implant: boolean;
  low_use: boolean;
  volume_litres: number;
  gtin: string | null;
  pictures: ColumnType<unknown, string | undefined, string>;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface SetInstanceTable {
  id: string;
  code: string;
  set_type_id: string;
  ownership: 'pool' | 'centre-owned' | 'vendor-loan';
  owner_institution_id: string | null;
  status:
    | 'in-decon'
    | 'washed'
    | 'inspected'
    | 'incomplete-hold'
    | 'repair'
    | 'packed'
    | 'used'
    | 'in-transit-soiled'
    | 'missing'
    | 'retired';
  incomplete: Defaulted<boolean>;
  missing_items: ColumnType<unknown, string | undefined, string>;
  special: 'prion' | 'gas-gangrene' | 'unknown-pathogen' | null;
  status_since: ColumnType<Date, Date | string | undefined, Date | string>;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface VehicleTable {
  id: string;
  code: string;
  sterile_litres: number;
  soiled_litres: number;
  last_used_at: Instant | null;
  last_cleaned_at: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface TransportBoxTable {
  id: string;
  code: string;
  lane: 'sterile' | 'soiled';
  capacity_litres: number;
  vehicle_id: string | null;
  last_used_at: Instant | null;
  last_cleaned_at: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface CleaningTable {
  id: string;
  thing_type: 'vehicle' | 'transport-box';
  thing_id: string;
  method: string;
  cleaned_at: Instant;
  cleaned_by: Json<unknown>;
  recorded_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface WasherTable {
  id: string;
  code: string;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface PackTable {
  id: string;
  code: string;
  set_instance_id: string;
  set_type_id: string;
  packaging: string;
  surgical: boolean;
  implant: boolean;
  owner_institution_id: string | null;
  status:
    | 'assembled'
    | 'checked'
    | 'in-load'
    | 'sterilised'
    | 'released'
    | 'allocated'
    | 'on-vehicle'
    | 'at-centre'
    | 'opened'
    | 'rejected'
    | 'ended';
  status_since: ColumnType<Date, Date | string | undefined, Date | string>;
  packer_id: string;
  checker_id: string | null;
  load_id: string | null;
  sterilised_on: string | null;
  nominal_expires_on: string | null;
  expires_on: string | null;
  exposed: Defaulted<boolean>;
  label_print: Defaulted<number>;
  labelled_on: string | null;
  outer_ci: 'pass' | 'fail' | null;
  inner_ci: 'pass' | 'fail' | null;
  wet: boolean | null;
  reject_reason:
    | 'wet'
    | 'outer-ci-failed'
    | 'load-rejected'
    | 'compromised'
    | 'rejected-at-delivery'
    | 'returned-unopened'
    | 'label-unreadable'
    | 'inner-ci-failed'
    | null;
  slip_line_id: string | null;
  allocated_institution_id: string | null;
  consignment_id: string | null;
  opened_at: Instant | null;
  opened_institution_id: string | null;
  patient_reference: string | null;
  observed_by: string | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface PackLabelTable {
  pack_id: string;
  print: number;
  dated_on: string | null;
  reason: string | null;
  format: 'pdf' | 'zpl';
  printed_at: Instant;
  printed_by: Json<unknown>;
}

export interface SupplyEventTable {
  id: string;
  position: Generated<string>;
  happened_at: Instant;
  recorded_at: ColumnType<Date, Date | string | undefined, Date | string>;
  late: boolean;
  event: string;
  thing_type:
    | 'set-instance'
    | 'pack'
    | 'transport-box'
    | 'vehicle'
    | 'washer'
    | 'steriliser'
    | 'load'
    | 'load-indicator'
    | 'stop'
    | 'centre';
  thing_id: string;
  from_status: string | null;
  to_status: string | null;
  holder_type: 'cssd' | 'centre' | 'round' | null;
  holder_id: string | null;
  actor: Json<unknown>;
  because: ColumnType<unknown, string | undefined, string>;
  institution_id: string;
  load_id: string | null;
  round_id: string | null;
  stop_id: string | null;
  slip_id: string | null;
  scan_id: string | null;
  details: ColumnType<unknown, string | undefined, string>;
}

export interface CustodyTable {
  id: Generated<string>;
  thing_type: string;
  thing_id: string;
  holder_type: 'cssd' | 'centre' | 'round';
  holder_id: string;
  since: Instant;
  until: Instant | null;
  event_id: string;
}

export interface CustodySealTable {
  seq: string;
  event_id: string;
  previous: string;
  hash: string;
  sealed_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface CustodyUnsealedTable {
  event_id: string;
  position: string;
}

export interface WashBatchTable {
  id: string;
  washer_id: string;
  started_at: Instant;
  ended_at: Instant;
  temperature_c: number;
  seconds: number;
  direct_use: boolean;
  pretreatment: string | null;
  result: 'pass' | 'fail';
  norm_row: string | null;
  a0: number;
  set_instance_ids: string[];
  recorded_by: Json<unknown>;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface InspectionTable {
  id: string;
  set_instance_id: string;
  result: 'pass' | 'incomplete' | 'damaged';
  missing_items: ColumnType<unknown, string | undefined, string>;
  inspected_at: Instant;
  inspected_by: Json<unknown>;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface SupplyCentreTable {
  institution_id: string;
  visit_days: number[];
  windows: Json<unknown>;
  count_mode: 'sealed-declared' | 'open-count';
  storage: 'conforming' | 'nonconforming';
  latitude: number;
  longitude: number;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface ClimateReadingTable {
  id: string;
  institution_id: string;
  measured_at: Instant;
  temperature_c: number;
  humidity_percent: number;
  recorded_by: Json<unknown>;
  recorded_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface ClimateBreachTable {
  id: string;
  institution_id: string;
  started_at: Instant;
  ended_at: Instant | null;
  standing: Defaulted<boolean>;
  review_accept: boolean | null;
  review_reason: string | null;
  reviewed_by: ColumnType<unknown, string | null | undefined, string | null>;
  reviewed_at: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface BreachPackTable {
  breach_id: string;
  pack_id: string;
  exposed_at: Instant;
  accepted: boolean | null;
  reviewed_at: Instant | null;
}

export interface SupplyAlertTable {
  id: string;
  name: string;
  subject_type: string;
  subject_id: string;
  threshold: string;
  institution_id: string | null;
  raised_at: Instant;
  cleared_at: Instant | null;
}

export interface ScanDeviceTable {
  id: string;
  name: string;
  registered_by: Json<unknown>;
  role: string;
  institution_id: string;
  revoked_at: Instant | null;
  revoked_reason: string | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface ScanProgressTable {
  device_id: string;
  /** No number up to this one is missing. It may lag behind. */
  complete_to: number;
}

export interface ScanTable {
  id: string;
  device_id: string;
  seq: number;
  type: string;
  at: Instant;
  corrected_at: Instant;
  received_at: ColumnType<Date, Date | string | undefined, Date | string>;
  body: Json<unknown>;
  content_hash: Buffer;
  result: 'applied' | 'noted' | 'discrepancy' | 'waiting' | 'held';
  discrepancy_ids: Defaulted<string[]>;
  sent_by: Json<unknown>;
}

export interface ScanConflictTable {
  id: string;
  device_id: string;
  seq: number;
  body: Json<unknown>;
  received_at: ColumnType<Date, Date | string | undefined, Date | string>;
  sent_by: Json<unknown>;
}

export interface SterileSupplyTables {
  set_type: SetTypeTable;
  set_instance: SetInstanceTable;
  vehicle: VehicleTable;
  transport_box: TransportBoxTable;
  cleaning: CleaningTable;
  washer: WasherTable;
  pack: PackTable;
  pack_label: PackLabelTable;
  supply_event: SupplyEventTable;
  custody: CustodyTable;
  custody_seal: CustodySealTable;
  custody_unsealed: CustodyUnsealedTable;
  wash_batch: WashBatchTable;
  inspection: InspectionTable;
  supply_centre: SupplyCentreTable;
  climate_reading: ClimateReadingTable;
  climate_breach: ClimateBreachTable;
  breach_pack: BreachPackTable;
  supply_alert: SupplyAlertTable;
  scan_device: ScanDeviceTable;
  scan_progress: ScanProgressTable;
  scan: ScanTable;
  scan_conflict: ScanConflictTable;
}
