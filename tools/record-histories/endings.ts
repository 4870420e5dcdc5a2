/** Every way in which a pathway can end, with what may happen on the way, by the name of its recording. */
import { crisisReadingEndings } from './crisis-reading-endings.ts';
import { dischargeEndings } from './discharge-endings.ts';
import { identityEndings } from './identity-endings.ts';
import { loadEndings, recallEndings } from './load-endings.ts';
import { discrepancyEndings, roundEndings, slipEndings } from './round-endings.ts';
import type { Ending, RecordedService, Referral } from './service.ts';

const DAY_MS = 86_400_000;

const routine = {
  patientId: 'patient-0001',
  direction: 'up',
  urgency: 'routine',
  toInstitutionId: 'inst-h1',
  reason: '血压控制不佳',
  consent: { given: true, recordedAt: '2026-01-01T00:00:00Z' },
};
const emergency = { ...routine, urgency: 'urgent', emergency: true, consent: undefined };

const reason = { reason: '临床原因' };
const outcome = { outcome: '已处理，建议门诊随访' };

const inDays = (days: number, { now }: Referral) => {
  const startsAt = Date.parse(now) + days * DAY_MS;
  return { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(startsAt + 1_800_000).toISOString() };
};

/** Reviews the result and answers the two-week check. By then the time for reopening is past, so the pathway ends at once. */
async function reviewAndCheck(service: RecordedService, id: string): Promise<string> {
  await service.act('gp', id, 'review-result');
  return answerCheck(service, id);
}

async function answerCheck(service: RecordedService, id: string): Promise<string> {
  await service.fastForward(id, 'P14DT1H');
  await service.act('gp', id, 'answer-check', { outcome: 'arrived', note: '已联系患者' });
  return id;
}

