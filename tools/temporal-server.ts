/** A real Temporal server on this machine: `temporal server start-dev` with the settings that carepath relies on. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { findFreePort, PortInUse } from './ports.ts';
import { type Service, spawnService } from './service.ts';
import { shortenPath } from './setup/paths.mjs';
import { PlainError } from './setup/say.mjs';

const namespace = 'default';

/** Closed histories are kept this long, because the archive may be behind by weeks. The server's own default is a day. */
const retention = '30 days';

const readyWithinSeconds = 60;

const dynamicConfig = {
  // The demo and the tests push the clock of one workflow forward.
  'frontend.WorkflowTimeSkippingEnabled': 'true',
  // Without these two, each skipped timer takes a second.
  'history.timerProcessorMaxTimeShift': '"10ms"',
  'history.timerProcessorMaxPollRPS': '1000',
  // Without this, a continue-as-new while time is skipped can make the clock jump.
  'history.workflowIdReuseMinimalInterval': '"0s"',
  // The server must not call the internet.
  'frontend.enableServerVersionCheck': 'false',
};

export interface TemporalServer extends Service {
  /** host:port of the frontend. */
  readonly address: string;
  readonly port: number;
  /** Undefined when there is no web interface. */
  readonly uiUrl: string | undefined;
}

export interface TemporalServerOptions {
  /** The path of the program `temporal`, 1.9.1 or newer. */
  binary: string;
  /** By default a free one. */
  port?: number;
  /** Without it there is no web interface. */
  uiPort?: number;
  /** The file that keeps the state between starts, by default memory. One server at a time may use it. */
  dbFile?: string;
  /** The file for the server's output. */
  log: string;
}

/** Between the choice of a free port and the server's own, somebody else may take it; so often in a row it is no accident. */
const PORTS_TRIED = 4;

/** Starts the server on 127.0.0.1 and waits until its namespace takes workflows. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  if (options.port !== undefined) return startOn(options.port, options);
  for (let tried = 1; ; tried += 1) {
    try {
      return await startOn(await findFreePort(), options);
    } catch (error) {
      if (!(error instanceof PortInUse) || tried === PORTS_TRIED) throw error;
    }
  }
}

async function startOn(port: number, { binary, uiPort, dbFile, log }: TemporalServerOptions): Promise<TemporalServer> {
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
        ? `The Temporal server does not start${dbFile ? ` with its state in ${shortenPath(dbFile)}` : ''} (${lastLineOf(output)}): put a backup of it in its place, or move ${shortenPath(dirname(dbFile ?? log))} away to begin anew, and run the command again (details in ${shortenPath(log)}).`
        : `The Temporal server does not answer (${error instanceof Error ? error.message : String(error)}): run the command again (details in ${shortenPath(log)}).`,
    );
  }
  if (dbFile !== undefined) rmSync(markerOf(dbFile), { force: true });
  return { ...service, address, port, uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}` };
}

/**
 * A server that is killed while it makes its file leaves one that no server can open. So a marker stands beside the file until a server was
 * ready for the first time. While there is a marker the file holds nothing yet, and is made anew.
 */
function markUnfinished(dbFile: string): void {
  if (existsSync(markerOf(dbFile))) for (const suffix of ['', '-journal', '-shm', '-wal']) rmSync(`${dbFile}${suffix}`, { force: true });
  if (!existsSync(dbFile)) writeFileSync(markerOf(dbFile), '');
}

const markerOf = (dbFile: string): string => `${dbFile}.unfinished`;

async function waitUntilReady(service: Service, address: string): Promise<void> {
  const giveUpAt = Date.now() + readyWithinSeconds * 1000;
  const connection = Connection.lazy({
    address,
    // This function tries again itself, because the client's own retries outlive the connection and know nothing of a server that has ended.
    interceptors: [],
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 100 },
  });
  try {
    for (;;) {
      try {
        return await connection.withDeadline(Date.now() + 5_000, () => prepareNamespace(connection));
      } catch (error) {
        if (service.hasExited() || Date.now() > giveUpAt) throw error;
        await sleep(50);
      }
    }
  } finally {
    await connection.close();
  }
}

async function prepareNamespace({ workflowService }: Connection): Promise<void> {
  await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: msToTs(retention) } });
  // The namespace is written before all parts of the server know of it. This call goes through them, so it fails until they do.
  await workflowService.describeTaskQueue({ namespace, taskQueue: { name: 'carepath' } });
}

function lastLineOf(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
