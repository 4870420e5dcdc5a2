import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { VisitIndicatorsSchema } from '../../../api/follow-up/visit-indicators.ts';
import type { FollowUpCounts } from '../../../db/follow-up/indicator-counts.ts';
import { loadFollowUpIndicators } from '../../../db/follow-up/indicators.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { addMonths, localDateOf } from '../../../domain/time/local-date.ts';
import { newResident } from '../../support/builders/facts.ts';
import { type StoredEnrolment, type StoredFollowUp, type StoredVisit, storeFollowUps } from '../../support/builders/follow-up-rows.ts';
import { expectTotalsToAddUp } from '../../support/oracles/indicator-totals.ts';
import { demoDatabase } from '../../support/service/database.ts';
import { type Service, startService } from '../../support/service/service.ts';

const seededDatabase = async (): Promise<Database> => createDatabase(createPool(await demoDatabase()));

const at = (text: string): Date => new Date(`${text}+08:00`);
const monthsFrom = (first: string, last: string): { from: Date; to: Date } => ({
  from: at(`${first}-01T00:00`),
  to: at(`${addMonths(`${last}-01`, 1)}T00:00`),
});

const visit = (on: string, over: Partial<StoredVisit> = {}): StoredVisit => ({
  at: at(`${on}T10:00`),
  mode: 'clinic',
  measured: true,
  annualExam: false,
  payment: true,
  clinical: false,
  dueOn: on,
  ...over,
});
const enrolment = (startedOn: string, visits: StoredVisit[], over: Partial<StoredEnrolment> = {}): StoredEnrolment => ({
  id: uuid(),
  protocol: 'htn-2017',
  startedOn,
  status: 'active',
  endReason: null,
  endedAt: null,
  nextDueOn: '2030-01-01',
  visits,
  ...over,
});
const ended = (endReason: 'lost' | 'died' | 'withdrawn', on: string) =>
  ({ status: 'ended', endReason, endedAt: at(`${on}T09:00`), nextDueOn: null }) as const;

let patients = 0;
const ofOne = (...enrolments: StoredEnrolment[]): StoredFollowUp => ({
  patientId: `patient-${String(++patients).padStart(4, '0')}`,
  institutionId: 'inst-c01',
  enrolments,
  expired: [],
});

