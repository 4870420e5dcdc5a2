import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Readiness, startHealthServer } from '../../platform/health-server.ts';
import { createMetrics } from '../../platform/metrics.ts';

async function start(readiness: Readiness) {
  const metrics = createMetrics();
  const server = await startHealthServer({ host: '127.0.0.1', port: 0, readiness, registry: metrics.registry });
  onTestFinished(() => server.close());
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  return { server, metrics, get };
}

test('ready when everything it needs answers; else 503 naming what does not; alive in both cases', async () => {
  const checks = { postgres: true, temporal: true };
  const { get } = await start(async () => checks);
  expect(await get('/readyz')).toMatchObject({ status: 200, text: JSON.stringify({ status: 'ready', checks }) });
  checks.temporal = false;
  expect(await get('/readyz')).toMatchObject({ status: 503, text: JSON.stringify({ status: 'not-ready', checks }) });
  expect(await get('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
});

test('a check that fails instead of answering does not end the process', async () => {
  const { get } = await start(async () => Promise.reject(new Error('金丝雀')));
  const answer = await get('/readyz');
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain('金丝雀');
  expect((await get('/healthz')).status).toBe(200);
});

test('metrics in the form that Prometheus reads', async () => {
  const { get, metrics } = await start(async () => ({}));
  metrics.waiting.set({ what: 'commands' }, 3);
  const { status, type, text } = await get('/metrics');
  expect([status, type]).toEqual([200, metrics.registry.contentType]);
  expect(text).toContain('carepath_waiting{what="commands"} 3');
});

test('anything else is not found', async () => {
  const { get } = await start(async () => ({}));
  for (const path of ['/', '/healthz/x', '/%00', '/readyz%20', '/metrics/../healthz/../x']) expect((await get(path)).status).toBe(404);
});

test('closes although somebody keeps a connection open', async () => {
  const { server } = await start(async () => ({}));
  const socket = connect(server.port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve());
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n');
  });
  const startedAt = performance.now();
  await server.close();
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  socket.destroy();
});

test('a port that is taken is an error of the start, not a silent nothing', async () => {
  const { server } = await start(async () => ({}));
  await expect(
    startHealthServer({ host: '127.0.0.1', port: server.port, readiness: async () => ({}), registry: createMetrics().registry }),
  ).rejects.toThrow('EADDRINUSE');
});
