/** A real Temporal server on this machine: `temporal server start-dev` with the settings that carepath relies on. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { freePort, PortInUse } from './ports.ts';
import { type Service, spawnService } from './service.ts';
import { shown } from './setup/paths.mjs';
import { PlainError } from './setup/say.mjs';

const namespace = 'default';

/** Closed histories stay as long: the archive may be behind by weeks. The server's own default is a day. */
const retention = '30 days';

const readyWithinSeconds = 60;

const dynamicConfig = {
  // One workflow's clock can be pushed forward (the demo's fast-forward, the tests).
  'frontend.WorkflowTimeSkippingEnabled': 'true',
  // Without these two, each skipped timer takes a second.
  'history.timerProcessorMaxTimeShift': '"10ms"',
  'history.timerProcessorMaxPollRPS': '1000',
  // Without it, a continue-as-new while skipping can jump the clock.
  'history.workflowIdReuseMinimalInterval': '"0s"',
  'frontend.enableServerVersionCheck': 'false', // no calls to the internet
};

export interface TemporalServer extends Service {
  /** host:port of the frontend */
  readonly address: string;
  readonly port: number;
  /** undefined without a web interface */
  readonly uiUrl: string | undefined;
}

export interface TemporalServerOptions {
  /** the `temporal` program, 1.9.1 or newer */
  binary: string;
  /** default: a free one */
  port?: number;
  /** default: no web interface */
  uiPort?: number;
  /** Keeps the state between starts; default: in memory. One server at a time may use it. */
  dbFile?: string;
  /** file for the server's output */
  log: string;
}

/** Starts the server on 127.0.0.1 and waits until its namespace takes workflows. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { binary, uiPort, dbFile, log } = options;
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  if (dbFile !== undefined) markUnfinished(dbFile);
  const service = spawnService({
    name: 'temporal',
    command: binary,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort), '--ui-disable-news-fetch']),
      ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
      ...Object.entries(dynamicConfig).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${value}`]),
    ],
    log,
  });
  try {
    await waitUntilReady(service, address);
  } catch (error) {
    const ended = service.hasExited();
    await service.kill();
    const output = service.output();
    if (/address already in use/.test(output)) throw new PortInUse(port);
    throw new PlainError(
      ended
        ? `The Temporal server does not start${dbFile ? ` with its state in ${shown(dbFile)}` : ''} (${lastLine(output)}): put a backup of it in its place, or move ${shown(dirname(dbFile ?? log))} away to begin anew, and run the command again (details in ${shown(log)}).`
        : `The Temporal server does not answer (${error instanceof Error ? error.message : String(error)}): run the command again (details in ${shown(log)}).`,
    );
  }
  if (dbFile !== undefined) rmSync(markerOf(dbFile), { force: true });
  return { ...service, address, port, uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}` };
}

/**
 * A server that is killed while it makes its file leaves one that no server can open. So a marker stands beside the file until the
 * first server was ready; with the marker the file holds nothing yet and is made anew.
 */
function markUnfinished(dbFile: string): void {
  if (existsSync(markerOf(dbFile))) for (const suffix of ['', '-journal', '-shm', '-wal']) rmSync(`${dbFile}${suffix}`, { force: true });
  if (!existsSync(dbFile)) writeFileSync(markerOf(dbFile), '');
}

const markerOf = (dbFile: string): string => `${dbFile}.unfinished`;

async function waitUntilReady(service: Service, address: string): Promise<void> {
  const patience = Date.now() + readyWithinSeconds * 1000;
  const connection = Connection.lazy({
    address,
    // Tried again here and not by the client, whose retries outlive the connection and know nothing of an ended server.
    interceptors: [],
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 100 },
  });
  try {
    for (;;) {
      try {
        return await connection.withDeadline(Date.now() + 5_000, () => prepareNamespace(connection));
      } catch (error) {
        if (service.hasExited() || Date.now() > patience) throw error;
        await sleep(50);
      }
    }
  } finally {
    await connection.close();
  }
}

async function prepareNamespace({ workflowService }: Connection): Promise<void> {
  await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: msToTs(retention) } });
  // The namespace is written before the parts of the server know of it; this call goes through them.
  await workflowService.describeTaskQueue({ namespace, taskQueue: { name: 'carepath' } });
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
