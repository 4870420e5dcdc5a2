/** A whole alliance with made-up people, for demonstrations, tests and measurements. The same seed gives the same alliance. */
import { type AllianceConfiguration, defaultReferralConfiguration } from '../alliance/configuration.ts';
import { createRandom } from '../kit/random.ts';
import { createPhoneDraw } from './names.ts';
import { buildDemoPlaces, type DemoPlaces, demoHospitalIds } from './places.ts';
import { type DemoPatient, generatePatients } from './residents.ts';
import { buildTeams, type DemoStaff, type DemoTeam, generateLaterStaff, generateStaff } from './staff.ts';
import { buildDemoSterileSupply, type DemoSterileSupply } from './sterile-supply.ts';

export interface DemoAlliance extends DemoPlaces, DemoStaff {
  teams: DemoTeam[];
  patients: DemoPatient[];
  sterileSupply: DemoSterileSupply;
  configuration: AllianceConfiguration;
}

/** The defaults, and where a referral may be rerouted to, which no default can know. Each call makes a value of its own. */
export const buildDemoConfiguration = (): AllianceConfiguration => ({
  referral: {
    ...defaultReferralConfiguration,
    // A downward referral goes to the centre near the patient's home, and no other centre could take its place.
    rerouteInstitutionIds: { up: [...demoHospitalIds], down: [] },
  },
});

/** Ids, accounts and places are the same for every seed; names, dates and numbers of people follow from it. */
export function generateDemoAlliance(seed: number): DemoAlliance {
  const random = createRandom(seed);
  const drawPhone = createPhoneDraw(random);
  const places = buildDemoPlaces();
  const staff = generateStaff(random, drawPhone, places);
  const teams = buildTeams(places, staff.posts);
  const patients = generatePatients(random, drawPhone, teams);
  const laterStaff = generateLaterStaff(random, drawPhone);
  return {
    ...places,
    persons: [...staff.persons, ...laterStaff.persons],
    posts: [...staff.posts, ...laterStaff.posts],
    teams,
    patients,
    sterileSupply: buildDemoSterileSupply(places),
    configuration: buildDemoConfiguration(),
  };
}