describe('counted by hand', () => {
  /** Of the first centre's hypertension, by month. */
  async function counted(followUps: StoredFollowUp[], first: string, last = first): Promise<(FollowUpCounts | undefined)[]> {
    const db = await seededDatabase();
    onTestFinished(() => db.destroy());
    await storeFollowUps(db, followUps);
    const rows = await loadFollowUpIndicators(db, monthsFrom(first, last));
    const months = Array.from({ length: 24 }, (_, n) => addMonths(`${first}-01`, n).slice(0, 7)).filter((month) => month <= last);
    return months.map((month) => rows.find((row) => row.month === month && row.disease === 'hypertension')?.counts);
  }

  test('per specification: as many face-to-face visits with a value as days enrolled / 91, the yearly check once', async () => {
    const quarters = ['2026-02-10', '2026-05-10', '2026-08-10', '2026-11-10'].map((on) => visit(on));
    const three = quarters.slice(1);
    const stories: [kept: boolean | null, StoredEnrolment][] = [
      [true, enrolment('2025-01-01', quarters)],
      [false, enrolment('2025-01-01', three)],
      [true, enrolment('2025-01-01', [visit('2026-03-01', { annualExam: true }), ...three])],
      [false, enrolment('2025-01-01', [...['2026-03-01', '2026-04-01'].map((on) => visit(on, { annualExam: true })), ...three.slice(1)])],
      [false, enrolment('2025-01-01', [visit('2026-02-10', { mode: 'phone' }), ...three])],
      [false, enrolment('2025-01-01', [visit('2026-02-10', { measured: false }), ...three])],
      [true, enrolment('2025-01-01', [visit('2026-02-10', { mode: 'home', dueOn: null }), ...three])], // entered late
      [false, enrolment('2025-01-01', [visit('2026-05-10', { at: at('2026-05-10T15:00') }), ...three])], // a day twice
      [false, enrolment('2025-01-01', [visit('2025-12-31', { at: at('2025-12-31T23:59:59') }), ...three])], // last year
      [true, enrolment('2025-01-01', [visit('2026-01-01', { at: at('2026-01-01T00:00:00') }), ...three])],
      [true, enrolment('2026-04-03', three)], // 273 days: three
      [false, enrolment('2026-04-02', three.slice(1))],
      [null, enrolment('2026-10-03', [])], // 90 days: none owed, so that it says nothing
      [null, enrolment('2026-10-03', [visit('2026-10-20')])],
      [false, enrolment('2026-10-02', [])], // 91 days
      [false, enrolment('2025-01-01', [visit('2026-03-01')], ended('died', '2026-07-01'))], // 182 days: two
      [true, enrolment('2025-01-01', [visit('2026-03-01')], ended('withdrawn', '2026-06-30'))],
    ];
    const db = await seededDatabase();
    onTestFinished(() => db.destroy());
    let before = { kept: 0, decided: 0 };
    for (const [kept, story] of stories) {
      await storeFollowUps(db, [ofOne(story)]);
      const [row] = await loadFollowUpIndicators(db, monthsFrom('2026-12', '2026-12'));
      const now = { kept: before.kept + (kept === true ? 1 : 0), decided: before.decided + (kept === null ? 0 : 1) };
      expect([story, row?.counts.perSpecification]).toEqual([story, now]);
      before = now;
    }
  });

  test('the year so far: nothing is owed by March, one visit by April, two by July, three by October', async () => {
    const months = await counted([ofOne(enrolment('2025-01-01', [visit('2026-06-30')]))], '2026-03', '2026-10');
    expect(months.map((counts) => counts?.perSpecification)).toEqual(
      [[0, 0], ...[0, 0, 1, 0, 0, 0, 0].map((kept) => [kept, 1])].map(([kept, decided]) => ({ kept, decided })),
    );
  });

  test('controlled at the latest visit of the year so far, by either number; lost, unseen and unmeasured are not', async () => {
    const good = { payment: true, clinical: true };
    const months = await counted(
      [
        ofOne(enrolment('2025-01-01', [visit('2026-01-10', { payment: false }), visit('2026-03-10', good)])),
        ofOne(enrolment('2025-01-01', [visit('2026-01-10', good), visit('2026-03-10')])),
        ofOne(
          enrolment('2025-01-01', [visit('2026-01-10', good), visit('2026-03-10', { measured: false, payment: null, clinical: null })]),
        ),
        ofOne(enrolment('2025-01-01', [visit('2026-01-10', good)], ended('lost', '2026-03-31'))),
        ofOne(enrolment('2025-01-01', [visit('2026-01-10', good)], ended('died', '2026-02-01'))),
        ofOne(enrolment('2025-01-01', [visit('2025-12-10', good)])),
        ofOne(enrolment('2024-01-01', [visit('2025-12-10', good)], ended('withdrawn', '2025-12-31'))),
      ],
      '2026-01',
      '2026-03',
    );
    expect(months.map((counts) => [counts?.managed, counts?.payment.kept, counts?.clinical.kept])).toEqual([
      [6, 4, 4],
      [6, 4, 4],
      [6, 3, 2],
    ]);
    expect(months.map((counts) => [counts?.lost, counts?.died, counts?.withdrawn])).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });

  test('windows by their last day: in time, late, given up, still open', async () => {
    const id = uuid();
    const person = ofOne(
      enrolment(
        '2026-01-01',
        [
          visit('2026-02-20', { dueOn: '2026-03-31' }), // early, for March
          visit('2026-04-02', { dueOn: '2026-03-31' }), // late, for March
          visit('2026-03-15', { dueOn: null }),
        ],
        { id, nextDueOn: '2026-03-31' },
      ),
    );
    person.expired.push({ dueOn: '2026-03-31', enrolmentIds: [uuid(), id] }, { dueOn: '2026-04-01', enrolmentIds: [id] });
    const [counts] = await counted([person], '2026-03');
    expect(counts).toMatchObject({ inTime: 1, late: 1, expired: 1, open: 1, visits: 1 });
  });

  test('of two enrolments in one disease the later counts once it has begun; another disease counts by itself', async () => {
    const person = ofOne(
      enrolment('2025-01-01', [], ended('lost', '2026-02-10')),
      enrolment('2026-03-05', [visit('2026-03-05')], { protocol: 'htn-2025' }),
      enrolment('2026-01-01', [], { protocol: 't2dm-2017' }),
    );
    const months = await counted([person], '2026-02', '2026-03');
    expect(months.map((counts) => [counts?.managed, counts?.payment.kept, counts?.enrolled])).toEqual([
      [1, 0, 0],
      [1, 1, 1],
    ]);
  });
});

