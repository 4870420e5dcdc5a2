/** Bearer tokens: signed here, checked at every request with one algorithm, one issuer, one audience. */
import { jwtVerify, SignJWT } from 'jose';

/** Who calls: one person at one institution, with the roles held there. */
export interface Caller {
  personId: string;
  institutionId: string;
  roles: string[];
}

const ALGORITHM = 'HS256';
const ISSUER = 'carepath';
const AUDIENCE = 'carepath-api';
const LIFETIME_SECONDS = 12 * 60 * 60;

export interface Tokens {
  issue(caller: Caller): Promise<{ token: string; expiresAt: Date }>;
  /** Resolves with undefined when the text is no token of this service, or one that is not valid at this moment. */
  check(token: string): Promise<Caller | undefined>;
}

/** What a valid token says stays valid until it expires, and the check of its signature is a tenth of what a read costs. */
const MOST_REMEMBERED = 10_000;

interface CheckedToken {
  caller: Caller;
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
    const { sub, exp, inst, roles } = payload;
    if (typeof sub !== 'string' || typeof inst !== 'string' || !Array.isArray(roles)) return undefined;
    const caller = { personId: sub, institutionId: inst, roles: roles.filter((role): role is string => typeof role === 'string') };
    return { caller, expiresAtMs: (exp ?? 0) * 1_000 };
  } catch {
    return undefined;
  }
}

/** @param now the present in ms since 1970 */
export function createTokens(secret: string, now: () => number = Date.now): Tokens {
  const key = new TextEncoder().encode(secret);
  const checked = new Map<string, CheckedToken>();
  return {
    async issue({ personId, institutionId, roles }) {
      const expiresAt = new Date(Math.floor(now() / 1_000) * 1_000 + LIFETIME_SECONDS * 1_000);
      const token = await new SignJWT({ inst: institutionId, roles })
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(personId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(new Date(now()))
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt };
    },
    async check(token) {
      const known = checked.get(token);
      if (known) return known.expiresAtMs > now() ? known.caller : undefined;
      const found = await readToken(token, key, new Date(now()));
      if (!found) return undefined;
      const [oldest] = checked.keys();
      if (checked.size >= MOST_REMEMBERED && oldest !== undefined) checked.delete(oldest);
      checked.set(token, found);
      return found.caller;
    },
  };
}
