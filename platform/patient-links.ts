/**
 * What opens a patient's link, and the codes for it. Both are made of an id and a secret of the service at the moment in which they are sent or tried, so
 * that no table, log, trace, decision or audit ever holds one: who reads all of the database cannot open a link, and who holds a message can open one only.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { MessageSecrets } from '../domain/messages/resident-text.ts';

export interface PatientLinks {
  tokenOf(linkId: string): string;
  /** The address that a message carries. */
  addressOf(linkId: string): string;
  codeOf(codeId: string): string;
  isCode(codeId: string, given: string): boolean;
  /** What a message with these parameters carries. */
  secretsOf(parameters: Readonly<Record<string, unknown>>): MessageSecrets;
  /** By which a caller is counted. An address is personal, and there are few enough to try them all, so the secret goes into it. */
  addressHashOf(clientAddress: string): Buffer;
}

/** The path of the page, before the token. */
export const LINK_PATH = '/l/';

/** 128 bits. */
const TOKEN_BYTES = 16;
const tokenPattern = /^[A-Za-z0-9_-]{22}$/;

/** @param serviceSecret the secret that signs the tokens of staff; the keys of links are derived from it and of no use for anything else */
export function createPatientLinks(serviceSecret: string, publicUrl: string): PatientLinks {
  const key = createHmac('sha256', serviceSecret).update('carepath patient links').digest();
  const seal = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const tokenOf = (linkId: string): string => seal(`token:${linkId}`).subarray(0, TOKEN_BYTES).toString('base64url');
  // 48 bits for a million codes: none is likelier than another by more than one in 10^8.
  const codeOf = (codeId: string): string => String(seal(`code:${codeId}`).readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
  const addressOf = (linkId: string): string => new URL(`${LINK_PATH}${tokenOf(linkId)}`, publicUrl).href;
  return {
    tokenOf,
    addressOf,
    codeOf,
    isCode: (codeId, given) => timingSafeEqual(hashSecret(codeOf(codeId)), hashSecret(given)),
    secretsOf: ({ linkId, codeId }) => {
      if (typeof codeId === 'string') return { code: codeOf(codeId) };
      return typeof linkId === 'string' ? { link: addressOf(linkId) } : {};
    },
    addressHashOf: (clientAddress) => seal(`address:${clientAddress}`),
  };
}

export const isLinkToken = (text: string): boolean => tokenPattern.test(text);

/** A token has as many bits as the hash could be guessed by, so it needs no salt. */
export const hashSecret = (text: string): Buffer => createHash('sha256').update(text).digest();

export const newSession = (): string => randomBytes(32).toString('base64url');
