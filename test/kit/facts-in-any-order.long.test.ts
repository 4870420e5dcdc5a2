/** Facts in any order and with repeats lead to one directory and one end of every referral. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../domain/kit/random.ts';
import {
  listDecidedFacts,
  listUnsettledDeliveries,
  type NewFact,
  newFact,
  newReceivedReferral,
  newRelay,
  newResident,
  postFact,
  referralOf,
  residentOf,
} from '../support/builders/facts.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const people = ['a', 'b', 'c', 'd'] as const;
type Person = (typeof people)[number];

interface Told {
  messageId: string;
  person: Person;
  fact: NewFact & { survivor?: Person };
  /** The fact took effect so many seconds after the round began. */
  afterSeconds: number;
}

/** 40 facts: a went over into b and b into c, c has died; everybody moves and is admitted, some at the same instant. */
function fortyFacts(random: Random): Told[] {
  const fixed: Pick<Told, 'person' | 'fact'>[] = [
    { person: 'a', fact: { type: 'patients-merged', survivor: 'b' } },
    { person: 'b', fact: { type: 'patients-merged', survivor: 'c' } },
    { person: 'b', fact: { type: 'patient-died' } },
    { person: 'c', fact: { type: 'patient-died' } },
  ];
  const drawn = Array.from({ length: 36 }, (): Pick<Told, 'person' | 'fact'> => {
    const person = people[random.integer(0, 3)] as Person;
    return random.chance(0.6)
      ? { person, fact: { type: 'patient-moved', homeInstitutionId: `inst-c0${random.integer(1, 9)}` } }
      : { person, fact: { type: 'patient-admitted', institutionId: `inst-h${random.integer(1, 3)}` } };
  });
  return [...fixed, ...drawn].map(({ person, fact }, n) => ({
    messageId: String(n),
    person,
    fact,
    afterSeconds: random.integer(0, 12),
  }));
}

async function survivorOf(patientId: string): Promise<string> {
  const { mergedIntoId } = await residentOf(service, patientId);
  return mergedIntoId === null ? patientId : survivorOf(mergedIntoId);
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return Array.from({ length: left.length }, () => left.splice(random.integer(0, left.length - 1), 1)[0] as T);
}

test('40 facts, each twice, in any order: the same directory and the same end of every referral, each fact decided once', async () => {
  const facts = fortyFacts(createRandom(20_260_301));
  const ends: unknown[] = [];
  for (const seed of [1, 2, 3]) {
    const ids = new Map<Person, string>();
    for (const person of people) ids.set(person, await newResident(service));
    const idOf = (person: Person | undefined) => (person === undefined ? undefined : ids.get(person));
    const nameOf = (id: string | null) => [...ids].find(([, known]) => known === id)?.[0] ?? null;
    const referrals = new Map<Person, string>();
    for (const [person, patientId] of ids) referrals.set(person, await newReceivedReferral(service, patientId));

    const roundBegan = Date.now();
    const relay = newRelay(service);
    relay.start();
    const source = `shuffle-${seed}-${randomUUID()}`;
    const factIds = new Set<string>();
    for (const { messageId, person, fact, afterSeconds } of shuffled(createRandom(seed), [...facts, ...facts])) {
      const { survivor, ...members } = fact;
      const occurredAt = new Date(roundBegan + afterSeconds * 1_000).toISOString();
      const body = {
        ...members,
        occurredAt,
        source,
        messageId,
        patientId: idOf(person),
        ...(survivor ? { survivorPatientId: idOf(survivor) } : {}),
      };
      const answer = await postFact(service, newFact(body));
      expect(answer.status).toBe(202);
      factIds.add(answer.body.factId);
    }
    expect(factIds.size).toBe(40);
    await vi.waitUntil(async () => (await listUnsettledDeliveries(service)).length === 0, { timeout: 60_000, interval: 50 });
    await relay.stop();

    const directory = await Promise.all(
      people.map(async (person) => {
        const { deceasedAt, homeInstitutionId, mergedIntoId } = await residentOf(service, idOf(person) as string);
        const diedAfterSeconds = deceasedAt === null ? null : (deceasedAt.getTime() - roundBegan) / 1_000;
        return { person, diedAfterSeconds, homeInstitutionId, mergedInto: nameOf(mergedIntoId) };
      }),
    );
    const outcomes = await Promise.all(
      people.map(async (person) => {
        const id = referrals.get(person) as string;
        const decided = await listDecidedFacts(service, id);
        expect(new Set(decided).size).toBe(decided.length);
        const { status, patientId } = await referralOf(service, id);
        // A referral that had ended before a merger keeps the record that it was about; the record leads to the survivor.
        return { person, status, patient: nameOf(await survivorOf(patientId)) };
      }),
    );
    ends.push({ directory, outcomes });
  }
  expect(ends[0]).toMatchObject({
    outcomes: people.map((person) => ({ person, status: 'cancelled', patient: person === 'd' ? 'd' : 'c' })),
  });
  for (const end of ends) expect(end).toEqual(ends[0]);
}, 180_000);
