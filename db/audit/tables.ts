/** The hash chain over the audit. */
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

interface AuditSealTable {
  audit_id: string;
  /** The institution of whoever acted; '' for the alliance's chain. */
  chain: string;
  seq: string;
  previous_hash: Buffer;
  hash: Buffer;
}

interface AuditCheckpointTable {
  chain: string;
  seq: string;
  hash: Buffer;
  at: Instant;
  key_id: string;
  signature: Buffer;
}

interface AuditKeyTable {
  key_id: string;
  public_jwk: Json<{ kty: 'OKP'; crv: 'Ed25519'; x: string }>;
  since: Defaulted<Date>;
}

export interface AuditChainTables {
  audit_seal: AuditSealTable;
  audit_unsealed: { audit_id: string };
  /** Entries of before there was a chain, still to be sealed; no row once they are. */
  audit_backlog: { next_id: string; last_id: string };
  audit_checkpoint: AuditCheckpointTable;
  audit_key: AuditKeyTable;
}
