/** The physical record of a cycle, judged against its program: time, temperature and pressure. */
import type { Reason } from '../kit/pathway.ts';
import { citeRule, type NormRules } from '../sterile-supply/norm-rules.ts';
import type { Program } from '../sterile-supply/vocabulary.ts';

/** The whole record as the machine gives it. */
export interface CycleRecord {
  exposureSeconds: number;
  minTemperatureC: number;
  maxTemperatureC: number;
  minPressureKpa: number;
  maxPressureKpa: number;
}

/** `because` has one reason for each bound that the record misses, none when it passes. */
export interface CycleVerdict {
  physical: 'pass' | 'fail';
  because: Reason[];
}

export function judgeCycle(program: Program, record: CycleRecord, rules: Pick<NormRules, 'steamPrograms' | 'rules'>): CycleVerdict {
  const { exposureSeconds, setTemperatureC, aboveSetKelvin, minPressureKpa, maxPressureKpa } = rules.steamPrograms[program];
  const highestC = setTemperatureC + aboveSetKelvin;
  const because = [
    missed('exposure', record.exposureSeconds >= exposureSeconds, { exposureSeconds: record.exposureSeconds, atLeast: exposureSeconds }),
    missed('temperature', record.minTemperatureC >= setTemperatureC && record.maxTemperatureC <= highestC, {
      minTemperatureC: record.minTemperatureC,
      maxTemperatureC: record.maxTemperatureC,
      atLeast: setTemperatureC,
      atMost: highestC,
    }),
    missed('pressure', record.minPressureKpa >= minPressureKpa && record.maxPressureKpa <= maxPressureKpa, {
      minPressureKpa: record.minPressureKpa,
      maxPressureKpa: record.maxPressureKpa,
      atLeast: minPressureKpa,
      atMost: maxPressureKpa,
    }),
  ].flatMap((reason) => reason ?? []);
  return { physical: because.length === 0 ? 'pass' : 'fail', because };

  function missed(bound: string, holds: boolean, evidence: Reason['evidence']): Reason | undefined {
    return holds ? undefined : { rule: citeRule(rules, 'steam-programs'), clause: `${program}: ${bound}`, evidence };
  }
}
