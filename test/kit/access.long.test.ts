/** The access matrix: every operation × every kind of token and every demo account, with what the policy table says of it. */
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPolicies, facades, operations } from '../../api/app.ts';
import { type Operation, operation } from '../../api/kit/operation.ts';
import { facadePolicy, policy, ruleOf } from '../../api/policy.ts';
import {
  type AccountHolder,
  accountHolders,
  addressOf,
  kindOf,
  makeObjects,
  nowhere,
  type Objects,
  probedAccounts,
  refusalOf,
} from '../support/oracles/access.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Answer, type Contract, contractOf, createCheckedRequests } from '../support/oracles/contract.ts';
import { noSupplyObjects } from '../support/oracles/supply-access.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let contract: Contract;
let send: ReturnType<typeof createCheckedRequests>;
let objects: Objects;
let holders: AccountHolder[];
let before: Record<string, string>;

beforeAll(async () => {
  service = await startService();
  contract = await contractOf(service.app);
  send = createCheckedRequests(service.app, contract);
  objects = await makeObjects(service);
  holders = await accountHolders(service);
  before = await contentsOf(service.db);
});
afterAll(() => service?.stop());

/** Facades are the same commands in the standards of others: the same policy guards them. */
const everyOperation = [...operations, ...facades];
const isFacade = (operation: Operation) => facades.includes(operation);

const holderOf = (account: string): AccountHolder => holders.find((holder) => holder.account === account) as AccountHolder;

/** A POST without an Idempotency-Key: it gets past every check of access, and no further. */
const probe = (operation: Operation, authorization?: string): Promise<Answer> =>
  send(operation.method.toUpperCase(), addressOf(operation, objects), { headers: authorization === undefined ? {} : { authorization } });

/** By the policy table; without a refusal the request itself is looked at, and the probe's is not complete. */
function expected(operation: Operation, holder: AccountHolder): number[] {
  const refusal = refusalOf(operation, holder);
  // Of a kind that is not made here nothing is there to be seen, and some addresses may name what is yet to be.
  if (operation.path.includes('{') && !kindOf(operation)) return [403, 404, 400, 415];
  if (refusal !== undefined) return [refusal];
  // A bearer token has no session of a browser.
  if (operation.path.startsWith('/v1/browser-sessions/current')) return [404];
  if (operation.method === 'get') return [200, 422];
  // A PATCH may do without a key, and a PUT and some others have none, so the next thing that is missing is the body.
  return isFacade(operation) ? [400, 415] : operation.method !== 'post' || operation.keyless ? [415] : [400];
}

const guarded = everyOperation.filter(({ id }) => ruleOf(id).roles !== 'public');

describe('one policy table', () => {
  const anOperation = (id: string) =>
    operation({
      id: id as Operation['id'],
      method: 'get',
      path: `/v1/${id}`,
      tag: 'test',
      summary: 'test',
      answers: {},
      handle: async () => ({ status: 200, body: {} }),
    });

  test('a route without a policy fails', () => {
    expect(() => checkPolicies([...operations, anOperation('forgotten')])).toThrow('forgotten has no policy');
  });
  test('a name that every object has is no policy', () => {
    expect(() => checkPolicies([...operations, anOperation('constructor')])).toThrow('constructor has no policy');
  });
  test('a policy without a route fails', () => {
    expect(() => checkPolicies(operations.slice(1))).toThrow(`the policy ${operations[0]?.id} has no operation`);
  });
  test('two routes of one name fail', () => {
    expect(() => checkPolicies([...operations, operations[0] as Operation])).toThrow(`${operations[0]?.id} is defined twice`);
  });
  test('the operations and the policies are the same set', () => {
    expect(operations.map(({ id }) => id).sort()).toEqual(Object.keys(policy).sort());
    expect(facades.map(({ id }) => id).sort()).toEqual(Object.keys(facadePolicy).sort());
  });
  test('what the policy calls an object’s relation is one that its kind has', () => {
    for (const operation of everyOperation) {
      const relations = kindOf(operation)?.relations;
      if (relations) expect(relations, operation.id).toContain(ruleOf(operation.id).relation);
    }
  });
  test('only signing in and activating an account are public, and what a patient’s link itself lets in', () => {
    const open = everyOperation.filter(({ id }) => ruleOf(id).roles === 'public');
    expect(open.filter(({ path }) => !path.startsWith('/v1/links/')).map(({ id }) => id)).toEqual([
      'createSession',
      'createBrowserSession',
      'listDemoAccounts',
      'activateAccount',
    ]);
  });
});

