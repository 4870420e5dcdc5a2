/** What becomes of a discharge for heart failure with eleven orders, lived through on the running service over skipped days: each scene ends as its rule says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decision } from '../../../domain/kit/pathway.ts';
import { addDays, type LocalDate, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { episodesOn, plainPlan } from '../../support/builders/episodes-on-service.ts';
import { deliverAll, newFact, newResident, postFact } from '../../support/builders/facts.ts';
import { eventsWithoutSkipping } from '../../support/oracles/history-events.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const episodes = episodesOn(() => service);
const HOUR_MS = 3_600_000;
const FIVE_MINUTES = 300_000;

const medicine = (title: string, given: object) => ({ kind: 'medicine', title, medicine: { longTerm: true, ...given } });
/** That of the worked example: eleven orders. */
const heartFailure = {
  ...plainPlan,
  noMedication: undefined,
  noPendingResults: undefined,
  template: 'heart-failure',
  without: ['revisit-week-2', 'revisit-week-3'],
  orders: [
    medicine('呋塞米', { dose: '1片qd', quantity: { value: 14, unit: '片' } }),
    medicine('沙库巴曲缬沙坦', { dose: '1片bid', quantity: { value: 28, unit: '片' } }),
    medicine('比索洛尔', { dose: '2.5mg qd', quantity: { value: 14, unit: '片' }, strength: { value: 5, unit: 'mg', per: '片' } }),
    medicine('螺内酯', { dose: '1片qd', quantity: { value: 7, unit: '片' } }),
    { kind: 'pending-result', title: 'TSH', number: 'L-1' },
  ],
};

interface Order {
  id: string;
  kind: string;
  title: string;
  state: string;
  outcome: string | null;
}
interface Episode {
  now: string;
  status: string;
  endReason: string | null;
  duties: { duty: string; state: string }[];
  orders: Order[];
  conversations: { id: string; orderId: string | null; decision: string | null }[];
  contact: { rung: number | null };
  [member: string]: unknown;
}

/** Somebody at home after a stay, with the day of the discharge. */
class Life {
  readonly id: string;
  readonly patientId: string;
  readonly dischargedOn: LocalDate;

  private constructor(id: string, patientId: string, dischargedOn: LocalDate) {
    this.id = id;
    this.patientId = patientId;
    this.dischargedOn = dischargedOn;
  }

  static async atHome(): Promise<Life> {
    const patientId = await newResident(service, 'inst-c01', { phone: '13900002201' });
    const id = await episodes.beginDischarged(patientId);
    const { body } = await service.get('nurse', `/v1/episodes/${id}`);
    const life = new Life(id, patientId, localDateOf(Date.parse(body.stay.dischargedAt)));
    await life.say('nurse-h1', 'record-plan', heartFailure);
    expect((await life.read()).orders).toHaveLength(11);
    return life;
  }

  async read(): Promise<Episode> {
    const { status, body } = await service.get('nurse', `/v1/episodes/${this.id}`);
    expect(status).toBe(200);
    return body;
  }

  async say(account: string, command: string, body: object): Promise<Episode> {
    const answer = await service.post(account, `/v1/episodes/${this.id}/${command}`, body);
    expect([command, answer.status, answer.status === 200 ? '' : answer.body]).toEqual([command, 200, '']);
    return answer.body;
  }

  /** To an hour of the n-th day after the discharge. False when the episode is over before. */
  async until(day: number, hour = 10): Promise<Episode> {
    const { now } = await this.read();
    const ms = startOf(addDays(this.dischargedOn, day)) + hour * HOUR_MS - Date.parse(now);
    expect(ms).toBeGreaterThan(0);
    const { status, body } = await service.fastForward(this.id, `PT${Math.ceil(ms / 1_000)}S`);
    expect([status, body.code]).toEqual([200, undefined]);
    return this.read();
  }