export const endings: Record<string, Ending> = {
  async 'completed-and-reviewed'(service) {
    const referral = await service.create('gp', routine);
    await service.act('desk', referral.id, 'send-acceptance');
    await service.act('desk', referral.id, 'schedule-visit', inDays(1, referral));
    await service.fastForward(referral.id, 'P1DT2H');
    await service.act('specialist', referral.id, 'send-outcome', outcome);
    return reviewAndCheck(service, referral.id);
  },

  async 'rejected-and-reviewed'(service) {
    const { id } = await service.create('gp', routine);
    await service.act('desk', id, 'send-decline', reason);
    return reviewAndCheck(service, id);
  },

  async 'no-answer-and-reviewed'(service) {
    const { id } = await service.create('gp', routine);
    await service.fastForward(id, 'P3DT1H'); // asked at three hospitals, 24 h each
    return reviewAndCheck(service, id);
  },

  async 'no-answer-and-reviewed-late'(service) {
    const { id } = await service.create('gp', { ...routine, urgency: 'urgent' });
    await service.fastForward(id, 'P8D'); // nobody answers, and nobody reviews that within 72 h
    await service.act('gp', id, 'review-result');
    await service.fastForward(id, 'P10D'); // nor answers the check within 72 h
    await service.act('gp', id, 'answer-check', { outcome: 'unknown', note: '未联系上患者' });
    return id;
  },

  async 'draft-withdrawn'(service) {
    const { id } = await service.create('gp', { ...routine, draft: true });
    await service.act('gp', id, 'withdraw', reason);
    await service.fastForward(id, 'P7DT1H');
    return id;
  },

  async 'received-and-withdrawn'(service) {
    const { id } = await service.create('gp', routine);
    await service.act('gp', id, 'withdraw', reason);
    return answerCheck(service, id);
  },

  async 'draft-sent-late-and-withdrawn'(service) {
    const { id } = await service.create('gp', { ...routine, draft: true });
    await service.fastForward(id, 'P2D');
    await service.act('gp', id, 'send-referral-package');
    await service.act('gp', id, 'withdraw', reason);
    return answerCheck(service, id);
  },

  async 'cancellation-confirmed'(service) {
    const { id } = await service.create('gp', routine);
    await service.act('desk', id, 'send-acceptance');
    await service.act('gp', id, 'request-cancellation', reason);
    await service.fastForward(id, 'PT13H');
    await service.act('desk', id, 'confirm-cancellation');
    return answerCheck(service, id);
  },

  async 'completed-after-cancellation-requested'(service) {
    const { id } = await service.create('gp', routine);
    await service.act('gp', id, 'request-cancellation', reason);
    await service.act('desk', id, 'send-outcome', outcome);
    return reviewAndCheck(service, id);
  },

  async 'emergency-with-consent-recorded'(service) {
    const { id, now } = await service.create('gp', emergency);
    await service.fastForward(id, 'PT2H'); // called again and again
    await service.act('gp', id, 'record-consent', { consent: { given: true, recordedAt: now } });
    await service.act('desk', id, 'send-acceptance');
    await service.act('desk', id, 'send-outcome', outcome);
    return reviewAndCheck(service, id);
  },

  async 'no-show-rescheduled-noted'(service) {
    const referral = await service.create('gp', routine);
    const { id } = referral;
    await service.act('desk', id, 'send-acceptance');
    await service.act('desk', id, 'schedule-visit', inDays(1, referral));
    await service.fastForward(id, 'P1DT2H');
    const missed = await service.act('desk', id, 'report-no-show');
    await service.act('desk', id, 'reschedule-visit', inDays(1, missed));
    await service.act('desk', id, 'cancel-appointment', reason);
    const rebooked = await service.act('desk', id, 'schedule-visit', inDays(2, missed));
    await service.act('desk', id, 'reschedule-visit', inDays(3, rebooked));
    await service.fastForward(id, 'P3DT2H');
    await service.act('specialist', id, 'send-interim-note', { note: '检查进行中' });
    await service.fastForward(id, 'P4D');
    await service.act('specialist', id, 'send-interim-note', { note: '等待结果' });
    await service.act('specialist', id, 'send-outcome', outcome);
    return reviewAndCheck(service, id);
  },

  async 'asked-by-many-at-once'(service) {
    const { id } = await service.create('gp', routine);
    // One of these is decided first, and the pathway refuses the others, which it had accepted already.
    await Promise.all([
      service.attempt('desk', id, 'send-acceptance'),
      service.attempt('desk', id, 'send-decline', reason),
      service.attempt('gp', id, 'withdraw', reason),
      service.attempt('gp', id, 'request-cancellation', reason),
    ]);
    await service.attempt('desk', id, 'send-outcome', outcome);
    await service.attempt('gp', id, 'review-result');
    return answerCheck(service, id);
  },

  async 'asked-back-and-referred-onward'(service) {
    const { id } = await service.create('gp', routine);
    await service.act('desk', id, 'request-information', { question: '近期化验结果？' });
    await service.fastForward(id, 'PT13H');
    await service.act('gp', id, 'answer-information', { answer: '已上传' });
    await service.act('desk', id, 'refer-onward', { toInstitutionId: 'inst-h2', reason: '专科不对口' });
    await service.act('specialist2', id, 'send-acceptance');
    await service.act('specialist2', id, 'send-outcome', outcome);
    return reviewAndCheck(service, id);
  },

  async 'reopened-and-rejected'(service) {
    const { id } = await service.create('gp', routine);
    await service.act('desk', id, 'send-acceptance');
    await service.act('desk', id, 'send-outcome', outcome);
    await service.act('gp', id, 'review-result');
    await service.fastForward(id, 'P2D');
    await service.act('gp', id, 'reopen', reason);
    await service.act('desk', id, 'send-decline', reason);
    return reviewAndCheck(service, id);
  },

  async 'down-with-first-follow-up'(service) {
    const { id } = await service.create('specialist', {
      ...routine,
      direction: 'down',
      toInstitutionId: 'inst-c01',
      managementPlan: '每周测血压',
    });
    await service.act('gp', id, 'send-acceptance');
    await service.fastForward(id, 'P2D');
    await service.act('gp', id, 'send-outcome', outcome);
    await service.act('specialist', id, 'review-result');
    await service.fastForward(id, 'P14DT1H');
    await service.act('specialist', id, 'answer-check', { outcome: 'arrived', note: '已联系患者' });
    return id;
  },

  async 'patient-moved-and-died'(service) {
    const referral = await service.create('gp', { ...routine, patientId: 'patient-0002' });
    const { id } = referral;
    await service.act('desk', id, 'send-acceptance');
    await service.act('desk', id, 'schedule-visit', inDays(1, referral));
    await service.report(id, 'patient-moved', { homeInstitutionId: 'inst-c02' });
    await service.report(id, 'patient-died');
    await service.fastForward(id, 'P15D');
    return id;
  },

  /** A run may have few events, so the pathway goes on in a new run several times. */
  async 'continued-as-new'(service) {
    const { id } = await service.create('gp', routine, { eventCap: 40 });
    await service.fastForward(id, 'P1DT15H'); // one reroute
    await service.act('specialist2', id, 'send-acceptance');
    await service.act('specialist2', id, 'send-interim-note', { note: '检查进行中' });
    await service.act('specialist2', id, 'send-outcome', outcome);
    return reviewAndCheck(service, id);
  },

  async 'question-answered-and-completed'(service) {
    const { id } = await service.create('gp', routine);
    await service.act('desk', id, 'request-information', { question: '近期用药？' });
    await service.fastForward(id, 'PT13H');
    await service.act('gp', id, 'answer-information', { answer: '无变化' });
    await service.act('desk', id, 'send-acceptance');
    await service.act('desk', id, 'send-outcome', outcome);
    return reviewAndCheck(service, id);
  },

  /** The recording `follow-up-lost` is of older code, which ended a follow-up by itself after so many windows. */
  async 'follow-up-looked-for-and-lost'(service) {
    const { id, pathwayId } = await service.enrol('gp', 'patient-0002', 'htn-2017');
    await service.fastForward(pathwayId, 'P175D');
    const lookFor = (outcome: string) => service.actOnEnrolment('gp', id, 'report-search', { outcome, note: '上门' });
    await lookFor('found');
    await service.fastForward(pathwayId, 'P100D');
    for (const outcome of ['not-found', 'not-found', 'moved']) await lookFor(outcome);
    await service.fastForward(pathwayId, 'P31D');
    return pathwayId;
  },

  async 'follow-up-withdrawn'(service) {
    const { id, pathwayId } = await service.enrol('gp', 'patient-0003', 'elderly');
    await service.actOnEnrolment('gp', id, 'withdraw', reason);
    await service.actOnEnrolment('gp', id, 'reopen', reason);
    await service.actOnEnrolment('gp', id, 'withdraw', reason);
    await service.fastForward(pathwayId, 'P31D');
    return pathwayId;
  },

  async 'follow-up-referred-paused-and-died'(service) {
    const enrolment = await service.enrol('gp', 'patient-0005', 'htn-2017');
    const { pathwayId } = enrolment;
    await service.visit('gp', enrolment, 152, 92);
    await service.fastForward(pathwayId, 'P10D');
    await service.visit('gp', enrolment, 156, 94); // the second in a row: referred
    await service.report(pathwayId, 'patient-admitted', { institutionId: 'inst-h1' });
    await service.fastForward(pathwayId, 'P31D'); // somebody is asked whether the pause goes on
    await service.report(pathwayId, 'patient-died');
    return pathwayId;
  },

  /** A visit by a slip of the pen had started an urgent referral; it is taken back, and so is an older one. */
  async 'follow-up-with-visits-in-error'(service) {
    const enrolment = await service.enrol('gp', 'patient-0003', 'htn-2017');
    const { id, pathwayId } = enrolment;
    const older = await service.visit('gp', enrolment, 152, 92);
    await service.fastForward(pathwayId, 'PT12H');
    await service.visit('gp', enrolment, 128, 80);
    await service.post('gp', `/v1/visits/${older.lastVisit?.id}/mark-entered-in-error`, reason);
    await service.fastForward(pathwayId, 'PT3H');
    const slip = await service.visit('gp', enrolment, 192, 112);
    await service.post('gp', `/v1/visits/${slip.lastVisit?.id}/mark-entered-in-error`, reason);
    await service.waitUntilFactsAreDecided();
    await service.visit('gp', enrolment, 129, 81);
    await service.actOnEnrolment('gp', id, 'withdraw', reason);
    await service.fastForward(pathwayId, 'P31D');
    return pathwayId;
  },

  /** Visit after visit, over several runs: each decision says what has changed, and each run begins with a state that names its documents. */
  async 'follow-up-of-many-visits'(service) {
    const enrolment = await service.enrol('gp', 'patient-0009', 'htn-2017', { eventCap: 40 });
    const { id, pathwayId } = enrolment;
    for (const [systolic, diastolic] of [
      [126, 78],
      [152, 92],
      [128, 80],
      [156, 94],
    ] as const) {
      await service.fastForward(pathwayId, 'P40D');
      await service.visit('gp', enrolment, systolic, diastolic);
    }
    await service.actOnEnrolment('gp', id, 'withdraw', reason);
    await service.fastForward(pathwayId, 'P31D');
    return pathwayId;
  },

  /** Two records are of one resident: the follow-up of the double ends. */
  async 'follow-up-joined-another'(service) {
    const { double } = await mergePatients(service, 'patient-0004', 'patient-0008');
    return double.pathwayId;
  },

  /** Two records are of one resident: the follow-up of the survivor goes on with what the other one held. */
  async 'follow-up-took-in-another'(service) {
    const { kept, double } = await mergePatients(service, 'patient-0006', 'patient-0007');
    for (const { id } of [kept, double]) await service.actOnEnrolment('gp', id, 'withdraw', reason);
    await service.fastForward(kept.pathwayId, 'P31D');
    return kept.pathwayId;
  },

  ...loadEndings,
  ...recallEndings,
  ...roundEndings,
  ...slipEndings,
  ...discrepancyEndings,
  ...crisisReadingEndings,
  ...identityEndings,
  ...dischargeEndings,
};

async function mergePatients(service: RecordedService, survivorPatientId: string, patientId: string) {
  const kept = await service.enrol('gp', survivorPatientId, 'elderly');
  const double = await service.enrol('gp', patientId, 'high-risk');
  await service.report(double.pathwayId, 'patients-merged', { survivorPatientId });
  await service.waitUntilFactsAreDecided();
  return { kept, double };
}
