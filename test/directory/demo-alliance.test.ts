import { describe, expect, test } from 'vitest';
import { defaultReferralConfiguration } from '../../domain/alliance/configuration.ts';
import { roles } from '../../domain/alliance/roles.ts';
import { generateDemoAlliance } from '../../domain/demo/alliance.ts';
import { demoAccounts } from '../../domain/demo/staff.ts';
import { createRandom } from '../../domain/kit/random.ts';

const alliance = generateDemoAlliance(1);
const { institutions, departments, persons, posts, teams, patients } = alliance;

const ids = (items: readonly { id: string }[]): string[] => items.map((item) => item.id);
const countWhere = <T>(items: readonly T[], holds: (item: T) => boolean): number => items.filter(holds).length;
const staffOf = (departmentId: string, role: string): number =>
  countWhere(posts, (post) => post.departmentId === departmentId && post.role === role);

describe('reproducible', () => {
  test('the generator gives the published values of mulberry32', () => {
    const random = createRandom(1);
    expect([random.fraction(), random.fraction(), random.fraction()]).toEqual([
      0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
    ]);
  });

  test('the same seed gives the same alliance', () => {
    expect(generateDemoAlliance(1)).toEqual(alliance);
  });

  test('another seed gives other people in the same places with the same ids', () => {
    const other = generateDemoAlliance(2);
    expect(other.institutions).toEqual(institutions);
    expect(other.departments).toEqual(departments);
    expect(other.posts).toEqual(posts);
    expect(ids(other.patients)).toEqual(ids(patients));
    expect(other.patients.map((patient) => patient.name)).not.toEqual(patients.map((patient) => patient.name));
  });

  test('what one caller does to an alliance does not reach the next', () => {
    generateDemoAlliance(1).configuration.referral.rerouteInstitutionIds.up.pop();
    expect(generateDemoAlliance(1)).toEqual(alliance);
    expect(defaultReferralConfiguration.rerouteInstitutionIds).toEqual({ up: [], down: [] });
  });
});

describe('places', () => {
  test('one tertiary hospital, two secondary ones, 39 community health centres, one sterile supply department', () => {
    const count = (tier: string, kind: string) =>
      countWhere(institutions, (institution) => institution.tier === tier && institution.kind === kind);
    expect(count('tertiary', 'hospital')).toBe(1);
    expect(count('secondary', 'hospital')).toBe(2);
    expect(count('primary', 'community-health-centre')).toBe(39);
    expect(count('support', 'sterile-supply-department')).toBe(1);
    expect(institutions).toHaveLength(43);
    expect(ids(institutions)).toEqual(expect.arrayContaining(['inst-h1', 'inst-h2', 'inst-h3', 'inst-c01', 'inst-c39', 'inst-cssd']));
    expect(new Set(institutions.map((institution) => institution.nameZh)).size).toBe(43);
    for (const { nameZh, nameEn } of institutions) {
      expect(nameZh).toMatch(/^\p{Script=Han}{4,}$/u);
      expect(nameEn).toMatch(/^[A-Z][A-Za-z’]+ [A-Z][A-Za-z’ ]+$/);
    }
  });

  test('every institution that gets referrals has exactly one department for those sent to no department', () => {
    for (const institution of institutions) {
      const desks = countWhere(departments, (department) => department.institutionId === institution.id && department.isReferralDesk);
      expect(desks, institution.id).toBe(institution.kind === 'sterile-supply-department' ? 0 : 1);
    }
  });
});

