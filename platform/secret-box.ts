/**
 * Encrypts secrets that carepath itself has to read again and that must not stand readable in Postgres. The setting CAREPATH_SECRETS_KEY holds the key;
 * without one it follows from the secret of the tokens. The form names its algorithm and its key, so that others can follow.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Config } from './config.ts';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** What NIST SP 800-38D (8.2) recommends for random values. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface SecretBox {
  /** @param owner what the secret belongs to: elsewhere it cannot be opened */
  seal(secret: string, owner: string): string;
  /** Throws for what was sealed for another owner, under another key, or was changed. */
  open(sealed: string, owner: string): string;
}

export function createSecretBox({
  CAREPATH_SECRETS_KEY,
  CAREPATH_TOKEN_SECRET,
}: Pick<Config, 'CAREPATH_SECRETS_KEY' | 'CAREPATH_TOKEN_SECRET'>): SecretBox {
  const key = CAREPATH_SECRETS_KEY
    ? Buffer.from(CAREPATH_SECRETS_KEY, 'base64url')
    : Buffer.from(hkdfSync('sha256', CAREPATH_TOKEN_SECRET, '', 'carepath secrets key', KEY_BYTES));
  const keyId = createHash('sha256').update('carepath secrets key id').update(key).digest('base64url').slice(0, 8);
  return {
    seal(secret, owner) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [ALGORITHM, keyId, sealed.toString('base64url')].join('.');
    },
    open(text, owner) {
      const [algorithm, usedKeyId, content = ''] = text.split('.');
      if (algorithm !== ALGORITHM) throw new Error(`A secret was sealed with ${algorithm}, which this version does not know.`);
      if (usedKeyId !== keyId)
        throw new Error(
          `A secret was sealed under the key ${usedKeyId}: set CAREPATH_SECRETS_KEY to that key, or have the secret made anew.`,
        );
      const bytes = Buffer.from(content, 'base64url');
      const opening = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(owner));
      opening.setAuthTag(bytes.subarray(-TAG_BYTES));
      return opening.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + opening.final('utf8');
    },
  };
}
