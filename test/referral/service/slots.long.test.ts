/** Slots of a department's capacity: one referral has one, and gives it back whatever happens. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newResident } from '../../support/builders/facts.ts';
import { actOnReferral, createReferral, extensionBodies, walkReferral } from '../../support/builders/referral-steps.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const HOUR = 3_600_000;

describe('slots', () => {
  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
  async function slot(over: object = {}): Promise<string> {
    const answer = await service.post('specialist', '/v1/slots', {
      departmentId: 'dept-h1-cardiology',
      startsAt: inHours(48),
      endsAt: inHours(49),
      ...over,
    });
    expect(answer.status).toBe(201);
    return answer.body.id;
  }
  async function accepted(): Promise<string> {
    const id = await createReferral(service, { toDepartmentId: 'dept-h1-cardiology' });
    await walkReferral(service, id, ['specialist', 'send-acceptance']);
    return id;
  }
  test('20 referrals booking one slot at once: one has it', { timeout: 120_000 }, async () => {
    const slotId = await slot();
    const ids = await Promise.all(Array.from({ length: 20 }, accepted));
    const answers = await Promise.all(ids.map((id) => actOnReferral(service, 'specialist', id, 'schedule-visit', { slotId })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body.code)).toEqual(Array(19).fill('slot-taken'));
  });
  test('a reserved slot at its release: both sides race from before to after the instant, one has it, and no hospital had it before', {
    timeout: 180_000,
  }, async () => {
    const fromHospital = async () => {
      const form = await newReferral(service, { toDepartmentId: 'dept-h1-cardiology', patientId: await newResident(service) });
      const { status, body } = await service.post('specialist2', '/v1/referrals', form);
      expect(status).toBe(201);
      await walkReferral(service, body.id, ['specialist', 'send-acceptance']);
      return body.id as string;
    };
    const winners: string[] = [];
    let reservations = 0;
    // Once the centre comes late, once it comes early, once everybody comes at the instant itself.
    for (const centreAfterMs of [150, -150, 0]) {
      const [ofCentre, ofHospital] = [
        await Promise.all([accepted(), accepted()]),
        await Promise.all([fromHospital(), fromHospital(), fromHospital()]),
      ];
      const releaseAt = Date.now() + 2_000;
      const slotId = await slot({ reserved: true, releaseAt: new Date(releaseAt).toISOString() });
      const book = (id: string) => actOnReferral(service, 'specialist', id, 'schedule-visit', { slotId });
      /** Again and again until the slot is somebody's. */
      const insist = async (id: string, from: number): Promise<[string, Answer][]> => {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, from - Date.now())));
        const answers: [string, Answer][] = [];
        for (let open = true; open; ) {
          const answer = await book(id);
          answers.push([id, answer]);
          open = answer.body.code === 'slot-reserved';
        }
        return answers;
      };
      const answers = (
        await Promise.all([
          ...ofCentre.map((id) => insist(id, releaseAt + centreAfterMs)),
          // The first one asks from the beginning, so that it is told "reserved" on a busy machine too.
          ...ofHospital.map((id, index) => insist(id, index === 0 ? 0 : releaseAt - 400 + 200 * index)),
        ])
      ).flat();
      const done = answers.filter(([, { status }]) => status === 200);
      expect(done).toHaveLength(1);
      expect(answers.filter(([, { status }]) => status !== 200).every(([, { body }]) => /^slot-(reserved|taken)$/.test(body.code))).toBe(
        true,
      );
      const bookings = await service.db.selectFrom('slot_booking').selectAll().where('slot_id', '=', slotId).execute();
      expect(bookings).toMatchObject([{ referral_id: done[0]?.[0] }]);
      const [booking] = bookings;
      const byHospital = ofHospital.includes(booking?.referral_id as string);
      if (byHospital) expect(booking?.booked_at.getTime()).toBeGreaterThanOrEqual(releaseAt);
      // Whoever was told "reserved" was a hospital, and was told so before the release.
      const reserved = await service.db
        .selectFrom('command')
        .select(['pathway_id', 'decided_at'])
        .where('pathway_id', 'in', [...ofCentre, ...ofHospital])
        .where(sql<boolean>`outcome #>> '{refusal,code}' = 'slot-reserved'`)
        .execute();
      reservations += reserved.length;
      for (const { pathway_id, decided_at } of reserved) {
        expect(ofHospital).toContain(pathway_id);
        expect(decided_at?.getTime()).toBeLessThan(releaseAt);
      }
      winners.push(byHospital ? 'hospital' : 'centre');
    }
    console.log(`the reserved slots went to: ${winners.join(', ')}`);
    expect(reservations).toBeGreaterThan(0);
  });
  test('every way out frees it', { timeout: 120_000 }, async () => {
    const ways: [string, string, unknown][] = [
      ['specialist', 'refer-onward', extensionBodies['refer-onward']],
      ['specialist', 'send-decline', { reason: '满' }],
      ['specialist', 'cancel-appointment', { reason: '满' }],
      ['specialist', 'report-no-show', {}],
      ['gp', 'request-cancellation', { reason: '满' }],
      ['specialist', 'reschedule-visit', { startsAt: inHours(60), endsAt: inHours(61) }],
    ];
    const slotId = await slot();
    for (const [account, trigger, body] of ways) {
      const id = await accepted();
      expect((await actOnReferral(service, 'specialist', id, 'schedule-visit', { slotId })).body.appointment).toMatchObject({ slotId });
      expect((await actOnReferral(service, account, id, trigger, body)).status).toBe(200);
    }
    expect(
      (await service.get('specialist', '/v1/slots?departmentId=dept-h1-cardiology&booked=false')).body.items.map(
        (item: { id: string }) => item.id,
      ),
    ).toContain(slotId);
  });
  test('a reserved one is for community centres until its release; a slot in the past, of others or unknown is refused', async () => {
    const slotId = await slot({ reserved: true });
    const id = await accepted();
    expect((await actOnReferral(service, 'specialist', id, 'schedule-visit', { slotId })).status).toBe(200);
    expect(
      (await service.post('specialist', '/v1/slots', { departmentId: 'dept-h1-cardiology', startsAt: inHours(-2), endsAt: inHours(1) }))
        .status,
    ).toBe(422);
    expect(
      (await service.post('specialist2', '/v1/slots', { departmentId: 'dept-h1-cardiology', startsAt: inHours(2), endsAt: inHours(3) }))
        .status,
    ).toBe(422);
    expect(
      (await actOnReferral(service, 'specialist', await accepted(), 'schedule-visit', { slotId: '00000000-0000-7000-8000-000000000000' }))
        .status,
    ).toBe(422);
  });
});
