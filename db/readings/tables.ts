/** The tables of readings and of the episodes that they raise. */
import type { ColumnType, Generated } from 'kysely';
import type { ReadingContext, ReadingKind } from '../../domain/readings/reading.ts';
import type { Instant, Json } from '../kit/columns.ts';

/** What one request brought: who sent it, when it came. */
export interface ReadingBatchTable {
  id: string;
  sender_id: string;
  sender_institution_id: string;
  request_id: string;
  received_at: Instant;
  recorded_at: Generated<Date>;
}

export interface ReadingTable {
  id: string;
  batch_id: string;
  source: string;
  message_id: string;
  status: 'recorded' | 'quarantined' | 'held' | 'dismissed' | 'entered-in-error';
  /** Why the reading is quarantined or dismissed, as `{code, evidence}`. */
  reason: ColumnType<unknown, string | null, string | null>;
  patient_id: string | null;
  /** The record that the message named, where `patient_id` is the record that goes on instead; null where the two are the same. */
  named_patient_id: ColumnType<string | null, string | null | undefined, string | null>;
  /** The fact under identity review that the reading waits for. */
  held_by: string | null;
  kind: ReadingKind;
  measured_at: Instant;
  context: ReadingContext;
  /** Values are in the standard unit of the kind. The column is numeric, which the driver gives as text. */
  systolic: string | null;
  diastolic: string | null;
  value: string | null;
  /** The value as it was sent, where that was in another unit. */
  given: ColumnType<unknown, string | null, string | null>;
  /** When and by whom it was marked as entered in error, and why; null for any other reading. */
  error_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  error_by: ColumnType<unknown, string | null | undefined, string | null>;
  error_reason: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface ReadingEpisodeTable {
  id: string;
  patient_id: string;
  rule: string;
  /** `<id>/<version>` of the document that has the rule */
  protocol: string;
  /** The reading that completed the episode. */
  reading_id: string;
  evidence: Json<Record<string, string | number>>;
  measured_at: Instant;
  raised_at: Instant;
  /** How often the episode was raised while it was open. */
  times: number;
  last_measured_at: Instant;
  closed_at: Instant | null;
  closed_by: ColumnType<unknown, string | null | undefined, string | null>;
  done: string | null;
  /** The pathway in which an episode of one value is dealt with; null for others, and for those of older code. */
  crisis_reading_id: ColumnType<string | null, string | null | undefined, string | null>;
  recorded_at: Generated<Date>;
}

export interface ReadingsTables {
  reading_batch: ReadingBatchTable;
  reading: ReadingTable;
  reading_episode: ReadingEpisodeTable;
}
