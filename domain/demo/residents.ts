/** The residents of the demo alliance. Many of them are old, because follow-up and referral are mostly for the old. */

import type { Random } from '../kit/random.ts';
import { identityKeyOf } from '../residents/identity-number.ts';
import { type DrawPhone, drawName, type Sex, surnameOf } from './names.ts';
import type { DemoTeam } from './staff.ts';

export type ContactChannel = 'phone' | 'sms' | 'wechat' | 'app' | 'paper';

export interface DemoContact {
  name: string;
  relation: 'spouse' | 'child' | 'parent';
  phone: string;
}

export interface DemoLocalId {
  system: string;
  value: string;
}

export interface DemoPatient {
  /** `patient-0001`, `patient-0002` and so on. */
  id: string;
  name: string;
  /** A local date, YYYY-MM-DD. */
  birthDate: string;
  sex: Sex;
  homeInstitutionId: string;
  teamId: string | null;
  /** Made up: no place has its first six digits. */
  identityNumber: string;
  phone: string | null;
  contacts: DemoContact[];
  channel: ContactChannel;
  localIds: DemoLocalId[];
}

const RESIDENTS = 300;
/** Residents 1 to 15 live at the first centre, 16 to 30 at the second: the centres whose doctors have demo accounts. */
const RESIDENTS_OF_DEMO_CENTRE = 15;
const DEMO_CENTRES = 2;
const SHARE_WITH_FAMILY_DOCTOR = 0.85;
/** Ages are those at the end of this year. With the present year the alliance would be another one every year. */
const REFERENCE_YEAR = 2025;
const ADULT_AGE = 18;
const OLD_AGE = 75;

const residentNumberSystem = 'urn:carepath:demo:resident-number';
const hospitalNumberSystem = (hospital: string): string => `urn:carepath:demo:his-${hospital}`;

/** Residents who trip software up: rare characters, a surname of two characters, a leap day as birthday, two women of the same name. */
const notableResidents: Record<number, { name: string; sex: Sex; birthDate: string }> = {
  3: { name: '欧阳淑芬', sex: 'female', birthDate: '1952-02-29' },
  5: { name: '𠮷建国', sex: 'male', birthDate: '1949-10-01' },
  7: { name: '李䶮', sex: 'female', birthDate: '1963-05-12' },
  9: { name: '王秀英', sex: 'female', birthDate: '1951-03-08' },
  18: { name: '陈𬱖', sex: 'male', birthDate: '1978-11-30' },
  20: { name: '王秀英', sex: 'female', birthDate: '1951-08-03' },
};

const ageGroups: ReadonlyArray<readonly [ages: readonly [youngest: number, oldest: number], weight: number]> = [
  [[1, 17], 7],
  [[18, 44], 18],
  [[45, 59], 22],
  [[60, 69], 25],
  [[70, 79], 18],
  [[80, 96], 10],
];

const channelsOfTheOld: ReadonlyArray<readonly [ContactChannel, number]> = [
  ['phone', 50],
  ['sms', 20],
  ['wechat', 15],
  ['paper', 15],
];
const channelsOfOthers: ReadonlyArray<readonly [ContactChannel, number]> = [
  ['wechat', 45],
  ['sms', 25],
  ['phone', 15],
  ['app', 15],
];

const twoDigits = (value: number): string => String(value).padStart(2, '0');

function drawBirthDate(random: Random): string {
  const [youngest, oldest] = random.pickWeighted(ageGroups);
  const year = REFERENCE_YEAR - random.integer(youngest, oldest);
  const month = random.integer(1, 12);
  // Every month has a 28th. That nobody is born later in a month does no harm in a demonstration.
  return `${year}-${twoDigits(month)}-${twoDigits(random.integer(1, 28))}`;
}

function drawContacts(
  random: Random,
  drawPhone: DrawPhone,
  patient: { name: string; sex: Sex; birthYear: number; age: number },
): DemoContact[] {
  const { name, sex, birthYear, age } = patient;
  if (age < ADULT_AGE) {
    return [{ name: drawName(random, 'male', birthYear - 29, surnameOf(name)), relation: 'parent', phone: drawPhone() }];
  }
  const contacts: DemoContact[] = [];
  if (age >= 25 && random.chance(0.6)) {
    contacts.push({ name: drawName(random, sex === 'male' ? 'female' : 'male', birthYear), relation: 'spouse', phone: drawPhone() });
  }
  if (age >= 50 && random.chance(0.7)) {
    // A child bears the father's surname.
    const surname = sex === 'male' ? surnameOf(name) : undefined;
    contacts.push({
      name: drawName(random, random.pick(['male', 'female']), birthYear + 26, surname),
      relation: 'child',
      phone: drawPhone(),
    });
  }
  return contacts;
}

