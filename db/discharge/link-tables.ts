/** The tables of links for patients, their codes and sessions. */
import type { Defaulted, Instant } from '../kit/columns.ts';

/** A link to a patient or to one of their contacts. */
export interface EpisodeLinkTable {
  id: string;
  episode_id: string;
  token_hash: Buffer;
  /** `patient`, or the place of a contact. */
  recipient: string;
  /** The number that it went to. */
  phone_key: string;
  /** With all its codes. */
  wrong_attempts: Defaulted<number>;
  /** It was tried too often. */
  voided_at: Instant | null;
}

export interface LinkCodeTable {
  id: string;
  link_id: string;
  /** On the clock of the episode. */
  asked_at: Instant;
  wrong_attempts: Defaulted<number>;
  /** Null while it may be used, until its time is over. */
  ended: 'used' | 'void' | 'replaced' | null;
}

export interface LinkSessionTable {
  session_hash: Buffer;
  link_id: string;
  /** On the clock of the episode. */
  expires_at: Instant;
}

/** How often an address has called links since an instant of the wall clock. */
export interface LinkCallerTable {
  address_hash: Buffer;
  since: Instant;
  calls: number;
}

export interface LinkTables {
  episode_link: EpisodeLinkTable;
  link_code: LinkCodeTable;
  link_session: LinkSessionTable;
  link_caller: LinkCallerTable;
}