  /** Whatever is asked for is done on the day on which it is. */
  async doWhatIsAsked(episode: Episode, day: number): Promise<Episode> {
    const today = localDateOf(Date.parse(episode.now));
    const isAsked = (state: string) => state === 'open' || state === 'overdue';
    const duties = episode.duties.filter(({ state }) => isAsked(state)).map(({ duty }) => duty);
    if (duties.includes('contact') || duties.includes('closing-contact'))
      await this.say('nurse', 'record-contact', { channel: 'phone', outcome: 'reached' });
    if (duties.includes('visit')) await this.say('gp', 'record-visit', { visitedAt: episode.now, mode: 'clinic' });
    if (duties.includes('reconciliation'))
      await this.say('pharmacist', 'reconcile', {
        medicines: episode.orders
          .filter(({ kind }) => kind === 'medicine')
          .map(({ id, title }) => ({ orderId: id, name: title, action: 'continue' })),
      });
    const { orders } = await this.read();
    for (const { id, kind } of orders.filter(({ state }) => isAsked(state))) {
      if (kind === 'pending-result') {
        await this.say('specialist', 'report-result', { orderId: id, resultAt: episode.now, abnormal: false });
        await this.say('specialist', 'tell-result', { orderId: id, toldTo: 'patient' });
        continue;
      }
      const shown = {
        medicine: day < 24 ? {} : { taken: 'all' },
        retest: { value: '4.2', abnormal: false },
        education: { topics: ['每日称重'], understood: 'yes' },
      }[kind];
      await this.say('nurse', 'report-orders', { orders: [{ orderId: id, outcome: 'done', evidence: { on: today, ...shown } }] });
    }
    return this.read();
  }

  /** Everything that is asked for is done, day by day. */
  async goWell(fromDay: number, toDay: number): Promise<Episode> {
    let episode = await this.read();
    for (let day = fromDay; day <= toDay && episode.status === 'discharged'; day++)
      episode = await this.doWhatIsAsked(await this.until(day), day);
    return episode;
  }

  async timeline(): Promise<string[]> {
    const lines = service.db.selectFrom('timeline').select('event').where('pathway_id', '=', this.id).orderBy('seq');
    return (await lines.execute()).map(({ event }) => event);
  }

  async openTasks(): Promise<string[]> {
    const rows = await service.db
      .selectFrom('task')
      .select('name')
      .where('pathway_id', '=', this.id)
      .where('status', '=', 'open')
      .orderBy('name')
      .execute();
    return rows.map(({ name }) => name);
  }

  /** The days on which the patient was written to, as often as it was. */
  async daysOfMessages(): Promise<LocalDate[]> {
    const rows = await service.db.selectFrom('decision').select('decision').where('pathway_id', '=', this.id).execute();
    return rows.flatMap((row) => {
      const { at, messages } = row.decision as Decision<unknown>;
      return messages.filter(({ recipients }) => recipients.some(({ to }) => to === 'patient')).map(() => localDateOf(at));
    });
  }
}

/** The lines of the timeline stand in this order, with others in between. */
function expectInOrder(timeline: readonly string[], wanted: readonly string[]): void {
  let place = 0;
  for (const event of timeline) if (event === wanted[place]) place++;
  expect(wanted.slice(place), timeline.join(' ')).toEqual([]);
}

