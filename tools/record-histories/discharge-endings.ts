/** The ways in which an episode after a stay in hospital can end, by the name of the recording. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeRelayedCommand } from '../../db/kit/relayed-commands.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { speakByLink } from './discharge-link.ts';
import { type Episode, plan, reason, Stay, typed, warfarin } from './discharge-stay.ts';
import { merge } from './identity-endings.ts';
import type { Ending, RecordedService } from './service.ts';
import { completeTask } from './supply-steps.ts';

/** After its end an episode can be brought back for a week. */
const SETTLED = 'P8D';

const openOrder = ({ orders }: Pick<Episode, 'orders'>, kind: string): string =>
  orders.find((order) => order.kind === kind && order.state !== 'closed')?.id ?? '';

export const dischargeEndings: Record<string, Ending> = {
  /** Everything that the ward, the centre and the patient can say, until nothing is owed any more. */
  async 'discharge-completed'(service) {
    const stay = await Stay.admitted(service, { daysAgo: 9 });
    await stay.report('result-reported', 1, { number: 'L-1', name: typed });
    const inStay = { toldTo: 'patient' };
    await stay.say('specialist', 'brief', { purpose: typed, problems: [typed], expectedDays: 8, expectedCost: 9_000, ...inStay });
    await stay.say('specialist', 'tell-results', { numbers: ['L-1'], ...inStay });
    await stay.say('nurse-h1', 'educate', { topics: [typed], understood: 'yes' });
    const orders = [warfarin, { kind: 'education', title: typed }, { kind: 'pending-result', title: typed, number: 'L-2' }];
    await stay.say('nurse-h1', 'record-plan', { ...plan, linkConsent: 'patient', orders });
    await stay.discharge({ hoursAgo: 1 });
    const { orders: added } = await stay.say('gp', 'add-order', { order: { kind: 'device', title: typed } });
    const device = { kind: 'device', title: typed, dueOn: stay.dateIn(20) };
    await stay.say('gp', 'change-order', { orderId: openOrder({ orders: added }, 'device'), order: device });
    await stay.say('specialist', 'set-risk', { level: 'high', reason: typed });
    await service.fastForward(stay.id, 'P1D');
    await speakByLink(service, stay);

    const { conversations, triages } = await stay.read();
    const answer = { conversationId: conversations[0]?.id, decision: 'stop-agreed', note: typed };
    await stay.say('gp', 'answer-conversation', answer);
    await stay.say('gp', 'triage', { triageId: triages[0]?.id, action: 'advise', note: typed });
    const { orders: open, now } = await stay.read();
    const medicineId = open.find(({ kind }) => kind === 'medicine')?.id;
    const orderId = openOrder({ orders: open }, 'pending-result');
    await stay.say('specialist', 'report-result', { orderId, resultAt: now, abnormal: false });
    await stay.say('specialist', 'tell-result', { orderId, toldTo: 'patient' });
    const done = { orderId: openOrder({ orders: open }, 'device'), outcome: 'done', evidence: { on: now.slice(0, 10), inUse: true } };
    await service.fastForward(stay.id, 'P1D');
    await stay.say('nurse', 'report-orders', { orders: [done] });
    await stay.say('gp', 'record-visit', { visitedAt: (await stay.read()).now, mode: 'home' });
    await stay.say('pharmacist', 'reconcile', { medicines: [{ name: typed, orderId: medicineId, action: 'stop', reason: typed }] });
    // The link had reached somebody else, and nobody else has a number: the closing contact ends as not reached.
    await service.fastForward(stay.id, 'P35D');
    return stay.id;
  },

  /** Looked for by every way, and not found. */
  async 'discharge-lost'(service) {
    const stay = await Stay.atHome(service);
    for (const [day, channel] of ['phone', 'home', 'community', 'letter'].entries()) {
      await stay.until(day + 1, 10);
      // A number that is somebody else's needs no second call.
      await stay.say('nurse', 'record-contact', { channel, outcome: channel === 'phone' ? 'wrong-number' : 'no-answer' });
    }
    await service.fastForward(stay.id, 'P30D');
    return stay.id;
  },

  /** Withdrawn, brought back, said to have moved and to have died, seen and called by others, withdrawn again. */
  async 'discharge-withdrawn'(service) {
    const stay = await Stay.atHome(service);
    await stay.say('gp', 'withdraw', reason);
    await stay.say('gp', 'reopen', reason);
    await stay.say('nurse', 'record-contact', { channel: 'phone', outcome: 'moved', note: typed });
    await service.post('gp', `/v1/tasks/${await stay.findTask('gp', 'confirm-move')}/complete`, { outcome: 'refuted', note: typed });
    await service.post('nurse', `/v1/patients/${stay.patientId}/report-death`, { heardFrom: typed });
    await service.post('gp', `/v1/patients/${stay.patientId}/refute-death`, reason);
    await service.post('nurse', `/v1/patients/${stay.patientId}/visits`, { call: { outcome: 'no-answer' } });
    const visit = { visitedAt: new Date().toISOString(), mode: 'clinic', form: { bloodPressures: [{ systolic: 132, diastolic: 82 }] } };
    await service.post('nurse', `/v1/patients/${stay.patientId}/visits`, visit);
    await service.waitUntilFactsAreDecided();
    await service.report(stay.id, 'patient-moved', { homeInstitutionId: 'inst-c02' });
    await stay.say('specialist', 'withdraw', reason);
    await service.fastForward(stay.id, SETTLED);
    return stay.id;
  },

  /** Orders come in a message; in hospital again, and discharged from there. */
  async 'discharge-readmitted'(service) {
    const stay = await Stay.atHome(service, { daysAgo: 6 });
    await stay.sendOrder();
    const later = await stay.admitAgain('inst-h1', { daysAgo: 2 });
    await service.fastForward(stay.id, 'P1D');
    await later.discharge({ hoursAgo: 1 });
    await service.fastForward(stay.id, SETTLED);
    return stay.id;
  },

  async 'discharge-transferred'(service) {
    const stay = await Stay.admitted(service, { daysAgo: 9 });
    await stay.discharge({ hoursAgo: 3, disposition: 'other-hospital' });
    await stay.admitAgain('inst-h2', { daysAgo: 1 / 24 });
    await service.fastForward(stay.id, SETTLED);
    return stay.id;
  },

  /** The discharge was an error, then the admission. */
  async 'discharge-cancelled'(service) {
    const stay = await Stay.atHome(service);
    await stay.report('discharge-cancelled', 0);
    await stay.report('admission-cancelled', 0);
    await service.fastForward(stay.id, SETTLED);
    return stay.id;
  },

  /** Nobody could be enrolled, so the doctor of the centre has seen to it; two records were of one person, who has died. */
  async 'discharge-handed-over-and-died'(service) {
    const stay = await Stay.admitted(service, { daysAgo: 9 });
    await recordPlanOfNoProtocol(service, stay);
    await stay.discharge({ hoursAgo: 1 });
    await service.fastForward(stay.id, 'P31D');
    await service.waitUntilFactsAreDecided();
    await completeTask(service, 'gp', await stay.findTask('gp', 'enrol-resident'), { note: typed });
    const survivorPatientId = await Stay.newPatient(service);
    await merge(service, stay.patientId, survivorPatientId);
    await service.report(stay.id, 'patient-died', { patientId: survivorPatientId });
    await service.fastForward(stay.id, SETTLED);
    return stay.id;
  },

  /** Nobody does anything for 90 days; a year of working days is published meanwhile, which every later recording would hold too. */
  async 'discharge-expired'(service) {
    const stay = await Stay.atHome(service);
    const source = { title: '放假通知', reference: 'test', publishedOn: '2026-11-01' };
    await service.post('office', '/v1/calendars', { year: 2027, version: 1, source, holidays: [], makeUpWorkdays: [] });
    await service.waitUntilFactsAreDecided();
    await service.fastForward(stay.id, 'P100D');
    return stay.id;
  },
};

/** The protocol of the plan is not in force any more when the patient is handed over, as after years: the API itself would not take such a plan. */
async function recordPlanOfNoProtocol(service: RecordedService, stay: Stay): Promise<void> {
  const input = {
    template: null,
    without: [],
    information: { responsibleClinician: true, instructions: true, noMedication: true, noPendingResults: true },
    operatedOn: null,
    site: null,
    joint: null,
    riskInputs: {},
    orders: [],
    itemIds: {},
    linkConsent: 'none',
    handover: { to: 'follow-up', protocol: 'none' },
  };
  const actor = { personId: 'person-h1-nurse', institutionId: 'inst-h1', role: 'nurse' };
  const command = { operation: 'recordDischargePlan', requestId: randomUUID(), pathwayKind: 'discharge', name: 'record-plan' } as const;
  await inTransaction(service.db, { system: true, part: 'operator' }, (trx) =>
    storeRelayedCommand(trx, { ...command, key: `plan:${stay.id}`, pathwayId: stay.id, actor, input }),
  );
  while ((await stay.read()).plan.state !== 'draft') await sleep(20);
}
