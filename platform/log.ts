/** Logs as JSON lines. Ids and codes only: whatever could hold personal data never reaches a log call, and what slips in by these names is cut. */
import pino from 'pino';

export type Log = pino.Logger;

const personal = ['name', 'phone', 'email', 'birthDate', 'reason', 'summary', 'note', 'texts', 'text', 'password', 'token', 'body', 'authorization'];

export function createLog(process: 'api' | 'worker' | 'migrate', level: string): Log {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: personal.flatMap((name) => [name, `*.${name}`]), remove: true },
    serializers: { err: describeFailure },
  });
}

/** An error without its text: database messages may quote values. */
function describeFailure(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  const where = error.stack?.split('\n').filter((line) => line.startsWith('    at ')).slice(0, 6);
  const cause = error.cause instanceof Error ? { cause: describeFailure(error.cause) } : {};
  return { type: error.name, code, constraint, table, where, ...cause };
}