describe('staff', () => {
  test('every role is held by somebody', () => {
    for (const role of roles) expect(posts.map((post) => post.role)).toContain(role);
  });

  test('a referral at any department of a hospital finds two who can answer it and a head to escalate to', () => {
    const hospitalIds = new Set(['inst-h1', 'inst-h2', 'inst-h3']);
    for (const department of departments.filter((candidate) => hospitalIds.has(candidate.institutionId))) {
      if (department.isClinical) expect(staffOf(department.id, 'specialist'), department.id).toBeGreaterThanOrEqual(2);
      if (department.isReferralDesk) expect(staffOf(department.id, 'desk'), department.id).toBe(2);
      expect(staffOf(department.id, 'head'), department.id).toBe(1);
    }
  });

  test('every centre has a head, two doctors and two nurses, who form its family-doctor team', () => {
    expect(teams).toHaveLength(39);
    for (const team of teams) {
      const department = team.institutionId.replace('inst-', 'dept-').concat('-general-practice');
      expect(staffOf(department, 'head')).toBe(1);
      expect(staffOf(department, 'gp')).toBeGreaterThanOrEqual(2);
      expect(staffOf(department, 'nurse')).toBe(2);
      expect(team.memberIds).toHaveLength(staffOf(department, 'gp') + staffOf(department, 'nurse'));
    }
  });

  test('the alliance office sits at the tertiary hospital', () => {
    expect(staffOf('dept-h1-alliance-office', 'office')).toBe(2);
    expect(countWhere(posts, (post) => post.role === 'office')).toBe(2);
  });

  test('each demo account stands for one role at one place; multipost works at the hospital and at a centre', () => {
    const accounts = persons.filter((person) => person.username !== null);
    expect(accounts.map((person) => person.username).sort()).toEqual(demoAccounts.map((account) => account.username).sort());
    expect(accounts).toHaveLength(roles.length + 7 + 38); // gp2, specialist2, head-c01, office2, multipost, headnurse2, nurse-h1; a nurse of each other centre
    for (const { username, role, departmentId } of demoAccounts) {
      const held = posts.filter((post) => post.personId === `person-${username}`);
      expect(held[0], username).toMatchObject({ role, departmentId });
      expect(held, username).toHaveLength(username === 'multipost' ? 2 : 1);
    }
    expect(posts).toContainEqual({
      personId: 'person-multipost',
      institutionId: 'inst-c03',
      departmentId: 'dept-c03-general-practice',
      role: 'gp',
    });
  });

  test('nobody can be reached by mistake: numbers are of a prefix nobody has, mail goes to a domain that cannot exist', () => {
    const phones = [
      ...persons.map((person) => person.phone),
      ...patients.map((patient) => patient.phone),
      ...patients.flatMap((patient) => patient.contacts.map((contact) => contact.phone)),
    ].filter((phone) => phone !== null);
    expect(new Set(phones).size).toBe(phones.length);
    for (const phone of phones) expect(phone).toMatch(/^154\d{8}$/);
    for (const person of persons) expect(person.email).toMatch(/^[a-z0-9-]+@alliance\.invalid$/);
  });
});

describe('sterile supply', () => {
  const { setTypes, setInstances, vehicles, boxes, washers, sterilisers, centres } = alliance.sterileSupply;

  test('the machines, the vehicle and its boxes have the codes that a client is told of', () => {
    expect(vehicles.map(({ code }) => code)).toEqual(['vehicle-1']);
    expect(boxes.map(({ code, lane }) => [code, lane])).toEqual([
      ['box-sterile-1', 'sterile'],
      ['box-sterile-2', 'sterile'],
      ['box-soiled-1', 'soiled'],
      ['box-soiled-2', 'soiled'],
    ]);
    expect(washers).toEqual(['washer-1']);
    expect(sterilisers.map(({ code, kind }) => [code, kind])).toEqual([
      ['steriliser-1', 'prevacuum'],
      ['steriliser-2', 'prevacuum'],
    ]);
  });

  test('every packaging occurs, surgical and plain sets, implants, low-use sets in pouches; a GTIN has its check digit', () => {
    expect(new Set(setTypes.map(({ packaging }) => packaging))).toEqual(new Set(['cotton', 'paper-bag', 'nonwoven', 'pouch', 'container']));
    expect(setTypes.some(({ surgical }) => surgical) && setTypes.some(({ surgical }) => !surgical)).toBe(true);
    expect(countWhere(setTypes, ({ implant }) => implant)).toBe(1);
    expect(setTypes.find(({ code }) => code === 'tracheotomy-set')).toMatchObject({ lowUse: true, packaging: 'pouch' });
    const gtins = setTypes.flatMap(({ gtin }) => (gtin === null ? [] : [gtin]));
    expect(gtins).toHaveLength(1);
    for (const gtin of gtins) {
      const sum = [...gtin].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
      expect([gtin.length, sum % 10]).toEqual([14, 0]);
    }
    for (const { nameZh, nameEn, countSheet } of setTypes) {
      expect(nameZh).toMatch(/^\p{Script=Han}+$/u);
      expect(nameEn).toMatch(/^[A-Z][a-z ]+$/);
      expect(countSheet.length).toBeGreaterThanOrEqual(2);
      for (const { name, quantity } of countSheet) {
        expect(quantity).toBeGreaterThan(0);
        expect(name.zh).toMatch(/^\p{Script=Han}+$/u);
        expect(name.en).toMatch(/^[A-Z][a-z -]+$/);
      }
    }
  });

  test('sets of the pool, of centres and of vendors, each of a known type; a centre’s own set lies at its centre', () => {
    expect(new Set(setInstances.map(({ code }) => code)).size).toBe(setInstances.length);
    const types = new Set(setTypes.map(({ code }) => code));
    for (const { code, setTypeId, ownership, ownerInstitutionId, usedAtInstitutionId } of setInstances) {
      expect(types, code).toContain(setTypeId);
      expect(ownerInstitutionId !== null, code).toBe(ownership === 'centre-owned');
      if (ownership === 'centre-owned') expect(usedAtInstitutionId).toBe(ownerInstitutionId);
    }
    expect(new Set(setInstances.map(({ ownership }) => ownership))).toEqual(new Set(['pool', 'centre-owned', 'vendor-loan']));
    expect(countWhere(setInstances, ({ usedAtInstitutionId }) => usedAtInstitutionId !== null)).toBeGreaterThan(10);
  });

  test('39 centres, 13 on each visit day, twice a week, at places of their own', () => {
    expect(centres.map(({ institutionId }) => institutionId)).toEqual(teams.map(({ institutionId }) => institutionId));
    for (const day of [1, 2, 3, 4, 5, 6]) expect(countWhere(centres, ({ visitDays }) => visitDays.includes(day))).toBe(13);
    expect(new Set(centres.map(({ latitude, longitude }) => `${latitude},${longitude}`)).size).toBe(39);
    expect(new Set(centres.map(({ countMode }) => countMode))).toEqual(new Set(['sealed-declared', 'open-count']));
    for (const { windows } of centres) for (const { from, to } of windows) expect(from < to).toBe(true);
  });
});

