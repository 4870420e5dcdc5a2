/** Risk tier, phases, packages, education and screening of a resident's follow-up, on the running service. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, addMonths, localDateOf } from '../../../domain/time/local-date.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let patients: string[];
beforeAll(async () => {
  service = await startService();
  const rows = await service.db
    .selectFrom('patient')
    .select('id')
    .where('home_institution_id', '=', 'inst-c01')
    .where('birth_date', '<', '1966-01-01')
    .where('deceased_at', 'is', null)
    .orderBy('id')
    .execute();
  patients = rows.map(({ id }) => id);
});
afterAll(() => service?.stop());

const today = () => localDateOf(Date.now());

async function enrol(protocol: string, over: object = {}) {
  const answer = await service.post('gp', '/v1/enrolments', { patientId: patients.shift(), protocol, startedOn: today(), ...over });
  expect([answer.status, answer.body.code]).toEqual([201, undefined]);
  return answer.body;
}
const read = async (id: string) => (await service.get('gp', `/v1/enrolments/${id}`)).body;
const ask = (id: string, name: string, body: object, account = 'gp') => service.post(account, `/v1/enrolments/${id}/${name}`, body);
const visit = async (id: string, form: object) =>
  ask(id, 'visits', { visitedAt: (await read(id)).now, mode: 'clinic', form, allowSecondSameDay: true });
const eventsOf = async (id: string): Promise<string[]> =>
  (await service.get('gp', `/v1/enrolments/${id}/timeline`)).body.items.map(({ event }: { event: string }) => event);

const risky = {
  weight: { kg: 92, heightCm: 168 },
  waistCm: 101,
  smoking: { status: 'current', perDay: 20 },
  alcohol: { level: 'some', liangPerDay: 2 },
  exercise: { timesPerWeek: 1, minutesEachTime: 20 },
  examinations: { ldlCholesterolMmolPerL: 3.8 },
  familyHistory: 'yes',
  targetOrganDamage: 'one',
};

test('a visit’s form gives the tier, the tier brings the next visit nearer, and why says so', async () => {
  const { id } = await enrol('htn-2017');
  const visited = await visit(id, { bloodPressures: [{ systolic: 134, diastolic: 82 }], ...risky });
  expect([visited.status, visited.body.errors]).toEqual([201, undefined]);
  expect(visited.body.risk).toMatchObject({ tier: 'high', missing: ['fastingGlucose'], signOff: 'pending' });
  expect(visited.body.risk.actions).toContain('specialist-consultation');
  const visitedOn = localDateOf(Date.parse(visited.body.lastVisit.visitedAt));
  expect(visited.body.nextVisit.dueOn > visitedOn && visited.body.nextVisit.dueOn <= addMonths(visitedOn, 1)).toBe(true);
  const why = (await service.get('gp', `/v1/enrolments/${id}/why`)).body;
  expect(why.because.at(-1)).toMatchObject({ rule: 'risk-tier/1#high', evidence: { tier: 'high' } });
  expect(await eventsOf(id)).toContain('tier-changed');
  // The specialist is asked: a task of the doctor, closed with what was done.
  const tasks = await service.db
    .selectFrom('task')
    .select(['name', 'role', 'status'])
    .where('pathway_id', '=', visited.body.pathwayId)
    .execute();
  expect(tasks).toEqual([{ name: 'specialist-consultation', role: 'gp', status: 'open' }]);
  const closed = await ask(id, 'close-episode', { episodeId: visited.body.episodes[0].id, done: '心内科会诊，维持方案' });
  expect([closed.status, closed.body.episodes]).toEqual([200, []]);

  // A doctor knows better; a nurse does not decide it.
  expect((await ask(id, 'change-tier', { tier: 'low', reason: '评分不适用' }, 'nurse')).status).toBe(403);
  const set = await ask(id, 'change-tier', { tier: 'low', reason: '评分不适用' });
  expect(set.body).toMatchObject({ risk: { tier: 'low', scored: 'high', setByClinician: 'low' } });
  expect(set.body.nextVisit.dueOn > visited.body.nextVisit.dueOn).toBe(true);
});

test('both numbers, the window it was asked for and the whole form stand with the visit', async () => {
  const { id, nextVisit } = await enrol('htn-2025');
  await visit(id, { bloodPressures: [{ systolic: 134, diastolic: 82 }], ...risky, otherComplaints: '夜间偶有头痛' });
  const [row] = (await service.get('gp', `/v1/enrolments/${id}/visits`)).body.items;
  expect(row).toMatchObject({
    class: 2,
    measured: true,
    dueOn: nextVisit.dueOn,
    form: { otherComplaints: '夜间偶有头痛', weight: { kg: 92 } },
    indicators: { payment: { protocol: 'htn-2017', controlled: true }, clinical: { protocol: 'htn-2025', controlled: false } },
  });
});

test('what a visit finds different of the person counts from that visit on; a contradiction is refused with its place', async () => {
  const patient = await service.db
    .selectFrom('patient')
    .select('id')
    .where('id', 'in', patients)
    .where('sex', '=', 'male')
    .limit(1)
    .executeTakeFirstOrThrow();
  patients = patients.filter((one) => one !== patient.id);
  const { id } = await enrol('htn-2017', { patientId: patient.id });
  const form = { bloodPressures: [{ systolic: 144, diastolic: 84 }] };
  expect((await visit(id, form)).body.lastVisit).toMatchObject({ class: 1, target: { systolic: 150 } });
  const body = { visitedAt: (await read(id)).now, mode: 'clinic', form, allowSecondSameDay: true };
  expect((await ask(id, 'visits', { ...body, person: { pregnant: true } })).body.errors?.[0]?.path).toBe('person.pregnant');
  const tolerates = await ask(id, 'visits', { ...body, person: { toleratesLowerTarget: true } });
  expect(tolerates.body.lastVisit).toMatchObject({ class: 2, target: { systolic: 140 } });
  expect((await visit(id, form)).body.lastVisit).toMatchObject({ class: 2, target: { systolic: 140 } });
});

test('lessons of the phase are handed out, acknowledged, asked about; a phase set by a clinician brings its own', async () => {
  const enrolled = await enrol('t2dm-new');
  const { id } = enrolled;
  expect(enrolled.education.map(({ code }: { code: string }) => code)).toEqual([
    'glucose-self-monitoring',
    'injection-technique',
    'hypoglycaemia',
  ]);
  expect(enrolled).toMatchObject({ phase: 'weekly' });
  expect(enrolled.items.map(({ code }: { code: string }) => code)).toContain('injection-training');
  const sent = await service.db
    .selectFrom('message')
    .select('template')
    .where('pathway_id', '=', enrolled.pathwayId)
    .where('template', '=', 'follow-up-education')
    .execute();
  expect(sent).toHaveLength(1);
  expect((await ask(id, 'acknowledge-education', { code: 'nonsense' })).body.errors?.[0]?.path).toBe('code');
  const got = await ask(id, 'acknowledge-education', { code: 'hypoglycaemia' }, 'nurse');
  expect(got.body.education[2]).toMatchObject({ code: 'hypoglycaemia', acknowledgedAt: expect.any(String), understood: null });
  const form = { fastingGlucose: { value: 6.2, unit: 'mmol/L' } };
  expect((await visit(id, { ...form, education: [{ code: 'salt', understood: true }] })).body.errors?.[0]?.path).toBe(
    'form.education.0.code',
  );
  expect((await visit(id, { ...form, itemsDone: ['salt'] })).body.errors?.[0]?.path).toBe('form.itemsDone.0');
  const visited = await visit(id, { ...form, itemsDone: ['injection-training'], education: [{ code: 'hypoglycaemia', understood: true }] });
  expect(visited.body.education[2]).toMatchObject({ understood: true });

  expect((await ask(id, 'change-phase', { phase: 'daily', reason: 'x' })).body.errors?.[0]?.path).toBe('phase');
  const monthly = await ask(id, 'change-phase', { phase: 'monthly', reason: '血糖平稳' });
  expect(monthly.body).toMatchObject({ phase: 'monthly' });
  expect(monthly.body.nextVisit.dueOn > addDays(today(), 20)).toBe(true);
  expect(monthly.body.education.map(({ code }: { code: string }) => code)).toContain('foot-care');
  expect(await eventsOf(id)).toEqual([
    'enrol',
    'education-handed-out',
    'acknowledge-education',
    'visit-recorded',
    'change-phase',
    'education-handed-out',
  ]);
});

test('the personalised package comes home and asks to measure between visits', async () => {
  const { id, pathwayId, visitPlan } = await enrol('htn-2017', { package: 'personalised' });
  expect(visitPlan.mode).toBe('home');
  expect((await service.fastForward(pathwayId, 'P32D')).status).toBe(200);
  expect(await eventsOf(id)).toContain('monitoring');
  expect((await ask(id, 'change-package', { package: 'basic' })).body).toMatchObject({ package: 'basic', visitPlan: { mode: 'clinic' } });
});

test('screening: three highs on different days are a provisional diagnosis and refer, once', async () => {
  const { id, pathwayId } = await enrol('high-risk');
  const high = { bloodPressures: [{ systolic: 146, diastolic: 84 }], notMeasuredReason: 'no-strips' };
  for (const result of ['recheck', 'recheck', 'provisional']) {
    expect((await visit(id, high)).body.screening.result).toBe(result);
    await service.fastForward(pathwayId, 'P7D');
  }
  const { lastVisit, referrals, nextVisit } = await read(id);
  expect([lastVisit.action, referrals.length]).toEqual(['refer', 1]);
  expect(nextVisit.dueOn <= addDays(localDateOf(Date.parse(lastVisit.visitedAt)), 14)).toBe(true);
});
