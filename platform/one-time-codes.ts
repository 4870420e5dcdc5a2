/** Codes of a second factor: by the clock (RFC 6238) out of a secret that an app holds too, and recovery codes for whoever has lost the app. */
import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

const STEP_SECONDS = 30;
/** RFC 4226 (4, R6) recommends 160 bits. */
const SECRET_BYTES = 20;
/** A telephone whose clock is wrong by up to one step is taken (RFC 6238, 5.2). */
const STEPS_OFF = 1;
const RECOVERY_CODES = 10;
/** 80 bits: too many for whoever has the hashes. */
const RECOVERY_BYTES = 10;

export interface SecondFactorSecret {
  /** Base32, to be typed. */
  secret: string;
  /** What an app reads from a QR code. */
  uri: string;
}

const codesOf = (secret: string, label = 'carepath') =>
  new TOTP({ issuer: 'carepath', label, algorithm: 'SHA1', digits: 6, period: STEP_SECONDS, secret: Secret.fromBase32(secret) });

export function newSecondFactorSecret(username: string): SecondFactorSecret {
  const secret = new Secret({ size: SECRET_BYTES }).base32;
  return { secret, uri: codesOf(secret, username).toString() };
}

/** Returns the step of 30 s since 1970 that the code belongs to; undefined for a code of no step near `atMs`. */
export function stepOfCode(secret: string, code: string, atMs: number): number | undefined {
  const off = codesOf(secret).validate({ token: code, timestamp: atMs, window: STEPS_OFF });
  return off === null ? undefined : Math.floor(atMs / 1_000 / STEP_SECONDS) + off;
}

export const isTimeCode = (code: string): boolean => /^\d{6}$/.test(code);

/** Each as four groups of four: ABCD-EFGH-…. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () => {
    const text = new Secret({ buffer: new Uint8Array(randomBytes(RECOVERY_BYTES)).buffer }).base32;
    return (text.match(/.{4}/g) ?? []).join('-');
  });

/** The same for a code with small letters, or without its dashes. */
export const hashRecoveryCode = (code: string): Buffer =>
  createHash('sha256')
    .update(code.toUpperCase().replace(/[^A-Z2-7]/g, ''))
    .digest();
