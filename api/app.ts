/** The HTTP API: every operation behind the same edge, its contract at /openapi.json, a page to read it at /reference. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import { LINK_PATH } from '../platform/patient-links.ts';
import { demoOperations } from './admin/demo.ts';
import { indicatorOperations } from './admin/indicators.ts';
import { pathwayOperations } from './admin/pathways.ts';
import { administrationOperations } from './administration/operations.ts';
import { keyOperations } from './audit/keys.ts';
import { auditOperations } from './audit/routes.ts';
import { correctionOperations } from './directory/correct-patient.ts';
import { factOperations } from './directory/facts.ts';
import { identityReviewOperations } from './directory/identity-reviews.ts';
import { directoryOperations } from './directory/institutions.ts';
import { patientOperations } from './directory/patients.ts';
import { simulateEpisode } from './discharge/simulate.ts';
import { fhirFailure } from './fhir/operation-outcome.ts';
import { fhirOperations } from './fhir/routes.ts';
import { hl7v2Facade, hl7v2Operations } from './hl7v2/routes.ts';
import { commandOperations } from './kit/command-routes.ts';
import { compressAnswers } from './kit/compress-answers.ts';
import { createEdge, type EdgeVariables, requestIdOf } from './kit/edge.ts';
import { healthRoutes } from './kit/health.ts';
import type { ApiDependencies, Operation } from './kit/operation.ts';
import { Problem, preferredLanguage } from './kit/problem.ts';
import { listProblems } from './kit/problems.ts';
import { mountReference } from './kit/reference.ts';
import { everyPathwayApi } from './kit/registry.ts';
import { rescheduleOperations } from './kit/reschedule-tasks.ts';
import { taskBatchOperations } from './kit/task-batches.ts';
import { taskOperations } from './kit/task-routes.ts';
import { worklistOperations } from './kit/worklist-routes.ts';
import { linkPageHeaders, mountLinkPage } from './link-page/routes.ts';
import { letterOperations } from './messages/letters.ts';
import { messageTemplateOperations } from './messages/templates.ts';
import { facadePolicy, policy } from './policy.ts';
import { readingOperations } from './readings/routes.ts';
import { signInOperations } from './sign-in/operations.ts';
import { sterileSupplyOperations } from './sterile-supply/operations.ts';

export const operations: readonly Operation[] = [
  ...signInOperations,
  ...directoryOperations,
  ...patientOperations,
  ...correctionOperations,
  ...everyPathwayApi.flatMap(({ operations: ofPathway }) => ofPathway),
  ...indicatorOperations,
  ...hl7v2Operations,
  ...worklistOperations,
  ...taskBatchOperations,
  ...rescheduleOperations,
  ...taskOperations,
  ...letterOperations,
  ...messageTemplateOperations,
  ...factOperations,
  ...identityReviewOperations,
  ...readingOperations,
  ...sterileSupplyOperations,
  ...commandOperations,
  listProblems,
  ...pathwayOperations,
  ...administrationOperations,
  ...auditOperations,
  ...keyOperations,
  simulateEpisode,
  ...demoOperations,
];

/** In the standards of others, over the same commands. */
export const facades: readonly Operation[] = [...hl7v2Facade, ...fhirOperations];

/** Throws when an operation has no policy or a policy no operation: nothing is open by oversight. */
export function checkPolicies(defined: readonly Operation[], policies: object = policy): void {
  const ids = defined.map(({ id }) => id as string);
  const without = ids.filter((id) => !Object.hasOwn(policies, id));
  const unused = Object.keys(policies).filter((id) => !ids.includes(id));
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  const wrong = [
    ...without.map((id) => `${id} has no policy`),
    ...unused.map((id) => `the policy ${id} has no operation`),
    ...twice.map((id) => `${id} is defined twice`),
  ];
  if (wrong.length > 0) throw new Error(wrong.join('; '));
}

export type App = ReturnType<typeof createApp>;

export function createApp(deps: ApiDependencies) {
  checkPolicies(operations);
  checkPolicies(facades, facadePolicy);
  const app = new OpenAPIHono<{ Variables: EdgeVariables }>();
  const edge = createEdge(deps);
  const origins = deps.config.CAREPATH_CORS_ORIGINS.split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);

  app.use(async (context, next) => {
    const requestId = requestIdOf(context.req.header('x-request-id'));
    context.set('requestId', requestId);
    const startedAt = performance.now();
    await next();
    context.header('x-request-id', requestId);
    const operation = context.get('operationId') ?? 'none';
    const seconds = (performance.now() - startedAt) / 1_000;
    deps.metrics.requests.observe({ operation, status: String(context.res.status) }, seconds);
    deps.log.info({ requestId, operation, status: context.res.status, ms: Math.round(seconds * 1_000) }, 'request');
  });
  app.use(compressAnswers);
  app.use(`${LINK_PATH}*`, linkPageHeaders);
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'] },
    }),
  );
  const crossOrigin = cors({
    origin: origins,
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'accept-language', 'x-request-id'],
    exposeHeaders: ['etag', 'location', 'retry-after', 'idempotency-replayed', 'x-request-id'],
    maxAge: 600,
  });
  // For any other origin there is no cross-origin answer at all, a preflight's included.
  app.use('/v1/*', (context, next) => (origins.includes(context.req.header('origin') ?? '') ? crossOrigin(context, next) : next()));

  const served = [...operations, ...facades].filter(({ demoOnly }) => !demoOnly || deps.config.CAREPATH_DEMO);
  for (const operation of served) {
    const path = operation.path.replaceAll(/\{(\w+)\}(\.\w+)/g, ':$1{[^/]+\\$2}').replaceAll(/\{(\w+)\}/g, ':$1');
    // Clients of FHIR write the base with a slash at its end, and post a Bundle there.
    const paths = path === '/fhir' ? [path, `${path}/`] : [path];
    app.on(operation.method.toUpperCase(), paths, (context) => edge.answer(context, operation));
  }
  healthRoutes(app, deps);
  mountLinkPage(app, deps);
  mountReference(app, deps, served);

  app.notFound((context) =>
    edge.fail(
      context,
      new Problem(methodsOf(served, context.req.path).length > 0 ? 'method-not-allowed' : 'not-found', allow(served, context.req.path)),
      preferredLanguage(context.req.header('accept-language')),
      failureUnder(context.req.path),
    ),
  );
  app.onError((error, context) =>
    edge.fail(context, error, preferredLanguage(context.req.header('accept-language')), failureUnder(context.req.path)),
  );
  return app;
}

/** Whatever fails below /fhir is said as FHIR says it, also where there is nothing. */
const failureUnder = (path: string): Operation['failure'] => (/^\/fhir(\/|$)/.test(path) ? fhirFailure : undefined);

function methodsOf(served: readonly Operation[], path: string): string[] {
  const matches = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
  return served
    .filter((operation) => matches(operation.path))
    .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
}

function allow(served: readonly Operation[], path: string) {
  const methods = methodsOf(served, path);
  return methods.length > 0 ? { headers: { allow: methods.join(', ') } } : {};
}
