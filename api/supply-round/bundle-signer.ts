/**
 * The key that signs bundles, ES256. The setting CAREPATH_BUNDLE_KEY holds it; without one it follows from the secret of the tokens, which all processes
 * share, so that nothing has to be stored or handed around (decision 43).
 */
import { createECDH, hkdfSync } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import type { SignBundle } from '../../db/supply-round/bundle.ts';
import type { Config } from '../../platform/config.ts';

type KeyConfig = Pick<Config, 'CAREPATH_BUNDLE_KEY' | 'CAREPATH_TOKEN_SECRET'>;

const CURVE = 'prime256v1';
const KEY_BYTES = 32;
const X_Y = [1, 33, 65] as const;

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A private key on P-256. A derived number outside of the curve's order is so rare that nobody has seen one; the next one is taken then. */
function derivePrivateJwk(secret: string): JWK {
  for (let attempt = 0; ; attempt += 1) {
    const d = Buffer.from(hkdfSync('sha256', secret, '', `carepath bundle key ${attempt}`, KEY_BYTES));
    const curve = createECDH(CURVE);
    try {
      curve.setPrivateKey(d);
    } catch {
      continue;
    }
    const point = curve.getPublicKey();
    return {
      kty: 'EC',
      crv: 'P-256',
      x: base64url(point.subarray(X_Y[0], X_Y[1])),
      y: base64url(point.subarray(X_Y[1], X_Y[2])),
      d: base64url(d),
    };
  }
}

function privateJwkOf({ CAREPATH_BUNDLE_KEY, CAREPATH_TOKEN_SECRET }: KeyConfig): JWK {
  return CAREPATH_BUNDLE_KEY ?? derivePrivateJwk(CAREPATH_TOKEN_SECRET);
}

/** The public half, as `GET /v1/keys` shows it. */
export async function publicJwkOf(config: KeyConfig): Promise<JWK> {
  const { kty, crv, x, y } = privateJwkOf(config) as { kty: string; crv: string; x: string; y: string };
  return { kty, crv, x, y, kid: await calculateJwkThumbprint({ kty, crv, x, y }), use: 'sig', alg: 'ES256' };
}

export async function bundleSigner(config: KeyConfig): Promise<SignBundle> {
  const key = await importJWK(privateJwkOf(config), 'ES256');
  const { kid } = await publicJwkOf(config);
  return (bundle) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(bundle)))
      .setProtectedHeader({ alg: 'ES256', ...(kid === undefined ? {} : { kid }) })
      .sign(key);
}
