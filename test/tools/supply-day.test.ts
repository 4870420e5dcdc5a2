/** The supply day of a demonstration, at the worst of moments: on a Sunday, seconds after midnight, and broken off in the middle. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, localDateOf, startOf, weekdayOf } from '../../domain/time/local-date.ts';
import { beginSupplyDay } from '../../tools/serve/supply-day/begin-day.ts';
import { createDayClock } from '../../tools/serve/supply-day/day-clock.ts';
import { keyOfAct, type People } from '../../tools/serve/supply-day/people.ts';
import { type Service, startService } from '../support/service/service.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test('at every moment of a date the round lies on that date, its instants in their order, and nothing of it is further ahead than an act may be', () => {
  const midnight = startOf('2026-12-06');
  for (let moment = midnight; moment < midnight + DAY_MS; moment += 7 * 60 * SECOND_MS + 13 * SECOND_MS) {
    const clock = createDayClock(moment);
    const ofRound = [30, 26, 22.5, 15, 4, 2, 0].map(clock.ofRound);
    const planned = [0, 11, 110].map(clock.planned);
    const all = [...ofRound, ...planned];
    expect([...all].sort()).toEqual(all);
    expect(new Set(ofRound).size).toBe(ofRound.length);
    for (const instant of all) expect(localDateOf(Date.parse(instant))).toBe('2026-12-06');
    expect(Date.parse(clock.ofRound(0)) - moment).toBeLessThanOrEqual(2 * 60 * SECOND_MS);
    for (const minutes of [112, 12]) {
      const { testStartedAt, testEndedAt, labelledAt, startedAt } = clock.ofCycle(minutes);
      const cycle = [testStartedAt, testEndedAt, labelledAt, startedAt];
      expect([...new Set(cycle)].sort()).toEqual(cycle);
      expect(new Set(cycle.map((instant) => localDateOf(Date.parse(instant)))).size).toBe(1);
    }
  }
});

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const seen = new Map<string, unknown>();

/** Acts over the API. After `acts` posts the process is gone. */
function createPeopleWhoStop(acts = Number.POSITIVE_INFINITY): People {
  let left = acts;
  const bodyOf = ({ status, body }: Awaited<ReturnType<Service['get']>>, path: string): unknown => {
    if (status >= 400) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  return {
    async look(username, path) {
      const answer = seen.get(path) ?? bodyOf(await service.get(username, path), path);
      seen.set(path, answer);
      return answer;
    },
    async post(username, path, body) {
      left -= 1;
      if (left < 0) throw new Error('broken off');
      return bodyOf(await service.post(username, path, body, { key: keyOfAct(username, path, body) }), path);
    },
  };
}

test('a demonstration that is broken off and begun again has one supply day, in its middle, with all that people look for', async () => {
  const today = localDateOf(Date.now());
  const sunday = addDays(today, 7 - weekdayOf(today));
  const moment = startOf(sunday) + 5 * SECOND_MS;
  await expect(beginSupplyDay(createPeopleWhoStop(75), moment)).rejects.toThrow('broken off');
  const day = await beginSupplyDay(createPeopleWhoStop(), moment);
  expect(await beginSupplyDay(createPeopleWhoStop(), moment)).toEqual(day);

  const { items: rounds } = (await service.get('dispatcher', '/v1/rounds')).body;
  expect(rounds).toHaveLength(1);
  const [round] = rounds;
  expect(round).toMatchObject({ id: day.roundId, on: sunday, status: 'departed' });
  const statuses: string[] = round.stops.map(({ status }: { status: string }) => status);
  expect(statuses.slice(0, 4)).toEqual(['left', 'left', 'sterile-handed', 'scheduled']);
  expect(round.totals.aboard).toBeGreaterThan(10);
  expect(round.totals.loaded).toBe(round.totals.delivered + round.totals.aboard);

  const list = async (path: string) => (await service.get('headnurse', path)).body.items;
  expect((await list('/v1/loads')).map(({ status }: { status: string }) => status)).toEqual(['running', 'released']);
  expect(await list('/v1/load-indicators?status=incubating')).toMatchObject([{ id: day.indicatorId, kind: 'bi' }]);
  expect(await list('/v1/slips?status=submitted')).toHaveLength(1);
  const lines = (await list('/v1/slips?status=picked-up')).flatMap((slip: { lines: unknown[] }) => slip.lines);
  expect(lines).toContainEqual(expect.objectContaining({ outcome: 'short', shortReason: 'rejected' }));
  expect(await list('/v1/discrepancies')).toMatchObject([{ kind: 'damage', status: 'open' }]);
  const first = round.stops[0].institutionId;
  const { items: shelf } = (await service.get('headnurse', `/v1/shelf?institutionId=${first}`)).body;
  expect(shelf).toMatchObject([{ dispensable: true }]);
  expect(await list('/v1/packs?status=opened')).toHaveLength(1);
});