// --- over the API ------------------------------------------------------------------------------

describe('over the API', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service?.stop());

  async function enrol(protocol: string) {
    const body = { patientId: await newResident(service), protocol, startedOn: localDateOf(Date.now()) };
    const answer = await service.post('gp', '/v1/enrolments', body);
    expect([answer.status, answer.body.code]).toEqual([201, undefined]);
    return answer.body;
  }
  async function visited(protocol: string, form: object) {
    const { id } = await enrol(protocol);
    const visitedAt = new Date(Date.now() - 1_000).toISOString();
    const answer = await service.post('gp', `/v1/enrolments/${id}/visits`, { visitedAt, mode: 'clinic', form });
    expect([answer.status, answer.body.errors]).toEqual([201, undefined]);
    return answer.body;
  }
  const pressure = (systolic: number, diastolic: number) => ({ bloodPressures: [{ systolic, diastolic }] });

  test('a small world: controlled by both numbers, by one, by none, referred and come, withdrawn, lost', async () => {
    // All are from 65 to 79: below 150/90 for payment, below 130/80 for treatment.
    await visited('htn-2017', pressure(124, 76));
    await visited('htn-2025', pressure(145, 82));
    await visited('t2dm-2017', { fastingGlucose: { value: 6.1, unit: 'mmol/L' } });
    const { referrals } = await visited('htn-2017', pressure(190, 100));
    await expect
      .poll(async () => (await service.get('gp', `/v1/referrals/${referrals[0].id}`)).body.status, { timeout: 30_000 })
      .toBe('received');
    for (const [trigger, form] of [
      ['send-acceptance', {}],
      ['send-outcome', { outcome: '血压已控制' }],
    ] as const)
      expect((await service.post('specialist', `/v1/referrals/${referrals[0].id}/${trigger}`, form)).status).toBe(200);
    const gone = await enrol('htn-2017');
    expect((await service.post('gp', `/v1/enrolments/${gone.id}/withdraw`, { reason: '迁出' })).status).toBe(200);
    const lost = await enrol('htn-2017');
    expect((await service.fastForward(lost.pathwayId, 'P180D')).status).toBe(200);
    // Looked for at home and with the community, and not found: the doctor says that the resident is lost.
    for (let step = 0; step < 3; step++)
      expect((await service.post('gp', `/v1/enrolments/${lost.id}/report-search`, { outcome: 'not-found', note: '未找到' })).status).toBe(
        200,
      );

    const month = localDateOf(Date.now()).slice(0, 7);
    const last = addMonths(`${month}-01`, 12).slice(0, 7);
    const { status, body } = await service.get('office', `/v1/indicators?from=${month}&to=${last}&institutionId=inst-c01`);
    expect(status).toBe(200);
    expectTotalsToAddUp(body);
    expect(body.total.followUp.map(({ disease }: { disease: string }) => disease)).toEqual(['diabetes', 'hypertension']);
    const of = (disease: string) =>
      body.items.flatMap((item: { month: string; followUp: { disease: string }[] }) =>
        item.followUp.filter((one) => one.disease === disease).map((one) => ({ month: item.month, ...one })),
      );
    expect(of('hypertension')[0]).toMatchObject({
      month,
      enrolled: 5,
      managed: 5,
      perSpecification: { kept: 0, decided: 0, share: null }, // enrolled for less than 91 days: nobody owes a visit yet
      controlled: { payment: { kept: 2, decided: 5, share: 0.4 }, clinical: { kept: 1, decided: 5, share: 0.2 } },
      visits: { recorded: 3, faceToFace: 3 },
      referrals: { started: 1, sent: 1, arrived: 1, arrivalRate: 1 },
      ended: { lost: 0, died: 0, withdrawn: 1 },
    });
    expect(of('diabetes')[0]).toMatchObject({
      managed: 1,
      controlled: { payment: { kept: 1, share: 1 }, clinical: { kept: 1, share: 1 } },
    });
    const sum = (read: (one: { windows: Record<string, number>; ended: Record<string, number> }) => number | undefined): number =>
      of('hypertension').reduce((total: number, one: never) => total + (read(one) ?? 0), 0);
    expect(['due', 'done', 'inTime', 'late', 'expired', 'open'].map((name) => sum(({ windows }) => windows[name]))).toEqual([
      8, 3, 3, 0, 2, 3,
    ]);
    expect(['lost', 'died', 'withdrawn'].map((name) => sum(({ ended: how }) => how[name]))).toEqual([1, 0, 1]);
  });

  test('the row of a visit says by which protocols it was counted, and for which window it was asked', async () => {
    const rows = await service.db.selectFrom('follow_up_visit').selectAll().orderBy('id').limit(3).execute();
    expect(
      rows.map(({ payment_controlled, clinical_controlled, measured }) => [payment_controlled, clinical_controlled, measured]),
    ).toEqual([
      [true, true, true],
      [true, false, true],
      [true, true, true],
    ]);
    expect(rows.map(({ indicators }) => indicators)).toMatchObject([
      {
        payment: { protocol: 'htn-2017', version: 1, target: { systolic: 150 } },
        clinical: { protocol: 'htn-2025', target: { systolic: 130 } },
      },
      { payment: { protocol: 'htn-2017' }, clinical: { protocol: 'htn-2025' } },
      { payment: { protocol: 't2dm-2017' }, clinical: { protocol: 't2dm-2017', target: { fastingGlucose: 7 } } },
    ]);
    for (const { indicators } of rows) expect(VisitIndicatorsSchema.safeParse(indicators).error).toBeUndefined();
    for (const { opens_on, due_on } of rows) expect([opens_on !== null, (opens_on ?? '') <= (due_on ?? '')]).toEqual([true, true]);
  });

  test('a visit entered late has both numbers and no window', async () => {
    const { id } = await visited('htn-2017', pressure(124, 76));
    const visitedAt = new Date(Date.now() - 2_000).toISOString();
    const body = { visitedAt, mode: 'home', form: pressure(152, 82), late: true };
    const answer = await service.post('gp', `/v1/enrolments/${id}/visits`, body);
    expect([answer.status, answer.body.code]).toEqual([201, undefined]);
    const row = await service.db.selectFrom('follow_up_visit').selectAll().where('entered_late', '=', true).executeTakeFirstOrThrow();
    expect(row).toMatchObject({ opens_on: null, due_on: null, measured: true, payment_controlled: false, clinical_controlled: false });
  });

  test('every figure has its definition', async () => {
    const month = localDateOf(Date.now()).slice(0, 7);
    const { body } = await service.get('auditor', `/v1/indicators?from=${month}&to=${month}`);
    const [item] = body.items.find(({ followUp }: { followUp: object[] }) => followUp.length > 0).followUp;
    const defined = new Set(body.definitions.map(({ indicator }: { indicator: string }) => indicator));
    for (const figure of Object.keys(item).filter((name) => name !== 'disease' && name !== 'enrolled'))
      expect([figure, defined.has(`followUp.${figure}`)]).toEqual([figure, true]);
  });
});
