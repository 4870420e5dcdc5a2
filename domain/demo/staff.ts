/** The staff of the demo alliance, and which of them can sign in. */

import { type Role, roles } from '../alliance/roles.ts';
import type { Random } from '../kit/random.ts';
import { type DrawPhone, drawName } from './names.ts';
import type { DemoDepartment, DemoPlaces } from './places.ts';

export interface DemoPerson {
  /** `person-` and the username. Whoever has none gets department, role and number instead: `person-h1-neurology-specialist-2`. */
  id: string;
  username: string | null;
  name: string;
  phone: string | null;
  email: string;
  channel: 'sms' | 'email';
}

export interface DemoPost {
  personId: string;
  institutionId: string;
  departmentId: string;
  role: Role;
}

export interface DemoTeam {
  id: string;
  institutionId: string;
  name: string;
  memberIds: string[];
}

export interface DemoStaff {
  persons: DemoPerson[];
  posts: DemoPost[];
}

interface Position {
  departmentId: string;
  role: Role;
}

/** How many centres the alliance has: c01 is the first. */
const CENTRES = 39;

/** `nurse-c02` to `nurse-c39`: a nurse of each centre but the first, whose account is `nurse`. */
const nursesOfCentres = Array.from({ length: CENTRES - 1 }, (_, index) => {
  const centre = `c${String(index + 2).padStart(2, '0')}`;
  return { username: `nurse-${centre}`, role: 'nurse' as const, departmentId: `dept-${centre}-general-practice` };
});

/** Accounts of people who joined when everybody else was there already. */
const laterAccounts: ReadonlyArray<Position & { username: string }> = [
  { username: 'headnurse2', role: 'headnurse', departmentId: 'dept-cssd-processing' },
  { username: 'nurse-h1', role: 'nurse', departmentId: 'dept-h1-cardiology' },
];

/** The accounts that can sign in. Each stands for one role and holds one post, except `multipost`. */
export const demoAccounts: ReadonlyArray<Position & { username: string }> = [
  { username: 'gp', role: 'gp', departmentId: 'dept-c01-general-practice' },
  { username: 'gp2', role: 'gp', departmentId: 'dept-c02-general-practice' },
  { username: 'specialist', role: 'specialist', departmentId: 'dept-h1-cardiology' },
  { username: 'specialist2', role: 'specialist', departmentId: 'dept-h2-cardiology' },
  { username: 'desk', role: 'desk', departmentId: 'dept-h1-referral-desk' },
  { username: 'head', role: 'head', departmentId: 'dept-h1-cardiology' },
  { username: 'head-c01', role: 'head', departmentId: 'dept-c01-general-practice' },
  { username: 'office', role: 'office', departmentId: 'dept-h1-alliance-office' },
  { username: 'office2', role: 'office', departmentId: 'dept-h1-alliance-office' },
  { username: 'nurse', role: 'nurse', departmentId: 'dept-c01-general-practice' },
  { username: 'pharmacist', role: 'pharmacist', departmentId: 'dept-h1-pharmacy' },
  { username: 'courier', role: 'courier', departmentId: 'dept-cssd-transport' },
  { username: 'driver', role: 'driver', departmentId: 'dept-cssd-transport' },
  { username: 'dispatcher', role: 'dispatcher', departmentId: 'dept-cssd-transport' },
  { username: 'technician', role: 'technician', departmentId: 'dept-cssd-processing' },
  { username: 'checker', role: 'checker', departmentId: 'dept-cssd-processing' },
  { username: 'releaser', role: 'releaser', departmentId: 'dept-cssd-processing' },
  { username: 'headnurse', role: 'headnurse', departmentId: 'dept-cssd-processing' },
  { username: 'infection', role: 'infection', departmentId: 'dept-h1-infection-control' },
  { username: 'sysadmin', role: 'sysadmin', departmentId: 'dept-h1-information' },
  { username: 'secadmin', role: 'secadmin', departmentId: 'dept-h1-information' },
  { username: 'gateway', role: 'gateway', departmentId: 'dept-h1-information' },
  { username: 'auditor', role: 'auditor', departmentId: 'dept-h1-audit' },
  { username: 'multipost', role: 'specialist', departmentId: 'dept-h1-endocrinology' },
  ...nursesOfCentres,
  ...laterAccounts,
];

/** Second posts: specialists who also see patients elsewhere, and a doctor whom two small centres share. */
const furtherPosts: ReadonlyArray<Position & { personId: string }> = [
  { personId: 'person-multipost', role: 'gp', departmentId: 'dept-c03-general-practice' },
  { personId: 'person-h1-neurology-specialist-1', role: 'specialist', departmentId: 'dept-h2-neurology' },
  { personId: 'person-h1-nephrology-specialist-1', role: 'specialist', departmentId: 'dept-h3-nephrology' },
  { personId: 'person-c38-general-practice-gp-1', role: 'gp', departmentId: 'dept-c39-general-practice' },
];

