/** The table of discrepancies. */
import type { ColumnType } from 'kysely';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface DiscrepancyTable {
  id: string;
  kind:
    | 'count'
    | 'missing-item'
    | 'damage'
    | 'wrong-centre'
    | 'seal'
    | 'custody-gap'
    | 'protocol'
    | 'signature'
    | 'gate'
    | 'duplicate'
    | 'reuse'
    | 'label'
    | 'unknown-code'
    | 'device'
    | 'incident'
    | 'used-after-stop-use'
    | 'recall-not-found';
  subject_type: string;
  subject_id: string;
  status: 'open' | 'acknowledged' | 'investigating' | 'resolved' | 'closed';
  institution_id: string | null;
  slip_id: string | null;
  line_id: string | null;
  round_id: string | null;
  stop_id: string | null;
  recall_id: string | null;
  suspect: 'transport' | 'centre' | null;
  owner_role: 'head' | 'dispatcher' | 'headnurse';
  owner_institution_id: string;
  evidence: ColumnType<unknown, string | undefined, string>;
  note: string | null;
  investigation: string | null;
  resolution: 'found' | 'misdeclared' | 'wrong-centre' | 'repaired' | 'written-off' | 'explained' | null;
  resolution_note: string | null;
  resolved_by: string | null;
  resolved_at: Instant | null;
  closed_by: string | null;
  closed_at: Instant | null;
  opened_by: Json<unknown>;
  version: Defaulted<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface DiscrepancyTables {
  discrepancy: DiscrepancyTable;
}
