/** Serves the health and the metrics of a process over HTTP, for Prometheus and whatever watches over the process. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** Says of each thing that a process needs, by its name, whether it answers. */
export type Readiness = () => Promise<Record<string, boolean>>;

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

export interface HealthServerOptions {
  host: string;
  port: number;
  readiness: Readiness;
  registry: Registry;
  /** Is called before each answer of metrics, to measure what is only known by asking the database. */
  beforeMetrics?(): Promise<void>;
}

/**
 * `/healthz` answers 200 as long as the process runs. `/readyz` answers 200 when everything that the process needs answers, else 503 with the
 * names of what does not. `/metrics` answers in the format of Prometheus.
 */
export async function startHealthServer({ host, port, readiness, registry, beforeMetrics }: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request.url ?? '/').then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });

  async function answer(url: string): Promise<{ status: number; type: string; body: string }> {
    const path = url.split('?')[0];
    if (path === '/healthz') return { status: 200, type: 'application/json', body: '{"status":"ok"}' };
    if (path === '/metrics') {
      await beforeMetrics?.();
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    }
    if (path !== '/readyz') return { status: 404, type: 'application/json', body: '{"status":"not-found"}' };
    const checks = await readiness();
    const ready = Object.values(checks).every(Boolean);
    return { status: ready ? 200 : 503, type: 'application/json', body: JSON.stringify({ status: ready ? 'ready' : 'not-ready', checks }) };
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
