/** What arrives on a real socket and no client library would send. The process answers or hangs up, and goes on serving. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerType, serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { createGate } from '../../api/kit/gate.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let server: ServerType;
let port: number;
let token: string;
let before: Record<string, string>;
const logged: { level: number; msg: string }[] = [];

beforeAll(async () => {
  service = await startService({ worker: false });
  const { db, client, tokens, config } = service;
  const log = createLog('api', 'info', { write: (line) => void logged.push(JSON.parse(line)) });
  const app = createApp({ config, db, client, tokens, log, metrics: createMetrics(), gate: createGate(7), checkAnswers: true });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (address) => {
      port = address.port;
      resolve();
    });
  });
  token = (await tokens.issue({ personId: 'person-gp', institutionId: 'inst-c01', roles: ['gp'] })).token;
  before = await contentsOf(db);
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await service.stop();
});

type Piece = string | Buffer | { waitMs: number };

/** Writes the pieces, reads until the other side has closed or stays silent. */
async function talk(pieces: Piece[], { silenceMs = 20_000 } = {}): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  const closed = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve()); // hung up while we were still talking
  });
  for (const piece of pieces) {
    if (typeof piece === 'object' && 'waitMs' in piece) await sleep(piece.waitMs);
    else if (!socket.destroyed) await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  await Promise.race([closed, sleep(silenceMs)]);
  socket.destroy();
  return heard;
}

const statusOf = (heard: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? 0);
const head = (method: string, path: string, ...more: string[]) =>
  [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...more, '', ''].join('\r\n');
const posting = (...more: string[]) =>
  head('POST', '/v1/patients', `Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Idempotency-Key: wire', ...more);

async function stillServes(): Promise<void> {
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
}

describe('a request that is none: 4xx or hung up, never 5xx', () => {
  test.each<[string, Piece[]]>([
    ['noise', [Buffer.from([0, 1, 2, 255, 254]), '\r\n\r\n']],
    ['a TLS greeting', [Buffer.from('16030100050100000100', 'hex')]],
    ['no host', ['GET /v1/me HTTP/1.1\r\nConnection: close\r\n\r\n']],
    ['a host that is none', ['GET /v1/me HTTP/1.1\r\nHost: a b<c>\r\nConnection: close\r\n\r\n']],
    ['a host with a path', ['GET /v1/me HTTP/1.1\r\nHost: evil/x\r\nConnection: close\r\n\r\n']],
    ['two hosts', ['GET /v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n']],
    ['NUL in the address', [head('GET', '/v1/\0me')]],
    ['NUL in a header', [head('GET', '/v1/me', 'X-Request-Id: a\0b')]],
    ['a header without a name', [head('GET', '/v1/me', ': x')]],
    ['50 KB of headers', [head('GET', '/v1/me', `X-Long: ${'a'.repeat(50_000)}`)]],
    ['an address of 50 KB', [head('GET', `/v1/${'a'.repeat(50_000)}`)]],
    ['TRACE', [head('TRACE', '/v1/me')]],
    ['CONNECT', [head('CONNECT', 'localhost:22')]],
    ['a method nobody knows', [head('FETCH', '/v1/me')]],
    ['an absolute address', [head('GET', 'http://evil.example/v1/me')]],
    ['OPTIONS *', [head('OPTIONS', '*')]],
    ['no token', [head('GET', '/v1/me')]],
    ['a length that is none', [posting('Content-Length: many'), '{}']],
    ['two lengths', [posting('Content-Length: 2', 'Content-Length: 3'), '{}']],
    ['a length and chunks', [posting('Content-Length: 2', 'Transfer-Encoding: chunked'), '0\r\n\r\n']],
    ['chunks that are none', [posting('Transfer-Encoding: chunked'), 'zz\r\n{}\r\n']],
    ['an HTTP version of tomorrow', ['GET /v1/me HTTP/9.9\r\nHost: localhost\r\n\r\n']],
  ])('%s', async (_, pieces) => {
    const status = statusOf(await talk(pieces, { silenceMs: 500 }));
    expect(status === 0 || (status >= 400 && status < 500), String(status)).toBe(true);
    await stillServes();
  });
});

describe('a body that is too long: 413, whether it says so or not', () => {
  const chunk = (size: number) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;

  test('announced', async () => {
    expect(statusOf(await talk([posting('Content-Length: 307200'), 'x'.repeat(307_200)]))).toBe(413);
  });
  test('announced, and never sent', async () => {
    expect(statusOf(await talk([posting('Content-Length: 99999999999')]))).toBe(413);
  });
  test('in chunks', async () => {
    expect(statusOf(await talk([posting('Transfer-Encoding: chunked'), chunk(100_000), chunk(100_000), chunk(100_000), '0\r\n\r\n']))).toBe(
      413,
    );
  });
  test('in chunks without end: answered without waiting for it', async () => {
    const heard = await talk([posting('Transfer-Encoding: chunked'), ...Array.from({ length: 50 }, () => chunk(100_000))]);
    expect(statusOf(heard)).toBe(413);
  });
  test('the answer is the problem of the contract', async () => {
    const heard = await talk([posting('Content-Length: 307200'), 'x'.repeat(307_200)]);
    expect(heard).toContain('application/problem+json');
    expect(heard).toContain('"code":"body-too-large"');
  });
});

test('callers who hang up in the middle leave no error behind', async () => {
  logged.length = 0;
  await Promise.all(Array.from({ length: 20 }, () => talk([posting('Content-Length: 1000'), '{"name":"'], { silenceMs: 50 })));
  await stillServes();
  await sleep(200);
  expect(logged.filter(({ level }) => level >= 50)).toEqual([]);
});

test('a hundred callers who never finish their request keep nobody else waiting', async () => {
  const slow = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'));
  for (const socket of slow) {
    socket.on('error', () => {});
    socket.write(`${posting('Content-Length: 1000')}{`);
  }
  const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
  await expect.poll(connections).toBeGreaterThanOrEqual(100);
  await stillServes();
  expect(slow.filter(({ readyState }) => readyState === 'open')).toHaveLength(100);
  for (const socket of slow) socket.destroy();
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(service.db)).toEqual(before);
});
