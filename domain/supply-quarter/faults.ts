/** How often what has gone wrong in the simulated quarter, counted in its records. */
import type { SimulatedWorld } from './world.ts';

export interface HappenedFault {
  name: string;
  times: number;
}

export function countFaults(world: SimulatedWorld): HappenedFault[] {
  const indicators = [...world.indicators.values()];
  const stops = [...world.rounds.values()].flatMap((round) => round.stops);
  const lines = [...world.slips.values()].flatMap((slip) => slip.lines);
  const tests = [...world.sterilisers.values()].flatMap(({ bowieDickTests }) => bowieDickTests);
  const acts = (name: string): number => world.ledger.filter(({ act }) => act === name).length;
  const fault = (name: string, times: number): HappenedFault => ({ name, times });
  return [
    fault('failed indicator', indicators.filter(({ status }) => status === 'fail').length),
    fault('invalid indicator', indicators.filter(({ status }) => status === 'invalid').length),
    fault('failed Bowie-Dick test', tests.filter(({ result }) => result === 'fail').length),
    fault('breakdown', acts('break-down')),
    fault('closed centre', stops.filter(({ failReason }) => failReason === 'closed').length),
    fault('lost scan, told a day late', acts('scan-opened')),
    fault('wrong count', lines.filter(({ missing, extra }) => missing + extra > 0).length),
    fault('power cut', acts('abort-load')),
    fault('lost phone, stop unsigned', stops.filter(({ failReason }) => failReason === 'unsigned').length),
    fault('special pathogen', lines.filter(({ special }) => special !== null).length),
    fault('climate breach', world.breaches.size),
  ];
}
