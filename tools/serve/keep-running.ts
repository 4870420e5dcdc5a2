import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../service.ts';
import { say } from '../setup/say.mjs';

const firstPauseSeconds = 1;
const longestPauseSeconds = 30;

/** A service that ran for so long is not in a crash loop, so its pauses begin anew. */
const settledSeconds = 60;

/**
 * Starts a service again whenever it ends by itself, with growing pauses, and says so.
 * @param title as it reads in a sentence, e.g. "The worker"
 */
export async function keepRunning(title: string, first: Service, start: () => Promise<Service>, stopping: AbortSignal): Promise<void> {
  let service: Service | undefined = first;
  let startedAt = Date.now();
  let pauseSeconds = firstPauseSeconds;
  let end = '';
  for (;;) {
    if (service) {
      end = await service.exited;
      if (Date.now() - startedAt > settledSeconds * 1000) pauseSeconds = firstPauseSeconds;
    }
    if (stopping.aborted) return;
    say(`${title} has ended unexpectedly (${end}); starting it again in ${pauseSeconds} s.`);
    await sleep(pauseSeconds * 1000);
    pauseSeconds = Math.min(pauseSeconds * 2, longestPauseSeconds);
    if (stopping.aborted) return;
    startedAt = Date.now();
    try {
      service = await start();
      say(`${title} runs again.`);
    } catch (error) {
      service = undefined;
      end = error instanceof Error ? error.message : String(error);
    }
  }
}