describe('residents', () => {
  const birthYear = (birthDate: string) => Number(birthDate.slice(0, 4));

  test('300 residents, some at every centre, at least twelve at each centre with a demo doctor', () => {
    expect(patients).toHaveLength(300);
    const livingAt = (id: string) => countWhere(patients, (patient) => patient.homeInstitutionId === id);
    for (const { institutionId } of teams) expect(livingAt(institutionId), institutionId).toBeGreaterThanOrEqual(1);
    expect(livingAt('inst-c01')).toBeGreaterThanOrEqual(12);
    expect(livingAt('inst-c02')).toBeGreaterThanOrEqual(12);
  });

  test('every birth date is a day of the calendar, and many residents are old', () => {
    for (const { birthDate } of patients) {
      expect(new Date(`${birthDate}T00:00:00Z`).toISOString().slice(0, 10)).toBe(birthDate);
    }
    expect(countWhere(patients, (patient) => birthYear(patient.birthDate) <= 1965)).toBeGreaterThan(120);
    expect(countWhere(patients, (patient) => birthYear(patient.birthDate) > 2007)).toBeGreaterThan(5);
  });

  test('names of every length that Postgres and JavaScript count differently are among them', () => {
    const names = patients.map((patient) => patient.name);
    expect(names).toEqual(expect.arrayContaining(['𠮷建国', '李䶮', '欧阳淑芬']));
    expect(countWhere(names, (name) => name === '王秀英')).toBeGreaterThanOrEqual(2);
    for (const name of names) expect(name).toMatch(/^\p{Script=Han}{2,4}$/u);
  });

  test('a local id names one resident; everybody has a resident number, many also numbers of hospitals', () => {
    const localIds = patients.flatMap((patient) => patient.localIds);
    expect(new Set(localIds.map(({ system, value }) => `${system}|${value}`)).size).toBe(localIds.length);
    for (const patient of patients) expect(patient.localIds[0]?.system).toBe('urn:carepath:demo:resident-number');
    for (const hospital of ['h1', 'h2', 'h3']) {
      const known = countWhere(localIds, (localId) => localId.system === `urn:carepath:demo:his-${hospital}`);
      expect(known).toBeGreaterThan(20);
    }
  });

  test('a family-doctor team belongs to the home centre, and nobody is to be called who has no phone', () => {
    for (const { homeInstitutionId, teamId, phone, channel } of patients) {
      if (teamId !== null) expect(teams.find((team) => team.id === teamId)?.institutionId).toBe(homeInstitutionId);
      if (phone === null) expect(channel).toBe('paper');
    }
    expect(countWhere(patients, (patient) => patient.teamId === null)).toBeGreaterThan(5);
  });
});

test('every reference leads to something, and no id comes twice', () => {
  for (const items of [institutions, departments, persons, teams, patients]) expect(new Set(ids(items)).size).toBe(items.length);
  const institutionOf = new Map(departments.map((department) => [department.id, department.institutionId]));
  const personIds = new Set(ids(persons));
  for (const post of posts) {
    expect(personIds).toContain(post.personId);
    expect(institutionOf.get(post.departmentId)).toBe(post.institutionId);
  }
  for (const department of departments) expect(ids(institutions)).toContain(department.institutionId);
  for (const { memberIds } of teams) for (const memberId of memberIds) expect(personIds).toContain(memberId);
});

test('an upward referral that nobody answers is offered to all three hospitals, a downward one to nobody else', () => {
  expect(alliance.configuration.referral).toEqual({
    ...defaultReferralConfiguration,
    rerouteInstitutionIds: { up: ['inst-h1', 'inst-h2', 'inst-h3'], down: [] },
  });
});