type Staffing = Partial<Record<Role, number>>;

/** How many people of each role work in a department without patients, by the department's code. */
const staffingByCode: Record<string, Staffing> = {
  'referral-desk': { head: 1, desk: 2 },
  pharmacy: { head: 1, pharmacist: 2 },
  'alliance-office': { head: 1, office: 2 },
  'infection-control': { head: 1, infection: 2 },
  information: { head: 1, sysadmin: 1, secadmin: 1, gateway: 1 },
  audit: { head: 1, auditor: 1 },
  processing: { headnurse: 1, technician: 6, checker: 2, releaser: 2 },
  transport: { dispatcher: 2, driver: 4, courier: 4 },
};

function staffingOf(department: DemoDepartment): Staffing {
  if (department.code === 'general-practice') return { head: 1, gp: 2, nurse: 2 };
  // A department with patients needs two specialists, so that a referral can be taken over, and a head to escalate to.
  if (department.isClinical) return { head: 1, specialist: 2, nurse: 1 };
  const staffing = staffingByCode[department.code];
  if (!staffing) throw new Error(`No staffing for departments of the kind ${department.code}`);
  return staffing;
}

/** People of these roles sit at a desk all day and get e-mail. All others are on their feet and get text messages. */
const emailRoles: ReadonlySet<Role> = new Set(['desk', 'office', 'sysadmin', 'secadmin', 'auditor', 'gateway']);

const institutionOf = (departmentId: string): string => `inst-${departmentId.split('-')[1]}`;

function generatePerson(random: Random, drawPhone: DrawPhone, slug: string, username: string | null, role: Role): DemoPerson {
  const sex = random.chance(role === 'nurse' || role === 'headnurse' ? 0.95 : 0.5) ? 'female' : 'male';
  const isMachine = role === 'gateway';
  return {
    id: `person-${slug}`,
    username,
    name: isMachine ? '医院信息系统接口' : drawName(random, sex, random.integer(1966, 2000)),
    phone: isMachine ? null : drawPhone(),
    email: `${slug}@alliance.invalid`,
    channel: emailRoles.has(role) ? 'email' : 'sms',
  };
}

export function generateStaff(random: Random, drawPhone: DrawPhone, { departments }: DemoPlaces): DemoStaff {
  const persons: DemoPerson[] = [];
  const posts: DemoPost[] = [];

  for (const department of departments) {
    const staffing = staffingOf(department);
    for (const role of roles) {
      // Where demo accounts have this position, they get the first places; people who joined later come on top.
      const accounts = demoAccounts.filter(
        (account) => account.departmentId === department.id && account.role === role && !laterAccounts.includes(account),
      );
      for (let place = 1; place <= (staffing[role] ?? 0); place += 1) {
        const username = accounts[place - 1]?.username ?? null;
        const slug = username ?? `${department.id.replace('dept-', '')}-${role}-${place}`;
        const person = generatePerson(random, drawPhone, slug, username, role);
        persons.push(person);
        posts.push({ personId: person.id, institutionId: department.institutionId, departmentId: department.id, role });
      }
    }
  }
  for (const { personId, departmentId, role } of furtherPosts) {
    posts.push({ personId, institutionId: institutionOf(departmentId), departmentId, role });
  }
  return { persons, posts };
}

/** Draws those who joined later. It is called after everything else has been drawn, so that a seed goes on giving the people it always gave. */
export function generateLaterStaff(random: Random, drawPhone: DrawPhone): DemoStaff {
  return {
    persons: laterAccounts.map(({ username, role }) => generatePerson(random, drawPhone, username, username, role)),
    posts: laterAccounts.map(({ username, role, departmentId }) => ({
      personId: `person-${username}`,
      institutionId: institutionOf(departmentId),
      departmentId,
      role,
    })),
  };
}

/** Builds one family-doctor team for each centre, of the centre's doctors and nurses. */
export function buildTeams({ institutions }: DemoPlaces, posts: readonly DemoPost[]): DemoTeam[] {
  return institutions
    .filter((institution) => institution.kind === 'community-health-centre')
    .map(({ id, nameZh }) => ({
      id: id.replace('inst-', 'team-'),
      institutionId: id,
      name: `${nameZh}家庭医生团队`,
      memberIds: posts
        .filter((post) => post.institutionId === id && (post.role === 'gp' || post.role === 'nurse'))
        .map((post) => post.personId),
    }));
}
