/** One death of each kind of step. The tests of `npm run test:long` go through all of them, of both pathways and of every process. */
import { afterAll, beforeAll, test } from 'vitest';
import { followUpKillsOn, startFollowUpKills } from '../support/chaos/follow-up-kills.ts';
import { FIVE_MINUTES, type KillableService, randomOfRun, testThatNoProcessEndedByItself } from '../support/chaos/killable-service.ts';

let service: KillableService;
beforeAll(async () => {
  service = await startFollowUpKills();
});
afterAll(() => service?.stop());

const { killWorkerInCommits, killApi } = followUpKillsOn(() => service, randomOfRun());

test(
  'the worker dies inside the transaction of a creation, a command, a due date and a fact at once: each happens once',
  {
    timeout: FIVE_MINUTES,
  },
  () => killWorkerInCommits('inside'),
);

test('the API dies with a creation, a command and a fact stored and not sent yet: each happens once', { timeout: FIVE_MINUTES }, () =>
  killApi('stored'),
);

testThatNoProcessEndedByItself(() => service);
