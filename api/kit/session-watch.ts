/**
 * Which sessions stand. A request costs no statement for it: sessions in use are read again all at once every two seconds, so that an end, a lost post or a
 * deactivation that any process has written is known here within five.
 */

import type { Database } from '../../db/kit/database.ts';
import {
  beginSession,
  findSessionByCookie,
  type NewSession,
  readSessions,
  type SignInSession,
  touchSession,
} from '../../db/sign-in/sessions.ts';

const REFRESH_MS = 2_000;
/** What could not be read again for so long is not relied on. With the next request's own read it stays within the 5 s of the contract. */
const RELIED_ON_MS = 4_000;
/** Sessions that nobody has used for so long are not read any more until somebody does. */
const IN_USE_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export interface SessionWatch {
  /** Stores a session and returns it as it stands. */
  begin(session: NewSession): Promise<SignInSession | undefined>;
  find(id: string): Promise<SignInSession | undefined>;
  findByCookie(cookieHash: Buffer): Promise<SignInSession | undefined>;
  /** Writes down that it was used at this instant. */
  touch(session: SignInSession, at: Date): Promise<void>;
  /** Reads this person's sessions again before the next use: for whoever has just changed them. */
  forgetPerson(personId: string): void;
  stop(): void;
}

interface Remembered {
  session: SignInSession;
  readAtMs: number;
  usedAtMs: number;
}

export function createSessionWatch(db: Database): SessionWatch {
  const remembered = new Map<string, Remembered>();
  const idsByCookie = new Map<string, string>();
  // What was read before somebody changed a session must not be remembered after it.
  let changes = 0;

  async function readAgain(ids: readonly string[]): Promise<Map<string, SignInSession>> {
    const [before, readAtMs] = [changes, performance.now()];
    const read = new Map((await readSessions(db, ids)).map((session) => [session.id, session]));
    if (before === changes) for (const session of read.values()) remember(session, readAtMs);
    return read;
  }

  function remember(session: SignInSession, readAtMs: number): void {
    const usedAtMs = remembered.get(session.id)?.usedAtMs ?? readAtMs;
    const [oldest] = remembered.keys();
    if (remembered.size >= MOST_REMEMBERED && !remembered.has(session.id) && oldest !== undefined) remembered.delete(oldest);
    remembered.set(session.id, { session, readAtMs, usedAtMs });
  }

  async function refresh(): Promise<void> {
    const unusedSince = performance.now() - IN_USE_MS;
    for (const [id, { usedAtMs }] of remembered) if (usedAtMs < unusedSince) remembered.delete(id);
    for (const [cookie, id] of idsByCookie) if (!remembered.has(id)) idsByCookie.delete(cookie);
    if (remembered.size > 0) await readAgain([...remembered.keys()]);
  }

  async function find(id: string): Promise<SignInSession | undefined> {
    const known = remembered.get(id);
    const now = performance.now();
    if (!known || known.readAtMs < now - RELIED_ON_MS) return (await readAgain([id])).get(id);
    known.usedAtMs = now;
    return known.session;
  }

  // Postgres may be away: then each request asks for itself, and is told so.
  const timer = setInterval(() => void refresh().catch(() => {}), REFRESH_MS);
  timer.unref();

  return {
    async begin(session) {
      await beginSession(db, session);
      return find(session.id);
    },
    find,
    async findByCookie(cookieHash) {
      const cookie = cookieHash.toString('base64url');
      const id = idsByCookie.get(cookie);
      if (id !== undefined) return find(id);
      const session = await findSessionByCookie(db, cookieHash);
      if (session) idsByCookie.set(cookie, session.id);
      return session && find(session.id);
    },
    async touch(session, at) {
      session.seenAt = at;
      await touchSession(db, session.id, at);
    },
    forgetPerson(personId) {
      changes += 1;
      for (const [id, { session }] of remembered) if (session.personId === personId) remembered.delete(id);
    },
    stop: () => clearInterval(timer),
  };
}
