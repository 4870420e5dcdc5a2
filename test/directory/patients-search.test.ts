/** How patients are found and read: on a real database with the demo alliance. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getPatient, searchPatients } from '../../db/directory/patients.ts';
import { demoSeed, seedDemoAlliance } from '../../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { generateDemoAlliance } from '../../domain/demo/alliance.ts';
import { testDatabase } from '../support/service/database.ts';

const alliance = generateDemoAlliance(demoSeed);

/** A seeded database that no test writes to. */
let demo: Database;

beforeAll(async () => {
  const url = await testDatabase();
  await seedDemoAlliance(url);
  demo = createDatabase(createPool(url));
});

afterAll(() => demo.destroy());

describe('patients', () => {
  const everybody = { limit: 1_000 };

  async function idsFor(query: string, homeInstitutionIds?: string[]): Promise<string[]> {
    const { items } = await searchPatients(demo, { query, homeInstitutionIds, page: everybody });
    return items.map((patient) => patient.id);
  }

  test('any part of a name finds the patient, also characters beyond the basic plane', async () => {
    expect(await idsFor('𠮷')).toEqual(['patient-0005']);
    expect(await idsFor('䶮')).toEqual(['patient-0007']);
    expect(await idsFor('欧阳')).toContain('patient-0003');
    expect(await idsFor('王秀英')).toEqual(expect.arrayContaining(['patient-0009', 'patient-0020']));
  });

  test('a local id finds its patient only when it is whole', async () => {
    for (const { value } of alliance.patients[41]?.localIds ?? []) {
      expect(await idsFor(value)).toEqual(['patient-0042']);
      expect(await idsFor(value.slice(0, -1))).not.toContain('patient-0042');
    }
  });

  test('the end of a phone number finds its patient, however it is grouped, from four digits on', async () => {
    const patient = alliance.patients.find((candidate) => candidate.phone !== null);
    const phone = patient?.phone ?? '';
    for (const query of [phone, phone.slice(-4), `${phone.slice(0, 3)} ${phone.slice(3, 7)}-${phone.slice(7)}`]) {
      expect(await idsFor(query), query).toContain(patient?.id);
    }
    expect(await idsFor(phone.slice(-3))).toEqual([]);
    expect(await idsFor(phone.slice(0, 8))).not.toContain(patient?.id);
  });

  test('every text is looked for as it is written, whatever marks stand between: nothing in it is a wildcard, and none breaks the search', async () => {
    const part = fc.oneof(
      fc.constantFrom('%', '_', '\\', "'", '"', '\0', '\ud800', '🀄', '王', '秀', '欧阳', '𠮷', '15', '4', '-', ' '),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const expected = (query: string): string[] => {
      const wanted = query.trim();
      const keyOf = (text: string) =>
        text
          .normalize('NFKC')
          .toLowerCase()
          .replaceAll(/[\s\p{Cf}\p{Pd}.·•・‧∙⋅()[\]−]/gu, '');
      const key = keyOf(wanted);
      const digits = key.replaceAll('/', '');
      return alliance.patients
        .filter(
          ({ name, phone, localIds }) =>
            wanted === '' ||
            (key !== '' && keyOf(name).includes(key)) ||
            localIds.some((localId) => localId.value === wanted) ||
            (/^\d{4,}$/.test(digits) && phone?.endsWith(digits)),
        )
        .map((patient) => patient.id);
    };
    const query = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
    const property = fc.asyncProperty(query, async (text) => {
      expect(await idsFor(text)).toEqual(expected(text));
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test('the search stays within the institutions it is limited to; none means nobody', async () => {
    const living = (home: string) => alliance.patients.filter((patient) => patient.homeInstitutionId === home).map((patient) => patient.id);
    expect(await idsFor('', ['inst-c01'])).toEqual(living('inst-c01'));
    expect(await idsFor('王秀英', ['inst-c02'])).toContain('patient-0020');
    expect(await idsFor('王秀英', ['inst-c02'])).not.toContain('patient-0009');
    expect(await idsFor('王秀英', [])).toEqual([]);
  });

  test('a patient comes back as written, birth date and rare characters included', async () => {
    for (const patient of alliance.patients.slice(0, 30)) {
      expect(await getPatient(demo, patient.id)).toEqual({
        ...patient,
        contacts: patient.contacts.map((contact, index) => ({ id: `contact-${index + 1}`, ...contact })),
        address: null,
        allergies: [],
        diedOn: null,
        mergedInto: null,
        version: 1,
        localIds: [...patient.localIds].sort((a, b) => (a.system < b.system ? -1 : 1)),
      });
    }
    expect(await getPatient(demo, 'patient-9999')).toBeUndefined();
  });
});
