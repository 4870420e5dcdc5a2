/** The contract, a page to read and try it, and a small front page. Nothing of it comes from another host. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { EdgeVariables } from './edge.ts';
import { describeContract } from './openapi.ts';
import type { ApiDependencies, Operation } from './operation.ts';

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const files = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, validatorUrl: null, persistAuthorization: true });`;

const referencePage = `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>carepath API</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/reference/swagger-ui.css"></head><body><div id="reference"></div>
<script src="/reference/swagger-ui-bundle.js"></script><script src="/reference/start.js"></script></body></html>`;

const frontPage = (
  demo: boolean,
) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>carepath</title><meta name="viewport" content="width=device-width">
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}li{margin:.4rem 0}</style></head><body>
<h1>carepath</h1><p>医联体诊疗路径：不遗漏、不重复、不静默。<br>Care pathways of a medical alliance: nothing forgotten, nothing twice, nothing silent.</p><ul>
<li><a href="/reference">接口说明 · API reference</a></li><li><a href="/openapi.json">openapi.json</a></li>
<li><a href="/readyz">运行状态 · Readiness</a></li><li><a href="/metrics">监控指标 · Metrics</a></li>
${demo ? '<li>演示模式：账号见启动窗口 · Demo mode: the accounts are in the window that started it</li>' : ''}</ul></body></html>`;

export function mountReference(
  app: OpenAPIHono<{ Variables: EdgeVariables }>,
  { config }: ApiDependencies,
  served: readonly Operation[],
): void {
  let contract: object | undefined;
  app.get('/openapi.json', (context) => {
    contract ??= describeContract(served);
    return context.json(contract);
  });
  app.get('/', (context) => context.html(frontPage(config.CAREPATH_DEMO)));
  app.get('/reference', (context) => context.html(referencePage));
  app.get('/reference/start.js', (context) => context.body(start, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  app.get('/reference/:file', async (context) => {
    const type = files.get(context.req.param('file'));
    if (!type) return context.notFound();
    return context.body(new Uint8Array(await readFile(join(assets, context.req.param('file')))), 200, {
      'content-type': type,
      'cache-control': 'max-age=86400',
    });
  });
}
