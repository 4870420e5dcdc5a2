/** The world in which the simulated quarter begins: the demo alliance, with everything soiled and nothing made yet. */
import type { DemoSterileSupply } from '../demo/sterile-supply.ts';
import type { NormRules } from '../sterile-supply/norm-rules.ts';
import type { SimulatedWorld } from './world.ts';

const byId = <Value extends { id: string }>(values: readonly Value[]): Map<string, Value> =>
  new Map(values.map((value) => [value.id, value]));

export function buildWorld(supply: DemoSterileSupply, rules: NormRules, now: number): SimulatedWorld {
  const cssdId = 'inst-cssd';
  return {
    rules,
    now,
    cssdId,
    infectionId: 'inst-h1',
    setTypes: byId(
      supply.setTypes.map(({ code, packaging, surgical, implant }) => ({
        id: code,
        packaging,
        program: 'steam-134' as const,
        surgical,
        implant,
      })),
    ),
    sets: byId(
      supply.setInstances
        // Implants wait for their indicators, low-use packs for a telephone call: neither is part of the daily exchange.
        .filter(({ setTypeId }) => supply.setTypes.some(({ code, implant, lowUse }) => code === setTypeId && !implant && !lowUse))
        .map(({ code, setTypeId, ownerInstitutionId, usedAtInstitutionId }) => ({
          id: code,
          setTypeId,
          ownerId: ownerInstitutionId,
          status: usedAtInstitutionId === null ? ('in-decon' as const) : ('used' as const),
          special: null,
          holder:
            usedAtInstitutionId === null ? { type: 'cssd' as const, id: cssdId } : { type: 'centre' as const, id: usedAtInstitutionId },
        })),
    ),
    packs: new Map(),
    loads: new Map(),
    indicators: new Map(),
    sterilisers: byId(
      supply.sterilisers.map(({ code, qualifiedAt }) => ({
        id: code,
        policy: 'cn-ws310' as const,
        status: 'in-service' as const,
        qualifiedAt: Date.parse(qualifiedAt),
        outages: [],
        requalificationPassed: 0,
        requalifyingSince: 0,
        bowieDickTests: [],
      })),
    ),
    slips: new Map(),
    rounds: new Map(),
    recalls: new Map(),
    breaches: new Map(),
    discrepancies: new Map(),
    boxes: byId(supply.boxes.map(({ code, lane }) => ({ id: code, lane }))),
    consignments: [],
    ledger: [],
    cleanedAt: new Map(),
    usedAt: new Map(),
    rests: new Map(),
  };
}
