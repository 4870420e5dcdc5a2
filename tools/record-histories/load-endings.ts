/** Every way in which a load or a recall can end, with what may happen on the way, by the name of its recording. */
import type { Ending, RecordedService } from './service.ts';
import { createSupplyCourse, lot, type Resource } from './supply.ts';
import { completeTask, note, nurseOf, once, reason } from './supply-steps.ts';

/** A load of its own steriliser that starts at eight on the day after D. */
async function startLoad(service: RecordedService, prefix: string, { packs: count = 1, implant = false, indicators = 'bi' } = {}) {
  const course = createSupplyCourse(service, prefix);
  const steriliser = await course.addSteriliser('steriliser');
  const type = await course.addSetType('type', { implant });
  const packs = await course.makePacks(type.id, count, course.at(0, '08:00'), 'set');
  const startAt = course.at(1, '08:00');
  const placed = { none: [], bi: [course.biological], both: [course.biological, course.chemical] }[indicators] ?? [];
  const load = await course.startLoad(steriliser, packs, startAt, placed);
  await service.waitUntilBegun(load.id);
  return { course, steriliser, type, packs, load, startAt };
}

type StartedLoad = Awaited<ReturnType<typeof startLoad>>;

async function endAndUnload({ course, load, packs, startAt }: StartedLoad, wet = 0): Promise<void> {
  await course.endLoad(load, startAt);
  await course.unloadLoad(load, packs, startAt, wet);
}

async function release(started: StartedLoad): Promise<void> {
  await endAndUnload(started);
  await started.course.releaseLoad(started.load, started.startAt);
}

/** A round of its own brings the packs to a centre in the middle of the day. */
async function bringTo(centre: string, { course, packs }: Pick<StartedLoad, 'course' | 'packs'>): Promise<void> {
  const [vehicle, box] = [await course.addVehicle('vehicle'), await course.addBox('box', 'sterile')];
  const round = await course.planRound(vehicle, { days: 2, centres: [centre] });
  const stopId = round.stops[0]?.id ?? '';
  await course.confirm(round);
  await course.loadAndDepart(round, 2, [{ stopId, box, packs }]);
  await course.visitStop(stopId, nurseOf(centre), course.at(2, '09:00'), { packs });
}

/** An implant that left on a form and was used; then its indicator is invalid, and infection control is asked. */
async function takeBackUsedImplant(service: RecordedService, prefix: string): Promise<StartedLoad> {
  const started = await startLoad(service, prefix, { implant: true, indicators: 'both' });
  const { course, load, packs, startAt } = started;
  await endAndUnload(started);
  const chemical = load.indicatorIds[1];
  await service.post('releaser', `/v1/load-indicators/${chemical}/read`, { result: 'pass', happenedAt: course.after(startAt, 50) });
  await course.releaseLoad(load, startAt);
  await service.post('headnurse', `/v1/loads/${load.id}/emergency-release`, {
    packIds: packs.map(({ id }) => id),
    forInstitutionId: 'inst-c01',
    clinician: '王医生',
    reason: '急诊手术',
    happenedAt: course.after(startAt, 85),
  });
  await bringTo('inst-c01', started);
  await service.post('nurse', `/v1/packs/${packs[0]?.id}/open`, { innerCi: 'pass', happenedAt: course.at(2, '12:00') });
  await course.readBiological(load, startAt, false, null);
  await service.waitUntilFactsAreDecided();
  return started;
}

/** The reading is put right: the control had grown. */
const correctToPass = async (service: RecordedService, { course, load }: StartedLoad): Promise<void> => {
  const reading = { growth: false, control: { lot, growth: true } };
  await service.post('headnurse', `${course.indicatorPath(load)}/correct`, { ...reading, ...reason, happenedAt: course.at(3, '08:00') });
};

/** Nobody acts in time on the load; then its indicator grows. */
const failLoad = once(async (service) => {
  const started = await startLoad(service, 'failed', { packs: 2 });
  const { course, load, startAt } = started;
  await service.fastForward(load.id, 'P9D'); // the end is overdue
  await release(started);
  await service.fastForward(load.id, 'P1D'); // so is the incubation
  await course.readBiological(load, startAt, true);
  await service.waitUntilFactsAreDecided();
  const { recallIds } = await service.get('headnurse', `/v1/loads/${load.id}`);
  return { ...started, recallId: recallIds[0] ?? '' };
});

