/** What the simulated quarter comes to, after the formulas of the indicators of sterile supply. */
import type { SimulatedWorld } from './world.ts';

export interface QuarterIndicator {
  name: string;
  numerator: number;
  denominator: number;
}

export function quarterIndicators(world: SimulatedWorld): QuarterIndicator[] {
  const loads = [...world.loads.values()].filter(({ purpose, startedAt }) => purpose === 'packs' && startedAt !== null);
  const packs = [...world.packs.values()].filter(({ sterilisedOn }) => sterilisedOn !== null);
  const read = [...world.indicators.values()].filter(({ readAt }) => readAt !== null);
  const tests = [...world.sterilisers.values()].flatMap(({ bowieDickTests }) => bowieDickTests);
  const lines = [...world.slips.values()].flatMap((slip) => slip.lines);
  const counted = lines.filter(({ received }) => received !== null);
  const asked = lines.filter(({ direction, delivered }) => direction === 'deliver' && delivered !== null);
  const stops = [...world.rounds.values()].filter(({ status }) => status === 'closed').flatMap((round) => round.stops);
  const recalled = [...world.recalls.values()].flatMap(({ lines: ofRecall }) => [...ofRecall.values()]);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const share = (name: string, part: number, whole: number): QuarterIndicator => ({ name, numerator: part, denominator: whole });
  return [
    share('sterilisation-pass', packs.filter(({ releasedAt }) => releasedAt > 0).length, packs.length),
    share('bi-fail', read.filter(({ status }) => status === 'fail').length, read.length),
    share('bi-invalid', read.filter(({ status }) => status === 'invalid').length, read.length),
    share('bd-fail', tests.filter(({ result }) => result === 'fail').length, tests.length),
    share('wet-pack', sum(loads.map(({ wetPacks }) => wetPacks)), packs.length),
    share('count-accuracy', counted.filter(({ missing, extra }) => missing + extra === 0).length, counted.length),
    share('fill-rate', sum(asked.map(({ delivered }) => delivered ?? 0)), sum(asked.map(({ declared }) => declared))),
    share('protocol-compliance', stops.filter(({ status }) => status === 'left').length, stops.length),
    share('recall-accounted', recalled.filter(({ end }) => end !== null).length, recalled.length),
  ];
}
