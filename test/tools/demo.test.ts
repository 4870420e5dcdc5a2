import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { prepareDemo } from '../../tools/serve/demo.ts';

interface StoredReferral {
  id: string;
  patientId: string;
  status: string;
  legs: object[];
  now: string;
  clocks: Array<{ dueAt: string; rungs: Array<{ firedAt: string | null }> }>;
}

/** The part of the API that the demo asks. */
const referrals: StoredReferral[] = [];
async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const path = (request.url ?? '').split('?')[0];
  const body = request.method === 'POST' ? ((await json(request)) as { username?: string; patientId?: string; draft?: boolean }) : {};
  if (path === '/v1/sessions') return send(201, { token: `it's-${body.username}`, person: { institutionId: `of-${body.username}` } });
  if (path === '/v1/patients') return send(200, { items: [1, 2, 3, 4].map((n) => ({ id: `patient-${n}` })), nextCursor: null });
  if (request.method === 'GET' && path === '/v1/referrals') {
    const patientId = new URL(request.url ?? '', apiUrl).searchParams.get('patientId');
    return send(200, { items: referrals.filter((referral) => referral.patientId === patientId), nextCursor: null });
  }
  if (request.method === 'GET') {
    const found = referrals.find(({ id }) => path === `/v1/referrals/${id}`);
    return found ? send(200, found) : send(404, { code: 'not-found' });
  }
  referrals.push({
    id: `referral-${referrals.length + 1}`,
    patientId: body.patientId ?? '',
    status: body.draft ? 'draft' : 'received',
    legs: body.draft ? [] : [{}],
    now: '2026-03-01T08:00:00Z',
    clocks: [{ dueAt: '2026-03-02T08:00:00Z', rungs: [{ firedAt: null }] }],
  });
  return send(201, referrals.at(-1));
}
const server = createServer((request, response) => void answer(request, response));

let apiUrl: string;
// A path with everything that a shell could take amiss.
const folder = join(mkdtempSync(join(tmpdir(), 'carepath-demo-')), `a 'folder' of $HOME`);

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  referrals.length = 0;
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => server.close());

/** The arguments that each curl of the line gets from a shell. */
function curlCalls(line: string): string[][] {
  const output = execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@" ''; }\n${line}`], { encoding: 'utf8' });
  return output
    .trimEnd()
    .split('\n\n')
    .map((call) => call.split('\n'));
}

test('each line can be pasted as it stands: the shell hands over the token, the body and the address', async () => {
  const lines = (await prepareDemo(apiUrl, folder)).filter((line) => !line.startsWith('#'));
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line).not.toContain('\n');

  const [send = [], accept = [], finish = [], forward = []] = lines.map((line) => curlCalls(line));
  const url = (call: string[] | undefined) => call?.at(-1)?.replace(apiUrl, '');
  const body = (call: string[] | undefined): unknown =>
    JSON.parse(readFileSync(call?.find((word) => word.startsWith('@'))?.slice(1) ?? '', 'utf8'));
  expect(url(send[0])).toBe('/v1/referrals/referral-1/send-referral-package');
  expect(send[0]).toEqual(expect.arrayContaining(["Authorization: Bearer it's-gp", 'Content-Type: application/json']));
  expect(body(send[0])).toEqual({});
  expect(url(accept[0])).toBe('/v1/referrals/referral-1/send-acceptance');
  expect(accept[0]).toContain("Authorization: Bearer it's-specialist");
  expect(url(finish[0])).toBe('/v1/referrals/referral-1/send-outcome');
  expect(body(finish[0])).toEqual({ outcome: expect.any(String) });
  expect(forward.map(url)).toEqual(['/v1/demo/fast-forward', '/v1/referrals/referral-2/timeline']);
  expect(body(forward[0])).toEqual({ pathwayId: 'referral-2', duration: 'P4D' });
});

test('a later start uses the two referrals again while nothing has happened to them', async () => {
  const first = await prepareDemo(apiUrl, folder);
  expect(await prepareDemo(apiUrl, folder)).toEqual(first);
  expect(referrals.map(({ status }) => status)).toEqual(['draft', 'received']);
  expect(new Set(referrals.map(({ patientId }) => patientId)).size, 'a patient has one open referral').toBe(2);
});

test('a draft that was sent and a referral whose deadline has passed are replaced', async () => {
  await prepareDemo(apiUrl, folder);
  const [draft, unanswered] = referrals;
  if (!draft || !unanswered) throw new Error('the two referrals were not made');
  draft.status = 'completed';
  unanswered.now = '2026-03-05T08:00:00Z';
  const lines = (await prepareDemo(apiUrl, folder)).join('\n');
  expect(referrals.map(({ status }) => status)).toEqual(['completed', 'received', 'draft', 'received']);
  expect(referrals[2]?.patientId, 'an ended referral leaves the patient free').toBe(draft.patientId);
  expect(referrals[3]?.patientId).not.toBe(unanswered.patientId);
  expect(lines).toContain('/v1/referrals/referral-3/');
  expect(lines).toContain('/v1/referrals/referral-4/timeline');
});