describe.concurrent('eleven orders of a discharge for heart failure', () => {
  test('all well: completed with the last order, for at most 250 events over 30 days and a message a day', {
    timeout: FIVE_MINUTES,
  }, async () => {
    const life = await Life.atHome();
    await life.goWell(1, 30);
    const events = await eventsWithoutSkipping(service.client, `discharge/${life.id}`);
    console.log(`11 orders over 30 days: ${events.length} events`);
    expect(events.length).toBeLessThanOrEqual(250);
    const ended = await life.goWell(31, 60);
    expect([ended.status, ended.endReason, ended.orders.map(({ outcome }) => outcome)]).toEqual([
      'ended',
      'completed',
      ended.orders.map(() => 'done'),
    ]);
    expectInOrder(await life.timeline(), ['create', 'patient-discharged', 'record-plan', 'record-contact', 'record-visit', 'ended']);
    const days = await life.daysOfMessages();
    expect(new Set(days).size).toBe(days.length);
  });

  test('a medicine that is stopped on day 9 is spoken about, and everything else goes on', { timeout: FIVE_MINUTES }, async () => {
    const life = await Life.atHome();
    await life.goWell(1, 8);
    const { orders } = await life.until(9);
    const stopped = orders.find(({ title }) => title === '沙库巴曲缬沙坦') as Order;
    const report = { orderId: stopped.id, outcome: 'stopped', reason: 'side-effect' };
    const { conversations } = await life.say('nurse', 'report-orders', { orders: [report] });
    expect(conversations).toMatchObject([{ orderId: stopped.id, decision: null }]);
    expect(await life.openTasks()).toContain('conversation');
    const conversationId = conversations[0]?.id;
    await life.say('gp', 'answer-conversation', { conversationId, decision: 'stop-agreed', note: '改用他药' });
    const ended = await life.goWell(10, 60);
    expect([ended.status, ended.endReason]).toEqual(['ended', 'completed']);
    expect(ended.orders.find(({ id }) => id === stopped.id)?.outcome).toBe('stopped');
    expectInOrder(await life.timeline(), ['report-orders', 'answer-conversation', 'ended']);
  });

  test('in hospital again on day 12: nothing is asked for but results, until the next discharge ends it', {
    timeout: FIVE_MINUTES,
  }, async () => {
    const life = await Life.atHome();
    await life.goWell(1, 11);
    const { now } = await life.until(12);
    const later = { episodeId: life.id, hospitalId: 'inst-h1', admittedAt: Date.parse(now), planned: false };
    await episodes.tellLaterStay(life.id, 1, { ...later, status: 'admitted' });
    const suspended = await life.read();
    expect(suspended).toMatchObject({ status: 'suspended', readmission: { daysAfter: 12, within30: true, planned: false } });
    expect(await life.openTasks()).toEqual([]);
    await life.until(20);
    await episodes.tellLaterStay(life.id, 2, { ...later, status: 'discharged' });
    const ended = await life.read();
    expect([ended.status, ended.endReason]).toEqual(['ended', 'readmitted']);
    const open = ended.orders.filter(({ outcome }) => outcome === 'readmitted').length;
    expect(open).toBeGreaterThan(0);
    expectInOrder(await life.timeline(), ['patient-discharged', 'later-stay', 'later-stay']);
  });

  test('a discharge that is taken back after four hours: in hospital, the plan a draft, nothing asked of the patient; the next one dates all anew', {
    timeout: FIVE_MINUTES,
  }, async () => {
    const life = await Life.atHome();
    await service.fastForward(life.id, 'PT4H');
    await episodes.tell(life.id, 3, episodes.admittedNow());
    const back = await life.read();
    expect(back).toMatchObject({ status: 'admitted', plan: { state: 'draft' }, duties: [] });
    expect(back.orders.map(({ state }) => state)).toEqual(back.orders.map(() => 'waiting'));
    const dischargedAt = Date.parse(back.now);
    await episodes.tell(life.id, 4, { ...episodes.admittedNow(), status: 'discharged', dischargedAt, disposition: 'home' });
    const again = await life.read();
    expect(again).toMatchObject({ status: 'discharged', plan: { state: 'active' } });
    expect(again.orders).toHaveLength(11);
    expectInOrder(await life.timeline(), ['patient-discharged', 'record-plan', 'discharge-cancelled', 'patient-discharged']);
  });

  test('a death on day 20 ends everything in that commit, and nobody is asked for any more', { timeout: FIVE_MINUTES }, async () => {
    const life = await Life.atHome();
    await life.goWell(1, 19);
    await life.until(20);
    expect((await postFact(service, newFact({ patientId: life.patientId }))).status).toBe(202);
    await deliverAll(service);
    const died = await life.read();
    expect([died.status, died.endReason, await life.openTasks()]).toEqual(['ended', 'died', []]);
    expect(new Set(died.orders.map(({ outcome }) => outcome))).toEqual(new Set(['done', 'died']));
    expectInOrder(await life.timeline(), ['patient-discharged', 'patient-died']);
  });

  test('whoever cannot be reached by any way is lost 14 days after the letter', { timeout: FIVE_MINUTES }, async () => {
    const life = await Life.atHome();
    const inVain = async (channel: string) => (await life.say('nurse', 'record-contact', { channel, outcome: 'no-answer' })).contact.rung;
    await life.until(1);
    expect(await inVain('phone')).toBe(1);
    await life.until(1, 15);
    // Nobody of the family has a telephone, so the second rung is passed over.
    expect(await inVain('phone')).toBe(3);
    await life.until(2);
    expect(await inVain('home')).toBe(4);
    await life.until(3);
    expect(await inVain('community')).toBe(5);
    await life.until(4);
    await inVain('letter');
    expect((await life.until(17)).status).toBe('discharged');
    const lost = await life.until(18);
    expect([lost.status, lost.endReason]).toEqual(['ended', 'lost']);
    expect(lost.duties.find(({ duty }) => duty === 'contact')?.state).toBe('lost');
    expectInOrder(await life.timeline(), ['patient-discharged', 'record-contact', 'record-contact', 'ended']);
  });
});
