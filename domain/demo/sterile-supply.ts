/**
 * What the sterile supply department of the demo alliance has, and where its centres lie. The set types are those of the model case (one hospital, 39
 * centres, one vehicle); their numbers, volumes and the map are made up. The map lies in the open sea, so that nobody drives to it by mistake.
 */
import type { Lane, Ownership } from '../sterile-supply/vocabulary.ts';
import type { DemoInstitution, DemoPlaces } from './places.ts';
import { type DemoSetType, demoSetTypes } from './set-types.ts';

export interface DemoSetInstance {
  /** The code is the id. */
  code: string;
  setTypeId: string;
  ownership: Ownership;
  ownerInstitutionId: string | null;
  /** The centre at which it lies used; null: it waits in the decontamination area of the department. */
  usedAtInstitutionId: string | null;
}

export interface DemoSupplyCentre {
  institutionId: string;
  /** 1 is Monday, 7 is Sunday. */
  visitDays: number[];
  /** Local times of the day. */
  windows: Array<{ from: string; to: string }>;
  countMode: 'sealed-declared' | 'open-count';
  storage: 'conforming' | 'nonconforming';
  latitude: number;
  longitude: number;
}

export interface DemoBox {
  code: string;
  lane: Lane;
  capacityLitres: number;
  vehicleCode: string;
}

/** Things are told by their codes, which are also their ids. */
export interface DemoSterileSupply {
  setTypes: readonly DemoSetType[];
  setInstances: DemoSetInstance[];
  vehicles: Array<{ code: string; sterileLitres: number; soiledLitres: number }>;
  boxes: DemoBox[];
  washers: string[];
  /** `qualifiedAt` is an instant long before any act of a demonstration. */
  sterilisers: Array<{ code: string; kind: 'prevacuum'; qualifiedAt: string }>;
  centres: DemoSupplyCentre[];
}

/** The day from which on the department has had its things: before everything that a demonstration may report. */
export const demoSupplyBeganAt = '2024-01-01T00:00:00Z';

/** How many of a type lie in the department, used at centres, in a centre's own hands and on loan. */
const stock: Readonly<Record<string, { department: number; centres?: number; ownedBy?: readonly string[]; onLoan?: number }>> = {
  'dressing-set': { department: 40, centres: 13 },
  'debridement-set': { department: 16, centres: 4 },
  'suture-set': { department: 16, centres: 4 },
  'stitch-removal-set': { department: 16, centres: 4 },
  'examination-set': { department: 12 },
  'tracheotomy-set': { department: 3 },
  'venous-cutdown-set': { department: 3 },
  'thoracentesis-set': { department: 3 },
  'minor-surgery-set': { department: 4 },
  'fracture-implant-set': { department: 2, onLoan: 2 },
  'dental-set': { department: 0, ownedBy: ['inst-c03', 'inst-c03', 'inst-c07', 'inst-c11', 'inst-c20'] },
};

/** Builds the same things for every seed. */
export function buildDemoSterileSupply({ institutions }: DemoPlaces): DemoSterileSupply {
  const centres = institutions.filter(({ kind }) => kind === 'community-health-centre');
  return {
    setTypes: demoSetTypes,
    setInstances: Object.entries(stock).flatMap(([setTypeId, numbers]) => buildSetInstances(setTypeId, numbers, centres)),
    vehicles: [{ code: 'vehicle-1', sterileLitres: 400, soiledLitres: 400 }],
    boxes: (['sterile', 'soiled'] as const).flatMap((lane) =>
      [1, 2].map((number) => ({ code: `box-${lane}-${number}`, lane, capacityLitres: 200, vehicleCode: 'vehicle-1' })),
    ),
    washers: ['washer-1'],
    sterilisers: ['steriliser-1', 'steriliser-2'].map((code) => ({ code, kind: 'prevacuum', qualifiedAt: demoSupplyBeganAt })),
    centres: centres.map(({ id }, index) => buildCentre(id, index)),
  };
}

function buildSetInstances(
  setTypeId: string,
  { department, centres = 0, ownedBy = [], onLoan = 0 }: (typeof stock)[string] & object,
  allCentres: readonly DemoInstitution[],
): DemoSetInstance[] {
  const pool = { ownership: 'pool' as const, ownerInstitutionId: null };
  const places: Array<Omit<DemoSetInstance, 'code' | 'setTypeId'>> = [
    ...Array.from({ length: department }, () => ({ ...pool, usedAtInstitutionId: null })),
    ...allCentres.slice(0, centres).map(({ id }) => ({ ...pool, usedAtInstitutionId: id })),
    ...ownedBy.map((id) => ({ ownership: 'centre-owned' as const, ownerInstitutionId: id, usedAtInstitutionId: id })),
    ...Array.from({ length: onLoan }, () => ({ ownership: 'vendor-loan' as const, ownerInstitutionId: null, usedAtInstitutionId: null })),
  ];
  return places.map((place, index) => ({ code: `${setTypeId}-${twoDigits(index + 1)}`, setTypeId, ...place }));
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** Where the department lies, and with it the vehicle at the beginning and end of each round. */
export const demoDepartmentPosition = { latitude: 21.5, longitude: 113.5 };

/** A day of visits has 13 centres that lie in one third of the city: with one vehicle every centre is visited twice a week. */
const CENTRES_OF_A_DAY = 13;
const visitDaysOfThirds = [
  [1, 4],
  [2, 5],
  [3, 6],
];

/** Centres that have agreed that their sets are counted at the stop, as the model case did. */
const openCountCentres: readonly string[] = ['inst-c05', 'inst-c18'];
/** Small centres open in the morning only. */
const morningCentres: readonly string[] = ['inst-c09', 'inst-c22', 'inst-c35'];

function buildCentre(institutionId: string, index: number): DemoSupplyCentre {
  const third = Math.floor(index / CENTRES_OF_A_DAY);
  const morning = { from: '08:00', to: '12:00' };
  return {
    institutionId,
    visitDays: [...(visitDaysOfThirds[third] ?? [])],
    windows: morningCentres.includes(institutionId) ? [morning] : [morning, { from: '13:30', to: '17:30' }],
    countMode: openCountCentres.includes(institutionId) ? 'open-count' : 'sealed-declared',
    storage: 'conforming',
    ...positionOf(third, index % CENTRES_OF_A_DAY),
  };
}

const KM_A_DEGREE = 111.2;

/** The centres of a third lie in a sector of 120 degrees, on rings from 1 to 9 km around the department. */
function positionOf(third: number, place: number): { latitude: number; longitude: number } {
  const { latitude, longitude } = demoDepartmentPosition;
  const radians = ((third * 120 + 10 + ((place * 37) % 100)) / 180) * Math.PI;
  const km = 1 + (place * 8) / (CENTRES_OF_A_DAY - 1);
  const toDegrees = (distanceKm: number) => Math.round((distanceKm / KM_A_DEGREE) * 10_000) / 10_000;
  return {
    latitude: latitude + toDegrees(km * Math.sin(radians)),
    longitude: longitude + toDegrees((km * Math.cos(radians)) / Math.cos((latitude / 180) * Math.PI)),
  };
}
