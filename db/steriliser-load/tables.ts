/** The tables of sterilisers, their runs, loads and indicators. */
import type { ColumnType } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface SteriliserTable {
  id: string;
  code: string;
  kind: 'prevacuum' | 'gravity';
  recall_policy: 'cn-ws310' | 'conservative' | 'cdc';
  status: 'in-service' | 'out-of-service' | 'requalifying' | 'retired';
  qualified_at: Instant | null;
  requalification_passed: Defaulted<number>;
  requalification_cause: string | null;
  requalification_since: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface SteriliserOutageTable {
  id: string;
  steriliser_id: string;
  since: Instant;
  until: Instant | null;
  reason: string;
}

export interface SteriliserRunTable {
  id: string;
  steriliser_id: string;
  started_at: Instant;
  ended_at: Instant | null;
}

export interface BowieDickTestTable {
  id: string;
  steriliser_id: string;
  started_at: Instant;
  ended_at: Instant;
  result: 'pass' | 'fail';
  recorded_by: Json<unknown>;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface SteriliserLoadTable {
  id: string;
  number: string;
  steriliser_id: string;
  program: 'steam-132' | 'steam-134' | 'steam-121';
  purpose: 'packs' | 'requalification';
  status: 'planned' | 'running' | 'ended' | 'quarantined' | 'released' | 'released-early' | 'confirmed' | 'rejected' | 'failed';
  operator_id: string | null;
  started_at: Instant | null;
  ended_at: Instant | null;
  ended_by: string | null;
  cycle_record: ColumnType<unknown, string | null | undefined, string | null>;
  physical: 'pass' | 'fail' | null;
  unloaded_at: Instant | null;
  unloaded_by: string | null;
  reviewed_by: string | null;
  review_note: string | null;
  released_at: Instant | null;
  released_by: string | null;
  emergency: ColumnType<unknown, string | null | undefined, string | null>;
  override_reason: string | null;
  failed_at: Instant | null;
  rejected_at: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface LoadPackTable {
  load_id: string;
  pack_id: string;
  counts: Defaulted<boolean>;
}

export interface LoadIndicatorTable {
  id: string;
  load_id: string;
  kind: 'bi' | 'pcd-ci';
  product: string;
  lot: string;
  incubation_minutes: number | null;
  class: number | null;
  status: 'placed' | 'incubating' | 'pass' | 'fail' | 'invalid';
  incubated_at: Instant | null;
  due_at: Instant | null;
  read_at: Instant | null;
  read_by: string | null;
  growth: boolean | null;
  control: ColumnType<unknown, string | null | undefined, string | null>;
  corrections: ColumnType<unknown, string | undefined, string>;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface SteriliserLoadTables {
  steriliser: SteriliserTable;
  steriliser_outage: SteriliserOutageTable;
  steriliser_run: SteriliserRunTable;
  bowie_dick_test: BowieDickTestTable;
  steriliser_load: SteriliserLoadTable;
  load_pack: LoadPackTable;
  load_indicator: LoadIndicatorTable;
}
