/**
 * Reckons the day of a large alliance: the follow-up simulator lives two years, the decisions of its busiest day are scaled up, and a queue shows how
 * long the last of them waits. Nothing is measured here; what a decision costs comes from `npm run bench -- peers`. See docs/scale.md.
 */
import { parseArgs } from 'node:util';
import { liveResident } from '../domain/follow-up/simulated-life.ts';
import { DAY_MS } from '../domain/time/shanghai.ts';
import { centreOf, createResidentRandom, loadSimulationRules, SIMULATED_FROM } from '../worker/simulate.ts';
import { longestWaitSeconds, spreadOver } from './support/queue.ts';

const {
  followed: followedText = '1000000',
  rounds: roundsText = '4',
  cores: coresText = '16',
  ms: msText = '16',
} = parseArgs({
  options: { followed: { type: 'string' }, rounds: { type: 'string' }, cores: { type: 'string' }, ms: { type: 'string' } },
}).values;
const RESIDENTS_OF_ROUND = 500;
const [followed, residents, cores, ms] = [Number(followedText), Number(roundsText) * RESIDENTS_OF_ROUND, Number(coresText), Number(msText)];
for (const count of [followed, residents, cores, ms])
  if (!Number.isFinite(count) || count <= 0) throw new Error('--followed, --rounds, --cores and --ms must be numbers above 0');

const SEED = 1;
const SHANGHAI_MS = 8 * 3_600_000;
/** In the first half year residents enrol, so the second year shows the load of those who are there. */
const YEAR = 365;

interface Load {
  /** decisions of time, by second of the day */
  time: Map<number, number>;
  /** decisions of people, whose hour the simulator does not know */
  people: number;
}

function liveTwoYears(): Map<number, Load> {
  const rules = { ...loadSimulationRules(), from: SIMULATED_FROM, years: 2 };
  const days = new Map<number, Load>();
  for (let resident = 0; resident < residents; resident += 1)
    for (const { event } of liveResident(createResidentRandom(SEED, resident), rules, `r${resident}`, centreOf(resident))) {
      const local = event.at + SHANGHAI_MS;
      const day = Math.floor(local / DAY_MS);
      const load = days.get(day) ?? { time: new Map(), people: 0 };
      days.set(day, load);
      const second = Math.floor((local % DAY_MS) / 1_000);
      if (event.kind === 'due') load.time.set(second, (load.time.get(second) ?? 0) + 1);
      else load.people += 1;
    }
  const first = Math.min(...days.keys());
  return new Map([...days].filter(([day]) => day >= first + YEAR));
}

const sizeOf = ({ time, people }: Load): number => [...time.values()].reduce((sum, count) => sum + count, people);

const days = [...liveTwoYears().values()].sort((a, b) => sizeOf(b) - sizeOf(a));
const factor = followed / residents;
const busiest = days[0];
if (!busiest) throw new Error('Nobody lived.');
const mean = (days.reduce((sum, day) => sum + sizeOf(day), 0) / YEAR) * factor;
const herds = [...busiest.time].sort((a, b) => b[1] - a[1]);
const [herdSecond = 0, herd = 0] = herds[0] ?? [];

const perSecond = (cores * 1_000) / ms;
const arrivals = (spreadSeconds: number): Float64Array => {
  const seconds = new Float64Array(24 * 3_600 * 2);
  for (const [second, count] of busiest.time) spreadOver(seconds, second, spreadSeconds, count * factor);
  // People work from 8 to 12 and from 14 to 17:30, a half of them in the first hour of each.
  for (const [hour, share] of [
    [8, 0.25],
    [9, 0.125],
    [10, 0.075],
    [11, 0.05],
    [14, 0.25],
    [15, 0.125],
    [16, 0.125],
  ] as const)
    spreadOver(seconds, hour * 3_600, 3_600, busiest.people * factor * share);
  return seconds;
};

const round = (value: number) => Math.round(value).toLocaleString('en');
const clock = (second: number) => `${Math.floor(second / 3_600)}:${String(Math.floor((second % 3_600) / 60)).padStart(2, '0')}`;
console.log(
  `${round(followed)} followed residents, ${cores} cores of workers, ${ms} ms a decision. To repeat: npm run bench -- day --followed ${followed} --cores ${cores} --ms ${ms}\n`,
);
const row = (...cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
row('what', 'figure');
row('---', '---');
row('decisions of a mean day', round(mean));
row('decisions of the busiest day of a year', `${round(sizeOf(busiest) * factor)}, of them ${round(busiest.people * factor)} of people`);
row(`due in one second, at ${clock(herdSecond)}`, round(herd * factor));
row('decisions a second that the workers do', round(perSecond));
for (const minutes of [0, 10, 60])
  row(`longest wait when windows open within ${minutes} min`, `${round(longestWaitSeconds(arrivals(minutes * 60), perSecond))} s`);
