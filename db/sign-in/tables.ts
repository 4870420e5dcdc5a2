/** The tables of sign-in. */
import type { ColumnType, Generated } from 'kysely';
import type { Defaulted, Instant } from '../kit/columns.ts';

type OptionalInstant = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface SignInSessionTable {
  id: string;
  person_id: string;
  institution_id: string;
  roles: string[];
  kind: 'bearer' | 'browser';
  /** SHA-256 of the secret in a browser's cookie. */
  cookie_hash: Buffer | null;
  begun_at: Instant;
  seen_at: Instant;
  expires_at: Instant;
  ended_at: OptionalInstant;
}

export interface SignInFailureTable {
  id: Generated<string>;
  name_hash: Buffer;
  address_hash: Buffer;
  at: Instant;
}

export interface SecondFactorTable {
  person_id: string;
  sealed_secret: string;
  begun_at: Instant;
  active_at: OptionalInstant;
  /** The newest step of 30 s whose code was taken. */
  last_step: Defaulted<string>;
}

export interface RecoveryCodeTable {
  code_hash: Buffer;
  person_id: string;
  used_at: OptionalInstant;
}

export interface SecondFactorResetTable {
  id: string;
  person_id: string;
  reason: string;
  proposed_by: string;
  proposed_role: string;
  proposed_at: Instant;
  done_by: string | null;
  done_at: OptionalInstant;
}

export interface MachineAccountTable {
  person_id: string;
  scopes: string[];
  created_by: string;
  created_at: Instant;
  revoked_at: OptionalInstant;
}

export interface MachineKeyTable {
  key_hash: Buffer;
  person_id: string;
  created_at: Instant;
  /** Null while no newer key has been made. */
  ends_at: OptionalInstant;
}

export interface SignInTables {
  sign_in_session: SignInSessionTable;
  sign_in_failure: SignInFailureTable;
  second_factor: SecondFactorTable;
  recovery_code: RecoveryCodeTable;
  second_factor_reset: SecondFactorResetTable;
  machine_account: MachineAccountTable;
  machine_key: MachineKeyTable;
}