export const loadEndings: Record<string, Ending> = {
  async 'load-confirmed'(service) {
    const started = await startLoad(service, 'confirmed');
    await release(started);
    await started.course.readBiological(started.load, started.startAt, false);
    return started.load.id;
  },

  async 'load-released-without-indicator'(service) {
    const started = await startLoad(service, 'released', { indicators: 'none' });
    await release(started);
    return started.load.id;
  },

  async 'load-reviewed-and-rejected'(service) {
    const started = await startLoad(service, 'rejected', { packs: 3 });
    await endAndUnload(started, 2);
    const at = `/v1/loads/${started.load.id}`;
    await service.post('headnurse', `${at}/review`, note);
    await service.post('releaser', `${at}/reject`, { ...reason, happenedAt: started.course.after(started.startAt, 90) });
    return started.load.id;
  },

  async 'load-aborted'(service) {
    const { load, course, startAt } = await startLoad(service, 'aborted');
    await service.post('technician', `/v1/loads/${load.id}/abort`, { ...reason, happenedAt: course.after(startAt, 10) });
    return load.id;
  },

  async 'load-late-and-failed'(service) {
    return (await failLoad(service)).load.id;
  },

  async 'load-taken-back-not-recalled-and-corrected'(service) {
    const started = await takeBackUsedImplant(service, 'not-recalled');
    await completeTask(service, 'infection', `${started.load.id}.recall-decision`, { result: 'no-recall', ...note });
    await correctToPass(service, started);
    await service.waitUntilFactsAreDecided();
    return started.load.id;
  },

  async 'load-taken-back-and-recalled-by-silence'(service) {
    const started = await takeBackUsedImplant(service, 'silence');
    await service.fastForward(started.load.id, 'P10D');
    await correctToPass(service, started);
    await service.waitUntilFactsAreDecided();
    return started.load.id;
  },

  /** An inner indicator fails before the load is over: its own pathway asks the releaser. */
  async 'load-with-failed-inner-indicator'(service) {
    const started = await startLoad(service, 'inner');
    await release(started);
    await openWithFailedIndicator(service, started);
    await completeTask(service, 'releaser', `${started.load.id}.review-overdue-${started.packs[0]?.id}`, note);
    await started.course.readBiological(started.load, started.startAt, false);
    await service.waitUntilFactsAreDecided();
    return started.load.id;
  },

  /** The same after the load is over: the question is a pathway of its own. */
  async 'load-inquiry-answered'(service) {
    const started = await startLoad(service, 'inquiry', { indicators: 'none' });
    await release(started);
    await openWithFailedIndicator(service, started);
    const pathwayId = await service.findPathwayOfTask('releaser', `review-overdue-${started.packs[0]?.id}`);
    await completeTask(service, 'releaser', `${pathwayId}.review-overdue-${started.packs[0]?.id}`, note);
    return pathwayId;
  },
};

async function openWithFailedIndicator(service: RecordedService, started: StartedLoad): Promise<void> {
  await bringTo('inst-c01', started);
  await service.post('nurse', `/v1/packs/${started.packs[0]?.id}/open`, { innerCi: 'fail', happenedAt: started.course.at(2, '12:00') });
  await service.waitUntilFactsAreDecided();
}

// --- recalls ----------------------------------------------------------------------------------

/** Everybody has acknowledged and accounted, and two persons sign. */
async function closeRecall(service: RecordedService, recallId: string, packs: readonly Resource[]): Promise<string> {
  const at = `/v1/recalls/${recallId}`;
  await service.post('technician', `${at}/acknowledge`);
  await service.post('technician', `${at}/account`, { lines: packs.map(({ id }) => ({ packId: id, end: 'retrieved' })) });
  await service.waitUntilFactsAreDecided();
  await service.post('headnurse', `${at}/cause`, { text: '门封老化' });
  await service.post('headnurse', `${at}/report`, { text: '全部收回' });
  await service.post('headnurse', `${at}/sign`);
  await service.post('infection', `${at}/sign`);
  return recallId;
}

export const recallEndings: Record<string, Ending> = {
  async 'recall-late-and-closed'(service) {
    const { recallId, steriliser, packs } = await failLoad(service);
    await service.waitUntilBegun(recallId);
    await service.fastForward(recallId, 'PT3H'); // the holders are called again and again
    await service.post('headnurse', `/v1/sterilisers/${steriliser.id}/retire`);
    return closeRecall(service, recallId, packs);
  },

  async 'recall-drill-closed'(service) {
    const started = await startLoad(service, 'drill', { indicators: 'none' });
    await release(started);
    const { id } = await service.post('headnurse', '/v1/recalls', { loadId: started.load.id, drill: true, ...reason });
    return closeRecall(service, id, started.packs);
  },
};
