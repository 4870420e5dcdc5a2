/** User name and password, checked so that neither the answer nor its time tells which of them was wrong, and guessing ends soon. */
import { createHmac, hkdfSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { verify } from '@node-rs/argon2';
import { type Account, findAccount } from '../../db/directory/directory.ts';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { auditDenied } from '../../db/kit/audit.ts';
import { countFailures, type FailureKeys, forgetFailures, recordFailure } from '../../db/sign-in/failures.ts';
import { lockAccount } from '../../db/sign-in/lock-account.ts';
import type { Config } from '../../platform/config.ts';
import { createGate } from '../kit/gate.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';

export interface Credentials {
  username: string;
  password: string;
}

export type SignInRequest = Pick<OperationRequest, 'deps' | 'requestId' | 'clientAddress' | 'operationId'>;

const FAILURES_BEFORE_LOCK = 5;
const LOCK_MS = 15 * 60_000;
/** An address from which so many attempts have failed waits before each further one, whatever account it is for. Whole centres share an address, so it is never shut out. */
const FAILURES_BEFORE_SLOW = 10;
const SLOW_MS = 1_000;

/** Guesses at one name are tried one after another, so that each is counted before the next begins, even if a hundred arrive at the same moment. */
const oneAtATime = createGate(1);

/** A hash of nothing anybody knows: an unknown name takes as long as a wrong password. */
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zr5qWcTsXzvcsmEVBeqZqvLpRKe8BSkxvBEMKSxlO1Q';

/**
 * Resolves with the account when the credentials are right, and `isRightBeside` agrees, which is asked only then: failures of both count together. Throws
 * Problem 401, and 423 for a name that has failed too often, whether there is such an account or not.
 */
export async function checkCredentials(
  request: SignInRequest,
  { username, password }: Credentials,
  isRightBeside: (account: Account) => Promise<boolean>,
): Promise<Account> {
  const { deps } = request;
  const account = await findAccount(deps.db, username);
  await attempt(request, { username, personId: account?.id, institutionId: account?.posts[0]?.institutionId }, async () => {
    const isRight = await verify(account?.passwordHash ?? nobodysHash, password).catch(() => false);
    // The password of the demonstration is public.
    const mayBeUsed = deps.config.CAREPATH_DEMO || password !== demoPassword;
    return account !== undefined && isRight && mayBeUsed && (await isRightBeside(account));
  });
  if (!account) throw new Error('A name that nobody has was let in.');
  return account;
}

/** Whose attempt it is. */
interface Attempting {
  username: string;
  /** Undefined for a name that nobody has. */
  personId: string | undefined;
  institutionId?: string | undefined;
}

/** Lets somebody prove by `isRight` who they are: a failure counts, the right answer begins the count anew. Throws Problem 401 and 423. */
export async function attempt(request: SignInRequest, who: Attempting, isRight: () => Promise<boolean>): Promise<void> {
  await oneAtATime.pass(who.username, async () => countedAttempt(request, who, isRight));
}

async function countedAttempt(request: SignInRequest, who: Attempting, isRight: () => Promise<boolean>): Promise<void> {
  const { deps, clientAddress, requestId, operationId } = request;
  const { username, personId, institutionId = '' } = who;
  const at = deps.tokens.now();
  const keys = failureKeysOf(deps.config, username, clientAddress);
  const failures = await countFailures(deps.db, keys, new Date(at - LOCK_MS));
  if (failures.ofName >= FAILURES_BEFORE_LOCK) throw lockedProblem((failures.lastOfNameAt?.getTime() ?? at) + LOCK_MS - at);
  if (failures.ofAddress >= FAILURES_BEFORE_SLOW) await pause(SLOW_MS);
  if (await isRight()) {
    await forgetFailures(deps.db, keys.nameHash, { before: new Date(at - LOCK_MS) });
    return;
  }
  await recordFailure(deps.db, keys, new Date(at));
  const actor = { personId: personId ?? '', institutionId, role: 'none' };
  await auditDenied(deps.db, { actor, action: operationId, targetId: null, code: 'wrong-credentials', requestId });
  if (personId !== undefined && failures.ofName + 1 === FAILURES_BEFORE_LOCK)
    await lockAccount(deps.db, { actor, personId, at: new Date(at), requestId });
  throw new Problem('wrong-credentials');
}

const lockedProblem = (leftMs: number): Problem =>
  new Problem('account-locked', { headers: { 'retry-after': String(Math.max(1, Math.ceil(leftMs / 1_000))) } });

function failureKeysOf({ CAREPATH_TOKEN_SECRET }: Config, username: string, address: string): FailureKeys {
  const key = Buffer.from(hkdfSync('sha256', CAREPATH_TOKEN_SECRET, '', 'carepath sign-in failures', 32));
  const hashOf = (text: string) => createHmac('sha256', key).update(text).digest();
  return { nameHash: hashOf(`name ${username}`), addressHash: hashOf(`address ${address}`) };
}
