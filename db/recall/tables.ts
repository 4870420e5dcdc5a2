/** The tables of recalls. */
import type { ColumnType } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface RecallTable {
  id: string;
  status: 'open' | 'closed';
  drill: boolean;
  policy: 'cn-ws310' | 'conservative' | 'cdc';
  steriliser_id: string;
  load_id: string | null;
  lower_load_id: string | null;
  out_of_service_at: Instant | null;
  reason: string;
  cause: string | null;
  report: string | null;
  opened_by: Json<unknown>;
  opened_at: ColumnType<Date, Date | string | undefined, Date | string>;
  closed_at: Instant | null;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface RecallLoadTable {
  recall_id: string;
  load_id: string;
}

export interface RecallLineTable {
  id: string;
  recall_id: string;
  pack_id: string;
  holder_type: 'cssd' | 'centre' | 'round' | 'infection' | 'none';
  holder_id: string;
  state: 'open' | 'ended';
  end: 'retrieved' | 'used' | 'disposed' | 'not-found' | 'reprocessed' | null;
  ended_at: Instant | null;
  ended_by: ColumnType<unknown, string | null | undefined, string | null>;
  note: string | null;
  patient_reference: string | null;
  used_after_stop_use: Defaulted<boolean>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface RecallHolderTable {
  recall_id: string;
  holder_type: 'cssd' | 'centre' | 'round' | 'infection';
  holder_id: string;
  told_at: Instant;
  acknowledged_at: Instant | null;
  acknowledged_by: ColumnType<unknown, string | null | undefined, string | null>;
}

export interface RecallSignatureTable {
  recall_id: string;
  role: 'headnurse' | 'infection';
  person_id: string;
  signed_at: Instant;
}

export interface RecallTables {
  recall: RecallTable;
  recall_load: RecallLoadTable;
  recall_line: RecallLineTable;
  recall_holder: RecallHolderTable;
  recall_signature: RecallSignatureTable;
}
