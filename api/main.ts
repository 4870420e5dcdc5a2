/** The API process. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { serve } from '@hono/node-server';
import { findMisfit } from '../db/administration/watch-deployment.ts';
import { compareConfigurationInForce } from '../db/directory/alliance-configuration.ts';
import { createDatabase, createPool } from '../db/kit/database.ts';
import { loadConfig } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createTemporalClient } from '../platform/temporal.ts';
import { createApp } from './app.ts';
import { startMllpServer } from './hl7v2/mllp-server.ts';
import { createTokens } from './kit/auth.ts';
import { createGate } from './kit/gate.ts';
import type { ApiDependencies } from './kit/operation.ts';
import { createSessionWatch } from './kit/session-watch.ts';

/** Updates in flight that one pathway may have over all processes; the relay takes one of them. */
const UPDATES_IN_FLIGHT = 8;
const STOP_WITHIN_MS = 10_000;

const config = loadConfig();
const log = createLog('api', config.CAREPATH_LOG_LEVEL);
const db = createDatabase(createPool(config.DATABASE_URL, { connections: 20 }), 'api');
const gate = createGate(Math.max(1, Math.floor((UPDATES_IN_FLIGHT - 1) / config.CAREPATH_API_PROCESSES)));
const deps: ApiDependencies = {
  config,
  db,
  client: createTemporalClient(config),
  tokens: createTokens(config.CAREPATH_TOKEN_SECRET, createSessionWatch(db)),
  log,
  metrics: createMetrics(),
  gate,
  checkAnswers: process.env.CAREPATH_CHECK_ANSWERS === '1',
};
const app = createApp(deps);

// Postgres need not be there yet, so this does not wait; whatever is asked before needs Postgres as well.
void findMisfit(db, config.CAREPATH_DEMO).then((misfit) => {
  if (misfit === undefined) return;
  log.fatal(misfit);
  process.exit(1);
});

// A release that has changed a default, or has brought a setting, does not do so in silence.
compareConfigurationInForce(db).then(
  ({ line }) => log.info(line),
  (error: unknown) => log.warn({ err: error }, 'the alliance configuration could not be read'),
);

const server = serve({ fetch: app.fetch, hostname: config.CAREPATH_API_HOST, port: config.CAREPATH_API_PORT }, ({ port }) =>
  log.info({ port }, 'api is listening'),
);
server.once('error', (error: NodeJS.ErrnoException) => {
  log.fatal({ code: error.code, port: config.CAREPATH_API_PORT }, 'the api could not listen');
  process.exit(1);
});

// Node does not count a connection that has asked nothing yet as idle: a browser's spare one would hold up the stop.
const unasked = new Set<Socket>();
server.on('connection', (socket: Socket) => {
  unasked.add(socket);
  socket.once('close', () => unasked.delete(socket));
});
server.on('request', ({ socket }: IncomingMessage) => unasked.delete(socket));

const mllp = await startMllp();

async function startMllp() {
  const { CAREPATH_MLLP_HOST: host, CAREPATH_MLLP_PORT: port, CAREPATH_MLLP_ACCOUNT: account } = config;
  if (port === undefined) return undefined;
  try {
    const started = await startMllpServer(deps, { host, port, account });
    log.info({ port: started.port }, 'mllp is listening');
    return started;
  } catch (error) {
    log.fatal({ code: (error as NodeJS.ErrnoException).code, port }, 'mllp could not listen');
    process.exit(1);
  }
}

/** No new requests; those under way are answered, or their commands are left to the relay. */
function stop(): void {
  log.info('api is stopping');
  const overdue = setTimeout(() => {
    log.warn('api stopped with requests unanswered');
    process.exit(0);
  }, STOP_WITHIN_MS);
  overdue.unref();
  // A connection that is kept open would go on being served: its next answer is its last.
  (server as HttpServer).prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  void Promise.all([closed, mllp?.stop()])
    .then(() => db.destroy())
    .finally(() => process.exit(0));
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  for (const socket of unasked) socket.destroy();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