// --- tokens ---------------------------------------------------------------------------

const secretOf = (text: string) => createSecretKey(Buffer.from(text));
const hour = 3_600;
const now = () => Math.floor(Date.now() / 1_000);

function claims(over: JWTPayload = {}): JWTPayload {
  const { personId, institutionId, roles } = holderOf('gp');
  return { sub: personId, inst: institutionId, roles, iss: 'carepath', aud: 'carepath-api', iat: now(), exp: now() + hour, ...over };
}

const without = (name: string): JWTPayload => Object.fromEntries(Object.entries(claims()).filter(([claim]) => claim !== name));
const signed = (payload: JWTPayload, alg = 'HS256', secret = service.config.CAREPATH_TOKEN_SECRET) =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(secretOf(secret));

async function tampered(change: (payload: JWTPayload) => JWTPayload): Promise<string> {
  const [header = '', payload = '', signature = ''] = (await signed(claims())).split('.');
  const changed = change(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

const bearer = async (token: string | Promise<string>) => `Bearer ${await token}`;

const notTokens: [what: string, authorization: () => string | undefined | Promise<string>][] = [
  ['no token', () => undefined],
  ['an empty header', () => ''],
  ['no token after Bearer', () => 'Bearer '],
  ['another scheme', async () => `Basic ${Buffer.from('gp:carepath-demo').toString('base64')}`],
  ['a good token under another scheme', async () => `Token ${await signed(claims())}`],
  ['two tokens', async () => `Bearer ${await signed(claims())} ${await signed(claims())}`],
  ['a word', () => 'Bearer token'],
  ['a token of 20 KB', () => `Bearer ${'a'.repeat(10_000)}.${'b'.repeat(10_000)}.c`],
  ['an expired token', () => bearer(signed(claims({ iat: now() - 2 * hour, exp: now() - 1 })))],
  ['a token from the future', () => bearer(signed(claims({ nbf: now() + hour })))],
  ['a token that never expires', () => bearer(signed(without('exp')))],
  ['another audience', () => bearer(signed(claims({ aud: 'another-api' })))],
  ['no audience', () => bearer(signed(without('aud')))],
  ['another issuer', () => bearer(signed(claims({ iss: 'somebody' })))],
  ['no issuer', () => bearer(signed(without('iss')))],
  ['another secret', () => bearer(signed(claims(), 'HS256', 'a secret that somebody else made up, long'))],
  ['an empty secret', () => bearer(tampered((payload) => payload).then((token) => token.replace(/[^.]+$/, '')))],
  ['alg none', () => bearer(new UnsecuredJWT(claims()).encode())],
  [
    'alg none with our signature',
    async () => bearer((await signed(claims())).replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url'))),
  ],
  ['alg HS512 with our secret', () => bearer(signed(claims(), 'HS512'))],
  [
    'alg RS256 with somebody’s key',
    () =>
      bearer(
        new SignJWT(claims()).setProtectedHeader({ alg: 'RS256' }).sign(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
      ),
  ],
  [
    'an extension that we do not know',
    () =>
      bearer(
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', crit: ['new'], new: 1 })
          .sign(secretOf(service.config.CAREPATH_TOKEN_SECRET), { crit: { new: true } }),
      ),
  ],
  ['roles written into it', () => bearer(tampered((payload) => ({ ...payload, roles: ['sysadmin'] })))],
  ['another person written into it', () => bearer(tampered((payload) => ({ ...payload, sub: 'person-sysadmin' })))],
  ['nobody’s', () => bearer(signed(without('sub')))],
  ['of no institution', () => bearer(signed(without('inst')))],
  ['an institution that is no text', () => bearer(signed(claims({ inst: ['inst-c01'] })))],
  ['without roles', () => bearer(signed(without('roles')))],
  ['roles that are no list', () => bearer(signed(claims({ roles: 'sysadmin' })))],
];

describe('401 for every operation with', () => {
  test.each(notTokens)('%s', async (_, make) => {
    const authorization = await make();
    for (const operation of guarded) {
      const { status, body } = await probe(operation, authorization);
      expect({ id: operation.id, status }).toEqual({ id: operation.id, status: 401 });
      if (!isFacade(operation)) expect(body.code).toBe('not-authenticated');
    }
  });
});

test('a role that the policy does not know opens nothing that names roles', async () => {
  const unknown = { ...holderOf('gp'), roles: ['wizard', '__proto__', 'constructor'] };
  const { sessionId: sid } = await service.tokens.issue(holderOf('gp'));
  const authorization = await bearer(signed(claims({ roles: unknown.roles, sid })));
  for (const operation of guarded) {
    expect(expected(operation, unknown), operation.id).toContain((await probe(operation, authorization)).status);
  }
});

// --- accounts --------------------------------------------------------------------------

describe('404 for what is not visible, then 403 for what the role may not, then the request itself', () => {
  test.each(probedAccounts)('as %s', async (account) => {
    const holder = holderOf(account);
    const { token } = await service.tokens.issue(holder);
    for (const operation of guarded) {
      const { status, body } = await probe(operation, `Bearer ${token}`);
      expect(expected(operation, holder), `${operation.id} as ${account}: ${JSON.stringify(body)}`).toContain(status);
      if (status === 400) expect(body.code).toBe('idempotency-key-required');
    }
  });

  test('the matrix tells something: each outcome occurs for many', () => {
    const outcomes = guarded.flatMap((operation) => holders.map((holder) => refusalOf(operation, holder)));
    for (const outcome of [403, 404, undefined]) expect(outcomes.filter((one) => one === outcome).length).toBeGreaterThan(20);
  });

  test('what exists and is not yours looks exactly like what does not exist', async () => {
    const { token } = await service.tokens.issue(holderOf('gp2'));
    const none: Objects = {
      referralId: nowhere,
      patientId: 'patient-9999',
      commandId: nowhere,
      taskId: `${nowhere}.c1-answer-referral`,
      letterId: nowhere,
      supply: noSupplyObjects(nowhere),
    };
    const theirs = guarded.filter((operation) => kindOf(operation) && refusalOf(operation, holderOf('gp2')) === 404);
    expect(theirs.length).toBeGreaterThan(15);
    for (const operation of theirs) {
      const method = operation.method.toUpperCase();
      const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'the-same-request' };
      const [there, absent] = await Promise.all([objects, none].map((of) => send(method, addressOf(operation, of), { headers })));
      expect(there).toEqual(absent);
    }
  });
});

test('every 403 stands in the audit, once, with who, what and why', async () => {
  const denied = () => service.db.selectFrom('audit').selectAll().where('outcome', '=', 'denied').orderBy('id', 'desc').execute();
  const earlier = (await denied()).length;
  const answer = await service.get('driver', '/v1/patients');
  expect(answer.status).toBe(403);
  const entries = await denied();
  expect(entries.length).toBe(earlier + 1);
  expect(entries[0]).toMatchObject({
    actor: { personId: 'person-driver', institutionId: 'inst-cssd', role: 'driver' },
    action: 'listPatients',
    code: 'role-may-not',
    request_id: answer.body.requestId,
  });
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(service.db)).toEqual(before);
});
