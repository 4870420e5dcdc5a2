/** The session of a browser: an opaque secret in a cookie that no script reads and no other site's page sends. */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Config } from '../../platform/config.ts';
import { Problem } from './problem.ts';

const COOKIE = '__Host-carepath';
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

export const findCookieSecret = (context: Context): string | undefined => getCookie(context, COOKIE);

/** Only the hash is stored. */
export const hashCookieSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export const writeCookie = (secret: string, maxAgeSeconds: number): string =>
  `${COOKIE}=${secret}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; Secure; SameSite=Strict`;

/** Throws Problem 403 for a request that changes something and does not come from a page of this site. */
export function refuseOtherSites({ req }: Context, { CAREPATH_PUBLIC_URL }: Pick<Config, 'CAREPATH_PUBLIC_URL'>): void {
  if (safeMethods.includes(req.method)) return;
  const site = req.header('sec-fetch-site');
  // Browsers of before 2023 send no such header, but their origin.
  const own = [new URL(req.url).origin, new URL(CAREPATH_PUBLIC_URL).origin];
  const isOwn = site === undefined ? own.includes(req.header('origin') ?? '') : site === 'same-origin';
  if (!isOwn) throw new Problem('cross-site-request');
}
