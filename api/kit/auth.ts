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

export function createTokens(secret: string): Tokens {
  const key = new TextEncoder().encode(secret);
  return {
    async issue({ personId, institutionId, roles }) {
      const expiresAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + LIFETIME_SECONDS * 1_000);
      const token = await new SignJWT({ inst: institutionId, roles })
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(personId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt };
    },
    async check(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ['sub', 'exp', 'inst', 'roles'],
        });
        const { sub, inst, roles } = payload;
        if (typeof sub !== 'string' || typeof inst !== 'string' || !Array.isArray(roles)) return undefined;
        return { personId: sub, institutionId: inst, roles: roles.filter((role): role is string => typeof role === 'string') };
      } catch {
        return undefined;
      }
    },
  };
}
