/** A whole alliance with made-up people, for demonstrations, tests and measurements. The same seed gives the same alliance. */
import { type AllianceConfiguration, defaultReferralConfiguration } from '../alliance/configuration.ts';
import { createRandom } from '../kit/random.ts';
import { createPhoneBook } from './names.ts';
import { type DemoPlaces, demoHospitalIds, demoPlaces } from './places.ts';
import { type DemoPatient, generatePatients } from './residents.ts';
import { type DemoStaff, type DemoTeam, formTeams, generateStaff } from './staff.ts';

export interface DemoAlliance extends DemoPlaces, DemoStaff {
  teams: DemoTeam[];
  patients: DemoPatient[];
  /** Version 1. */
  configuration: AllianceConfiguration;
}

/** Ids, accounts and places are the same for every seed; names, dates and numbers of people follow from it. */
export function generateDemoAlliance(seed: number): DemoAlliance {
  const random = createRandom(seed);
  const drawPhone = createPhoneBook(random);
  const places = demoPlaces();
  const staff = generateStaff(random, drawPhone, places);
  const teams = formTeams(places, staff.posts);
  return {
    ...places,
    ...staff,
    teams,
    patients: generatePatients(random, drawPhone, teams),
    configuration: {
      referral: {
        ...defaultReferralConfiguration,
        // Down the patient goes to the centre near home: nobody else could take the place of it.
        rerouteInstitutionIds: { up: [...demoHospitalIds], down: [] },
      },
    },
  };
}
