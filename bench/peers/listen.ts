/** The door of a peer: bare Hono, no accounts, no keys, no audit. A command is answered when the peer has it for good. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

export interface Peer {
  /** Commits one command of the pathway with this id. The first command creates the pathway. */
  command(id: string, name: string): Promise<void>;
  /** Commits all commands of a new pathway in one go, where the peer can. */
  all?(id: string): Promise<void>;
  /** What a reader gets of the pathway. */
  read?(id: string): Promise<unknown>;
}

/** Listens on the port named by PEER_PORT and says "ready" at /readyz. */
export function listen(peer: Peer): void {
  const app = new Hono();
  app.get('/readyz', (context) => context.text('ready'));
  app.get('/pathways/:id', async (context) => context.json((await peer.read?.(context.req.param('id'))) ?? {}));
  app.post('/pathways/:id/:name', async (context) => {
    const { id, name } = context.req.param();
    await (name === 'all' ? peer.all?.(id) : peer.command(id, name));
    return context.json({ id, name });
  });
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PEER_PORT) });
}
