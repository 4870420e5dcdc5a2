import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../service.ts';
import { say } from '../setup/say.mjs';

const firstPauseSeconds = 1;
const longestPauseSeconds = 30;

/** A service that ran for so long is not in a crash loop, so its pauses begin anew. */
const settledSeconds = 60;

/** Whoever ends a process from outside sends one of these. Any other signal is a crash of the process itself. */
const signalsFromOutside = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/**
 * Starts a service again whenever it has ended, and says so. One that was killed starts after a second, however often; the pauses grow only while it ends by
 * itself soon after its start. A process that lives is never ended here: what it waits for may come back.
 * @param title as it reads in a sentence, e.g. "The worker"
 * @param start resolves once the process runs, which need not be ready
 */
export async function keepRunning(
  title: string,
  first: Service,
  start: () => Service | Promise<Service>,
  stopping: AbortSignal,
  tell: (line: string) => void = say,
): Promise<void> {
  let service: Service | undefined = first;
  let startedAt = Date.now();
  let pauseSeconds = firstPauseSeconds;
  let end = '';
  for (;;) {
    if (service) {
      end = await service.exited;
      const hasSettled = Date.now() - startedAt > settledSeconds * 1000;
      if (hasSettled || signalsFromOutside.includes(end)) pauseSeconds = firstPauseSeconds;
    }
    if (stopping.aborted) return;
    const what = service ? 'has ended unexpectedly' : 'could not be started';
    tell(`${title} ${what} (${end}); starting it again in ${pauseSeconds} s.`);
    await sleep(pauseSeconds * 1000);
    pauseSeconds = Math.min(pauseSeconds * 2, longestPauseSeconds);
    if (stopping.aborted) return;
    startedAt = Date.now();
    try {
      service = await start();
      tell(`${title} runs again.`);
    } catch (error) {
      service = undefined;
      end = withoutAdvice(error instanceof Error ? error.message : String(error));
    }
  }
}

/** What is wrong, without what somebody at the command would do: this goes on by itself. */
const withoutAdvice = (message: string): string => message.replace(/: [^:]*\brun the command again\b.*$/s, '').replace(/\.$/, '');
