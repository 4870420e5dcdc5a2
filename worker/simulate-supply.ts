/** `carepath simulate-supply`: lives a quarter of the sterile supply department in seconds, by the same rules, without Temporal and without a database. */
import { createHash } from 'node:crypto';
import { loadNormRules } from '../db/sterile-supply/norm-rules.ts';
import { buildDemoPlaces } from '../domain/demo/places.ts';
import { buildDemoSterileSupply } from '../domain/demo/sterile-supply.ts';
import { createRandom } from '../domain/kit/random.ts';
import type { SupplyAct } from '../domain/supply-quarter/acts.ts';
import { applyAct } from '../domain/supply-quarter/apply-act.ts';
import { buildWorld } from '../domain/supply-quarter/build-world.ts';
import { countFaults, type HappenedFault } from '../domain/supply-quarter/faults.ts';
import { type QuarterIndicator, quarterIndicators } from '../domain/supply-quarter/indicators.ts';
import { createInvariantWatch } from '../domain/supply-quarter/invariants/watch.ts';
import { liveQuarter } from '../domain/supply-quarter/quarter.ts';
import { type Faults, type Quarter, usualFaults } from '../domain/supply-quarter/settings.ts';
import type { SimulatedWorld } from '../domain/supply-quarter/world.ts';
import { type LocalDate, startOf } from '../domain/time/local-date.ts';

export interface SupplySimulation {
  /** By default a Monday that is the same for every run, so that a seed gives the same result tomorrow. */
  from?: LocalDate;
  days: number;
  seed: number;
  faults?: Faults;
}

export interface SupplyReport {
  acts: number;
  byAct: Map<SupplyAct['act'], number>;
  recalls: { opened: number; closed: number };
  faults: HappenedFault[];
  indicators: QuarterIndicator[];
  /** A hash of everything that happened, which is the same for the same request. */
  digest: string;
}

const QUARTER_FROM: LocalDate = '2026-03-02';

/** Yields each act after it has happened. Throws at the first act that a rule refuses, and at the first invariant that is broken, with the act. */
export function* simulateSupply({
  from = QUARTER_FROM,
  days,
  seed,
  faults = usualFaults,
}: SupplySimulation): Generator<{ act: SupplyAct; world: SimulatedWorld }> {
  const supply = buildDemoSterileSupply(buildDemoPlaces());
  const world = buildWorld(supply, loadNormRules(from), startOf(from));
  const quarter: Quarter = { from, days, centres: supply.centres, nextId: createCounter(), nextScan: createTelephones() };
  const findBroken = createInvariantWatch();
  const visitDays = new Map(supply.centres.map((centre) => [centre.institutionId, centre.visitDays]));
  for (const act of liveQuarter(world, createRandom(seed), faults, quarter)) {
    try {
      applyAct(world, act, (institutionId) => visitDays.get(institutionId) ?? []);
    } catch (error) {
      throw new Error(`${describe(act)} ${error instanceof Error ? error.message : String(error)}`);
    }
    const [broken] = findBroken(world);
    if (broken !== undefined) throw new Error(`${describe(act)} After it ${broken}.`);
    yield { act, world };
  }
}

const describe = (act: SupplyAct): string => `At ${new Date(act.at).toISOString()}: ${JSON.stringify(act).slice(0, 300)}.`;

/** Ids that sort in the order in which they were given. */
function createCounter(): (kind: string) => string {
  const counts = new Map<string, number>();
  return (kind) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return `${kind}-${String(count).padStart(6, '0')}`;
  };
}

/** Each telephone numbers what it scans. */
function createTelephones(): Quarter['nextScan'] {
  const seqs = new Map<string, number>();
  return (device) => {
    const seq = (seqs.get(device) ?? 0) + 1;
    seqs.set(device, seq);
    return { device, seq };
  };
}

export function simulateQuarter(request: SupplySimulation, progress: (day: number) => void): SupplyReport {
  const hash = createHash('sha256');
  const byAct = new Map<SupplyAct['act'], number>();
  const from = startOf(request.from ?? QUARTER_FROM);
  let acts = 0;
  let day = -1;
  let world: SimulatedWorld | undefined;
  for (const step of simulateSupply(request)) {
    acts++;
    world = step.world;
    byAct.set(step.act.act, (byAct.get(step.act.act) ?? 0) + 1);
    hash.update(`${JSON.stringify(step.act)}\n`);
    const today = Math.floor((step.act.at - from) / 86_400_000);
    if (today > day) progress(today);
    day = Math.max(day, today);
  }
  const recalls = [...(world?.recalls.values() ?? [])];
  return {
    acts,
    byAct,
    recalls: { opened: recalls.length, closed: recalls.filter(({ status }) => status === 'closed').length },
    faults: world ? countFaults(world) : [],
    indicators: world ? quarterIndicators(world) : [],
    digest: hash.digest('hex').slice(0, 16),
  };
}

export function writeSupplyReport(
  { days, seed }: SupplySimulation,
  { acts, byAct, recalls, faults, indicators, digest }: SupplyReport,
): string[] {
  const of = (name: SupplyAct['act']): number => byAct.get(name) ?? 0;
  const toPercent = ({ numerator, denominator }: QuarterIndicator): string =>
    denominator === 0 ? '–' : `${((100 * numerator) / denominator).toFixed(2)} %`;
  return [
    `39 centres, ${days} days, seed ${seed}: ${acts} acts, the twelve invariants looked at after each.`,
    `rounds      ${of('close-round')}, stops that failed ${of('fail-stop')}`,
    `loads       ${of('start-load')}; packs opened ${of('open-pack') + of('scan-opened')}, broken out ${of('break-out')}`,
    `recalls     ${recalls.opened} opened, ${recalls.closed} closed`,
    ...faults.map(({ name, times }) => `fault       ${name}: ${times}`),
    ...indicators.map((one) => `${one.name.padEnd(20)} ${toPercent(one).padStart(9)}  (${one.numerator}/${one.denominator})`),
    `digest      ${digest} (the same for the same days and seed)`,
  ];
}
