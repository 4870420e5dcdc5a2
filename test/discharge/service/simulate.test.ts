/** What would become of a stay, asked of the running service: the worked example of the specification, what goes otherwise, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const at = (text: string): string => new Date(`2026-${text}:00+08:00`).toISOString();
const event = (text: string, type: string, body: object = {}, further: object = {}) => ({ at: at(text), type, body, ...further });

const medicine = (title: string, given: object) => ({ kind: 'medicine', title, medicine: { longTerm: true, ...given } });
const plan = {
  template: 'heart-failure',
  without: ['revisit-week-2', 'revisit-week-3'],
  diagnoses: [{ code: 'I50.9', text: '心力衰竭' }],
  procedures: [],
  responsibleClinician: '王医生',
  allergies: [],
  instructions: '低盐饮食',
  riskInputs: {
    hemoglobinGPerL: 115,
    sodiumMmolPerL: 133,
    oncologyService: false,
    cancer: false,
    procedure: false,
    comorbidities: ['heart-failure', 'diabetes'],
    emergencyVisits6Months: 1,
    admissions12Months: 1,
  },
  orders: [
    medicine('furosemide', { dose: '1片qd', quantity: { value: 14, unit: '片' } }),
    medicine('sacubitril/valsartan', { dose: '1片bid', quantity: { value: 28, unit: '片' } }),
    medicine('bisoprolol', { dose: '2.5mg qd', quantity: { value: 14, unit: '片' }, strength: { value: 5, unit: 'mg', per: '片' } }),
    medicine('spironolactone', { dose: '1片 qd', quantity: { value: 7, unit: '片' } }),
    { kind: 'pending-result', title: 'TSH', number: 'L-1', expectedOn: '2026-10-05' },
  ],
  linkConsent: 'none',
};

const admission = event('09-21T14:00', 'patient-admitted', { admissionType: 'emergency', departmentCode: 'cardiology' });
const discharge = event('09-30T10:00', 'patient-discharged', { disposition: 'home' });
const planned = [
  admission,
  event('09-21T15:00', 'educate', { topics: ['体重'], understood: 'yes' }),
  discharge,
  event('09-30T11:00', 'record-plan', plan),
];

const patient = {
  birthDate: '1950-01-01',
  homeInstitutionId: 'inst-c01',
  phone: '13900002222',
  contacts: [{ name: '李某', relation: '配偶', phone: '13900002223' }],
};
const ask = (events: object[], until: string) =>
  service.post('auditor', '/v1/episodes/simulate', { patient, hospitalId: 'inst-h1', events, until: at(until) });

async function simulate(events: object[], until: string) {
  const { status, body } = await ask(events, until);
  expect([status, status === 200 ? '' : body]).toEqual([200, '']);
  return body;
}

describe('the worked example', () => {
  test('scores, duties and orders are those of the specification, to the date', async () => {
    const { episode, tasks } = await simulate(planned, '09-30T12:00');
    expect(episode.risk.scores.map(({ score, points, level }: Record<string, unknown>) => [score, points, level])).toEqual([
      ['lace', 12, 'high'],
      ['hospital-2013', 7, 'high'],
      ['hospital-2016', 5, 'medium'],
      ['hospital-simplified-2017', 5, 'high'],
    ]);
    expect(episode.duties.map((duty: Record<string, unknown>) => [duty.duty, duty.dueOn, (duty.owner as { side: string }).side])).toEqual([
      ['plan', null, 'hospital'],
      ['contact', '2026-10-03', 'hospital'],
      ['visit', '2026-10-07', 'hospital'],
      ['reconciliation', '2026-10-07', 'hospital'],
      ['closing-contact', '2026-10-30', 'centre'],
    ]);
    expect(episode.orders.map((order: Record<string, unknown>) => [order.item ?? order.title, order.opensOn, order.dueOn])).toEqual([
      ['furosemide', '2026-10-09', '2026-10-13'],
      ['sacubitril/valsartan', '2026-10-09', '2026-10-13'],
      ['bisoprolol', '2026-10-22', '2026-10-27'],
      ['spironolactone', '2026-10-01', '2026-10-06'],
      ['TSH', '2026-09-30', '2026-10-05'],
      ['revisit-week-1', '2026-10-01', '2026-10-07'],
      ['revisit-week-6', '2026-11-05', '2026-11-11'],
      ['potassium-week-1', '2026-10-03', '2026-10-07'],
      ['potassium-week-4', '2026-10-25', '2026-10-28'],
      ['daily-weight', '2026-10-01', '2026-10-07'],
      ['rehabilitation', '2026-10-01', '2026-10-21'],
    ]);
    expect(tasks.find(({ name }: { name: string }) => name === 'record-plan').status).toBe('done');
    expect(
      tasks.find(({ name }: { name: string }) => name === 'briefing').clock.rungs.map(({ dueAt }: { dueAt: string }) => dueAt),
    ).toEqual(['09-22T06:00', '09-22T20:24', '09-23T06:00'].map((text) => `2026-${text}:00.000Z`));
  });

  test('all well: handed over on 30 October at nine, completed with the order of 11 November', async () => {
    const short = await simulate(planned, '09-30T12:00');
    const order = (name: string): string =>
      short.episode.orders.find((one: { item: string | null; title: string }) => one.item === name || one.title === name).id;
    const done = (text: string, name: string, evidence: object) =>
      event(`${text}T10:00`, 'report-orders', {
        orders: [{ orderId: order(name), outcome: 'done', evidence: { on: `2026-${text}`, ...evidence } }],
      });
    const medicines = ['furosemide', 'sacubitril/valsartan', 'bisoprolol', 'spironolactone'];
    const pills = short.episode.orders.slice(0, 4).map(({ id }: { id: string }) => id);
    const well = [
      event('09-30T11:00', 'record-plan', { ...plan, handover: { to: 'follow-up', protocol: 'htn-2017' } }),
      event('10-01T10:00', 'record-contact', { channel: 'phone', outcome: 'reached' }),
      event('10-01T11:00', 'reconcile', {
        medicines: medicines.map((name, index) => ({ name, orderId: pills[index], action: 'continue' })),
      }),
      done('10-02', 'daily-weight', { topics: ['体重'], understood: 'yes' }),
      done('10-02', 'rehabilitation', {}),
      event('10-05T10:00', 'report-result', { orderId: order('TSH'), resultAt: at('10-05T09:00'), abnormal: false }),
      event('10-05T11:00', 'tell-result', { orderId: order('TSH'), toldTo: 'patient' }),
      event('10-06T10:00', 'record-visit', { visitedAt: at('10-06T09:00'), mode: 'clinic' }),
      done('10-06', 'potassium-week-1', { value: '4.1' }),
      ...medicines.map((_, index) =>
        event('10-24T10:00', 'report-orders', { orders: [{ orderId: pills[index], outcome: 'not-needed', reason: '改由门诊续方' }] }),
      ),
      event('10-26T10:00', 'record-contact', { channel: 'phone', outcome: 'reached' }),
      done('10-26', 'potassium-week-4', { value: '4.2' }),
      event('11-10T10:00', 'record-visit', { visitedAt: at('11-10T09:00'), mode: 'clinic' }),
    ];
    const events = [...planned.slice(0, 3), ...well];
    const before = await simulate(events.slice(0, -1), '10-30T08:59');
    expect(before.episode.handedOver).toBeNull();
    const { episode, timeline } = await simulate(events, '11-12T12:00');
    const lines = timeline.filter(({ event: name }: { event: string }) => name === 'handed-over');
    expect(lines.map(({ happenedAt }: { happenedAt: string }) => happenedAt)).toEqual([new Date(at('10-30T09:00')).toISOString()]);
    expect(episode.handedOver).toEqual({ to: 'follow-up', id: expect.any(String) });
    expect([episode.status, episode.endReason]).toEqual(['ended', 'completed']);
    expect(episode.orders.find(({ item }: { item: string }) => item === 'revisit-week-6')).toMatchObject({
      state: 'closed',
      outcome: 'done',
    });
  });

  test('two calls in vain open the second rung; the patient reads a place, and nobody a name', async () => {
    const calls = ['10-01T10:00', '10-01T15:00'].map((text) => event(text, 'record-contact', { channel: 'phone', outcome: 'no-answer' }));
    const { episode, messages, timeline } = await simulate([...planned, ...calls], '10-01T16:00');
    expect(episode.contact).toMatchObject({ rung: 2, dueOn: '2026-10-02' });
    const [told] = messages.filter(({ to }: { to: { type: string } }) => to.type === 'patient');
    const { body: hospital } = await service.get('auditor', '/v1/institutions?limit=200');
    const h1 = hospital.items.find(({ id }: { id: string }) => id === 'inst-h1');
    expect(told.text).toContain(h1.nameZh);
    expect(timeline.map(({ event: name }: { event: string }) => name)).toEqual(
      expect.arrayContaining(['create', 'patient-discharged', 'record-plan', 'record-contact']),
    );
  });

  test('a medicine that is stopped is a conversation by the worked Saturday; an admission on day 12 suspends; its discharge ends it readmitted', async () => {
    const short = await simulate(planned, '09-30T12:00');
    const orderId = short.episode.orders[1].id;
    const stopped = event('10-09T11:00', 'report-orders', { orders: [{ orderId, outcome: 'stopped', reason: 'side-effect' }] });
    const { episode } = await simulate([...planned, stopped], '10-09T12:00');
    const spoken = episode.conversations.filter((one: { orderId: string }) => one.orderId === orderId);
    expect(spoken).toMatchObject([{ dueOn: '2026-10-10', decision: null }]);
    const again = event('10-12T08:00', 'patient-admitted', { admissionType: 'urgent' }, { visitNumber: '2' });
    const suspended = await simulate([...planned, again], '10-12T12:00');
    expect(suspended.episode).toMatchObject({ status: 'suspended', readmission: { daysAfter: 12, planned: false, within30: true } });
    expect(suspended.later).toMatchObject([{ status: 'admitted', visitNumber: '2' }]);
    const home = event('10-20T08:00', 'patient-discharged', { disposition: 'home' }, { visitNumber: '2' });
    const ended = await simulate([...planned, again, home], '10-20T12:00');
    expect([ended.episode.status, ended.episode.endReason, ended.later[0].status]).toEqual(['ended', 'readmitted', 'discharged']);
  });

  test('a discharge that is taken back is admitted again; a death on day 20 ends it, and nobody is asked for any more', async () => {
    const back = await simulate([...planned, event('09-30T14:00', 'discharge-cancelled')], '09-30T15:00');
    expect(back.episode).toMatchObject({ status: 'admitted', plan: { state: 'draft' } });
    const died = await simulate([...planned, event('10-20T10:00', 'patient-died')], '12-01T10:00');
    expect(died.episode).toMatchObject({ status: 'ended', endReason: 'died' });
    expect(died.tasks.filter(({ status }: { status: string }) => status === 'open')).toEqual([]);
  });
});

test('the templates say what they ask for, until when, and by which source', async () => {
  const { body } = await service.get('nurse-h1', '/v1/discharge-templates');
  const heart = body.items.find(({ template }: { template: string }) => template === 'heart-failure');
  expect([body.version, body.items.length, heart.visitByDay]).toEqual([1, 6, 7]);
  expect(heart.items[0]).toMatchObject({
    item: 'revisit-week-1',
    kind: 'revisit',
    fromDay: 1,
    toDay: 7,
    source: expect.stringContaining('STRONG-HF'),
  });
});

describe('what is refused stands at its event, and nothing is written', () => {
  test.each([
    ['a command before there is a stay', [event('09-20T10:00', 'record-plan', plan), admission], 'events.0'],
    ['a command that the state does not allow', [admission, event('09-22T10:00', 'reconcile', { medicines: [] })], 'events.1'],
    [
      'a role that may not',
      [
        admission,
        event(
          '09-22T10:00',
          'brief',
          { purpose: 'x', problems: [], expectedDays: 9, expectedCost: 1, toldTo: 'patient' },
          { by: { institutionId: 'inst-h1', role: 'desk' } },
        ),
      ],
      'events.1',
    ],
    [
      'an item that there is not',
      [admission, event('09-22T10:00', 'record-plan', { ...plan, without: ['nothing'] })],
      'events.1.body.without.0',
    ],
    [
      'what is said to have been done before the admission',
      [admission, event('09-22T10:00', 'educate', { at: at('09-21T13:59'), topics: ['体重'], understood: 'yes' })],
      'events.1.body.at',
    ],
    [
      'an institution that there is not',
      [event('09-21T14:00', 'patient-admitted', {}, { institutionId: 'inst-none' })],
      'events.0.institutionId',
    ],
  ])('%s', async (_, events, path) => {
    const { status, body } = await ask(events, '10-01T10:00');
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([422, 'invalid-request', path]);
  });

  test('more than 400 days, and an end before the last event', async () => {
    expect((await ask([admission], '09-20T10:00')).body.errors[0].path).toBe('until');
    const { status } = await service.post('auditor', '/v1/episodes/simulate', {
      patient,
      hospitalId: 'inst-h1',
      events: [admission],
      until: '2027-12-31T00:00:00Z',
    });
    expect(status).toBe(422);
  });

  test('writes nothing', async () => {
    const count = async () =>
      (
        await service.db
          .selectFrom('pathway')
          .select(({ fn }) => fn.countAll<string>().as('all'))
          .where('kind', '=', 'discharge')
          .executeTakeFirstOrThrow()
      ).all;
    const before = await count();
    await simulate(planned, '10-30T10:00');
    expect(await count()).toBe(before);
  });
});
