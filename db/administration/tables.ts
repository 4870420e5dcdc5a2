/** What administration keeps beside the directory itself. */
import type { ImportKind } from '../../domain/alliance/import-columns.ts';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface UploadedRow {
  /** As spreadsheets number it. */
  number: number;
  cells: Record<string, string>;
}

export interface AdministrationTables {
  /** One row, or none as long as the directory is empty. */
  deployment: { only_one: Defaulted<boolean>; kind: 'demo' | 'alliance'; begun_at: Defaulted<Date> };
  activation: {
    /** SHA-256 of the token. */
    token_hash: Buffer;
    person_id: string;
    created_at: Defaulted<Date>;
    expires_at: Date;
    /** When it was used, or a newer one took its place. */
    ended_at: Instant | null;
  };
  configuration_draft: {
    version: number;
    based_on: number;
    configuration: Json<unknown>;
    note: string;
    written_by: string;
    written_at: Defaulted<Date>;
    published_by: string | null;
    published_at: Instant | null;
  };
  directory_import: {
    id: string;
    kind: ImportKind;
    /** Empty once it is applied or late. */
    rows: Json<UploadedRow[]>;
    /** Of what the preview has shown. */
    fingerprint: Buffer;
    person_id: string;
    institution_id: string;
    created_at: Date;
    expires_at: Date;
    applied_at: Instant | null;
  };
}
