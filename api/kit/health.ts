/** Three routes for operators: whether the process runs, whether it can work, and what it counts. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { isPostgresAnswering } from '../../db/kit/database.ts';
import { isTemporalAnswering } from '../../platform/temporal.ts';
import type { EdgeVariables } from './edge.ts';
import type { ApiDependencies } from './operation.ts';

export function healthRoutes(app: OpenAPIHono<{ Variables: EdgeVariables }>, { db, client, metrics }: ApiDependencies): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    const [postgres, temporal] = await Promise.all([isPostgresAnswering(db), isTemporalAnswering(client)]);
    const ready = postgres && temporal;
    return context.json({ status: ready ? 'ready' : 'not-ready', checks: { postgres, temporal } }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );
}
