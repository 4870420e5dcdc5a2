/**
 * The key that signs checkpoints of the audit, Ed25519. The setting CAREPATH_AUDIT_KEY holds it; without one it follows from the secret of the tokens, so
 * that nothing has to be stored or handed around. It never stands in the database that it speaks of.
 */
import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Config } from './config.ts';

const SEED_BYTES = 32;
/** What stands before the seed in the PKCS #8 form of an Ed25519 key (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

interface AuditSigningKey {
  /** The thumbprint of the public key. */
  keyId: string;
  privateKey: KeyObject;
  publicJwk: { kty: 'OKP'; crv: 'Ed25519'; x: string };
}

type KeyConfig = Pick<Config, 'CAREPATH_AUDIT_KEY' | 'CAREPATH_TOKEN_SECRET'>;

export function auditKeyOf({ CAREPATH_AUDIT_KEY, CAREPATH_TOKEN_SECRET }: KeyConfig): AuditSigningKey {
  const seed = CAREPATH_AUDIT_KEY
    ? Buffer.from(CAREPATH_AUDIT_KEY.d, 'base64url')
    : Buffer.from(hkdfSync('sha256', CAREPATH_TOKEN_SECRET, '', 'carepath audit key', SEED_BYTES));
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: xOf(privateKey) } as const;
  return { keyId: thumbprintOf(publicJwk), privateKey, publicJwk };
}

/** The public key's last 32 bytes in its SPKI form. */
const xOf = (privateKey: KeyObject): string =>
  createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES).toString('base64url');

/** RFC 7638. */
const thumbprintOf = ({ kty, crv, x }: AuditSigningKey['publicJwk']): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