function drawChannel(random: Random, phone: string | null, age: number): ContactChannel {
  if (phone === null) return 'paper';
  return random.pickWeighted(age >= OLD_AGE ? channelsOfTheOld : channelsOfOthers);
}

function drawLocalIds(random: Random, number: number, livesAtDemoCentre: boolean): DemoLocalId[] {
  const localIds = [{ system: residentNumberSystem, value: `LL${String(number).padStart(8, '0')}` }];
  const hospitals: ReadonlyArray<readonly [hospital: string, share: number]> = [
    // The hospital of the demo specialist knows everybody who lives at a demo centre.
    ['h1', livesAtDemoCentre ? 1 : 0.4],
    ['h2', 0.2],
    ['h3', 0.15],
  ];
  for (const [hospital, share] of hospitals) {
    if (!random.chance(share)) continue;
    localIds.push({ system: hospitalNumberSystem(hospital), value: `${hospital.toUpperCase()}-${200_000 + number * 7}` });
  }
  return localIds;
}

function drawHome(random: Random, number: number, centreIds: readonly string[]): string {
  const afterDemoCentres = number - 1 - DEMO_CENTRES * RESIDENTS_OF_DEMO_CENTRE;
  const demoCentre = centreIds[Math.floor((number - 1) / RESIDENTS_OF_DEMO_CENTRE)];
  if (afterDemoCentres < 0 && demoCentre) return demoCentre;
  const others = centreIds.slice(DEMO_CENTRES);
  // The first residents go to one centre each, so that every centre has somebody; all others go to any centre.
  return others[afterDemoCentres] ?? random.pick(others);
}

export function generatePatients(random: Random, drawPhone: DrawPhone, teams: readonly DemoTeam[]): DemoPatient[] {
  const centreIds = teams.map((team) => team.institutionId);

  return Array.from({ length: RESIDENTS }, (_, index) => {
    const number = index + 1;
    const livesAtDemoCentre = number <= DEMO_CENTRES * RESIDENTS_OF_DEMO_CENTRE;
    const homeInstitutionId = drawHome(random, number, centreIds);
    const notable = notableResidents[number];
    const sex = notable?.sex ?? random.pick<Sex>(['female', 'male']);
    const birthDate = notable?.birthDate ?? drawBirthDate(random);
    const birthYear = Number(birthDate.slice(0, 4));
    const age = REFERENCE_YEAR - birthYear;
    const name = notable?.name ?? drawName(random, sex, birthYear);
    const hasOwnPhone = age >= 12 && (age < OLD_AGE || random.chance(0.8));
    const phone = hasOwnPhone ? drawPhone() : null;
    const hasFamilyDoctor = livesAtDemoCentre || random.chance(SHARE_WITH_FAMILY_DOCTOR);

    return {
      id: `patient-${String(number).padStart(4, '0')}`,
      name,
      birthDate,
      sex,
      homeInstitutionId,
      teamId: hasFamilyDoctor ? (teams.find((team) => team.institutionId === homeInstitutionId)?.id ?? null) : null,
      identityNumber: makeIdentityNumber(number, birthDate, sex),
      phone,
      contacts: drawContacts(random, drawPhone, { name, sex, birthYear, age }),
      channel: drawChannel(random, phone, age),
      localIds: drawLocalIds(random, number, livesAtDemoCentre),
    };
  });
}

/** No place of the mainland has this code, so a number with it is nobody's. */
const PLACE_OF_NOBODY = '440399';

/** The last digit but one is odd for a man; the number of the resident tells two of one birthday apart. */
function makeIdentityNumber(number: number, birthDate: string, sex: Sex): string {
  const order = number * 2 + (sex === 'male' ? 1 : 0);
  return identityKeyOf(`${PLACE_OF_NOBODY}${birthDate.replaceAll('-', '')}${String(order).padStart(3, '0')}0`);
}
