/** A nurse's morning of thirty calls. */
import { expect, test } from 'vitest';
import { startService } from '../support/service/service.ts';
import { openDesk } from './desk.ts';
import { liveNurseDay } from './nurse.ts';

test('thirty residents to call are thirty tasks and sixty calls of the API', async () => {
  const desk = await openDesk(await startService());
  try {
    await liveNurseDay(desk, 30);
    expect((await desk.signIn('nurse')).calls()).toBeLessThanOrEqual(64);
  } finally {
    await desk.stop();
    await desk.service.stop();
  }
});
