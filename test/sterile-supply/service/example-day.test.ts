/** The example day of the machine: one round to three centres, a missing forceps, and a biological indicator that grows a day later. */
import { afterAll, beforeAll, test } from 'vitest';
import { createSupply, type Supply } from '../../support/builders/sterile-supply.ts';
import { bringA1ToC02, prepare, runLoadsBeforeTheDay } from '../../support/example-day/before-the-day.ts';
import { closeTheRecall, failTheIndicatorOfC, tellTheHolders } from '../../support/example-day/the-recall.ts';
import { countAndClose, driveTheRound, submitSlipsAndConfirm } from '../../support/example-day/the-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let supply: Supply;
beforeAll(async () => {
  service = await startService();
  supply = createSupply(service, { prefix: 'day' });
});
afterAll(() => service?.stop());

test('the example day, act by act, through the API alone', { timeout: 300_000 }, async () => {
  const day = await prepare(supply);
  await runLoadsBeforeTheDay(supply, day);
  await bringA1ToC02(supply, day);
  await submitSlipsAndConfirm(supply, day);
  await driveTheRound(supply, day);
  await countAndClose(supply, day);
  await failTheIndicatorOfC(supply, day);
  await tellTheHolders(supply, day);
  await closeTheRecall(supply, day);
});
