/** The tables of crisis readings and of the values that they are about. */
import type { ColumnType } from 'kysely';
import type { CrisisValue } from '../../domain/crisis-reading/events.ts';
import type { CrisisReadingStatus } from '../../domain/crisis-reading/state.ts';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface CrisisReadingTable {
  id: string;
  /** The record under which the first value came. */
  patient_id: string;
  status: Defaulted<CrisisReadingStatus>;
  opened_at: Instant;
  closed_at: Instant | null;
  /** Null while it is open and where the pathway has closed it by itself. */
  closed_by: ColumnType<unknown, string | null, string | null>;
  action: 'refer' | 'treat' | 'emergency' | null;
  note: string | null;
  /** The referral that the confirmation has started, or the open one that it found. */
  referral_id: string | null;
}

export interface CrisisValueTable {
  id: string;
  crisis_reading_id: string;
  reading_id: string;
  rule: string;
  value: string;
  /** Shape: CrisisValue */
  detail: Json<CrisisValue>;
  /** When the reading turned out to be entered in error. */
  withdrawn_at: Instant | null;
}

export interface CrisisReadingTables {
  crisis_reading: CrisisReadingTable;
  crisis_value: CrisisValueTable;
}
