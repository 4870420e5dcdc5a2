/** Two readings of the table of messages about a stay agree, whatever order the messages arrive in and however often. */
import { expect, test } from 'vitest';
import { admissionTypes, dispositions, foldVisit, type VisitMessage, visitEvents } from '../../../domain/discharge/standing.ts';
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import { readStanding } from '../../support/oracles/visit-standing.ts';
import { testSeed } from '../../support/seed.ts';

const HOUR = 3_600_000;
const seed = testSeed;

test(`10,000 sets of messages, each in three shuffles with repeats, give one standing and it is that of the second reading (seed ${seed})`, () => {
  const random = createRandom(seed);
  const reached = new Set<string>();
  for (let set = 0; set < 10_000; set++) {
    const messages = Array.from({ length: random.integer(1, 9) }, (_, index) => drawMessage(random, index));
    const read = readStanding(messages);
    for (let arrival = 0; arrival < 3; arrival++) {
      const folded = foldVisit(shuffle(random, [...messages, ...messages.filter(() => random.chance(0.3))]));
      const { departmentsBefore: _, ...standing } = folded.standing ?? { departmentsBefore: [] };
      expect([standing, Object.fromEntries(folded.effects)], JSON.stringify(messages)).toEqual([read.standing ?? {}, read.effects]);
    }
    reached.add(read.standing?.status ?? 'none');
  }
  expect([...reached].sort()).toEqual(['admitted', 'cancelled', 'discharged', 'none']);
});

/** Few instants, so that many messages are written at the same one. */
function drawMessage(random: Random, index: number): VisitMessage {
  const perhaps = <T>(draw: () => T): T | null => (random.chance(0.4) ? draw() : null);
  const hour = () => random.integer(0, 6) * HOUR;
  return {
    id: `${random.integer(0, 99)}-${index}`,
    event: random.pick(visitEvents),
    recordedAt: hour(),
    occurredAt: perhaps(hour),
    admittedAt: perhaps(hour),
    dischargedAt: perhaps(hour),
    departmentCode: perhaps(() => random.pick(['cardiology', 'icu', 'surgery'])),
    admissionType: perhaps(() => random.pick(admissionTypes)),
    disposition: perhaps(() => random.pick(dispositions)),
    isInpatient: random.chance(0.9),
  };
}

function shuffle<T>(random: Random, things: T[]): T[] {
  for (let index = things.length - 1; index > 0; index--) {
    const other = random.integer(0, index);
    [things[index], things[other]] = [things[other] as T, things[index] as T];
  }
  return things;
}
