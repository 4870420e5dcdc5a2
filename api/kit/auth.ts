/** Bearer tokens: signed here, checked at every request with one algorithm, one issuer, one audience, and for the session that they name. */
import { jwtVerify, SignJWT } from 'jose';
import { v7 as uuid } from 'uuid';
import type { SignInSession } from '../../db/sign-in/sessions.ts';
import { hashCookieSecret } from './session-cookie.ts';
import type { SessionWatch } from './session-watch.ts';

/** Who calls: one person at one institution, with the roles held there. */
export interface Caller {
  personId: string;
  institutionId: string;
  roles: string[];
}

/** A caller with the session that lets them in. */
export interface SignedIn {
  caller: Caller;
  session: SignInSession;
}

const ALGORITHM = 'HS256';
const ISSUER = 'carepath';
const AUDIENCE = 'carepath-api';
export const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1_000;

export interface Tokens {
  sessions: SessionWatch;
  /** The present in ms since 1970, by which sessions begin and end. */
  now(): number;
  /** Begins a session and signs a token that names it. */
  issue(caller: Caller): Promise<{ token: string; expiresAt: Date; sessionId: string }>;
  /**
   * Resolves with undefined when the text is no token of this service, or one that has expired, and with `ended` when its session does not stand any more.
   * A token of before sessions were kept counts as ended.
   */
  check(token: string): Promise<SignedIn | 'ended' | undefined>;
  /** The same of the secret in a browser's cookie, whose session also ends when nobody uses it for half an hour. */
  checkCookie(secret: string): Promise<SignedIn | 'ended' | undefined>;
}

const IDLE_MS = 30 * 60_000;
/** How exactly a session's last use is written down: a statement for each request would be one too many. */
const SEEN_EVERY_MS = 60_000;

/** What a valid token says stays valid until it expires, and the check of its signature is a tenth of what a read costs. */
const MOST_REMEMBERED = 10_000;

interface CheckedToken {
  caller: Caller;
  /** Undefined in a token of before. */
  sessionId: string | undefined;
  expiresAtMs: number;
}

async function readToken(token: string, key: Uint8Array, currentDate: Date): Promise<CheckedToken | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'exp', 'inst', 'roles'],
      currentDate,
    });
    const { sub, exp, inst, roles, sid } = payload;
    if (typeof sub !== 'string' || typeof inst !== 'string' || !Array.isArray(roles)) return undefined;
    const caller = { personId: sub, institutionId: inst, roles: roles.filter((role): role is string => typeof role === 'string') };
    return { caller, sessionId: typeof sid === 'string' ? sid : undefined, expiresAtMs: (exp ?? 0) * 1_000 };
  } catch {
    return undefined;
  }
}

/** @param now the present in ms since 1970 */
export function createTokens(secret: string, sessions: SessionWatch, now: () => number = Date.now): Tokens {
  const key = new TextEncoder().encode(secret);
  const checked = new Map<string, CheckedToken>();

  async function readSigned(token: string): Promise<CheckedToken | undefined> {
    const known = checked.get(token);
    if (known) return known.expiresAtMs > now() ? known : undefined;
    const found = await readToken(token, key, new Date(now()));
    if (!found) return undefined;
    const [oldest] = checked.keys();
    if (checked.size >= MOST_REMEMBERED && oldest !== undefined) checked.delete(oldest);
    checked.set(token, found);
    return found;
  }

  return {
    sessions,
    now,
    async issue({ personId, institutionId, roles }) {
      const begunAt = new Date(now());
      const expiresAt = new Date(Math.floor((now() + SESSION_LIFETIME_MS) / 1_000) * 1_000);
      const sessionId = uuid();
      await sessions.begin({ id: sessionId, personId, institutionId, roles, cookieHash: null, begunAt, expiresAt });
      const token = await new SignJWT({ inst: institutionId, roles, sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(personId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(begunAt)
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt, sessionId };
    },
    async check(token) {
      const signed = await readSigned(token);
      if (!signed) return undefined;
      const session = signed.sessionId === undefined ? undefined : await sessions.find(signed.sessionId);
      return session?.stands && session.personId === signed.caller.personId ? { caller: signed.caller, session } : 'ended';
    },
    async checkCookie(secret) {
      const session = await sessions.findByCookie(hashCookieSecret(secret));
      if (!session) return undefined;
      const at = now();
      const unusedMs = at - session.seenAt.getTime();
      if (!session.stands || at >= session.expiresAt.getTime() || unusedMs >= IDLE_MS) return 'ended';
      if (unusedMs >= SEEN_EVERY_MS) await sessions.touch(session, new Date(at));
      const { personId, institutionId, roles } = session;
      return { caller: { personId, institutionId, roles }, session };
    },
  };
}
