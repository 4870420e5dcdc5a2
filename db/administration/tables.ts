/** What administration keeps beside the directory itself. */
import type { Defaulted, Instant } from '../kit/columns.ts';

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
}
