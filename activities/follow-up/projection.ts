/** Writes a decision into follow-up's own tables, and creates the referral that a visit may start. Free text comes from the command's row. */
import { lockResident } from '../../db/directory/resident-records.ts';
import { hasOtherFollowUp, mergeEnrolment, partEnrolments, saveEnrolment } from '../../db/follow-up/enrolments.ts';
import { noteHandouts } from '../../db/follow-up/lessons.ts';
import { handOverFollowUp } from '../../db/follow-up/merged-follow-ups.ts';
import { giveBackParts } from '../../db/follow-up/parted-follow-ups.ts';
import { listLatestMedicines } from '../../db/follow-up/visits.ts';
import { reportDeath } from '../../db/identity-check/deaths.ts';
import { storeRelayedCommand } from '../../db/kit/relayed-commands.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { closeEpisode, publishOpenEpisodesTo } from '../../db/readings/episodes.ts';
import { findFirstHospital } from '../../db/referral/first-hospital.ts';
import { loadReferralInput, referralPolicy } from '../../db/referral/referrals.ts';
import { listNewHandouts } from '../../domain/follow-up/education.ts';
import type { FollowUpJoined, JoinFollowUp, MergerRetracted, RecordVisit, ReportSearch } from '../../domain/follow-up/events.ts';
import { pairsOf } from '../../domain/follow-up/merge-follow-ups.ts';
import { listDiseasesToTell, medicinesInWords, type ReferralSummary, summaryInWords } from '../../domain/follow-up/referral-summary.ts';
import { type Enrolment, type FollowUpState, holdingsOf, lessonsOf, type StartedReferral, visitsOf } from '../../domain/follow-up/state.ts';
import { partingHoldings } from '../../domain/follow-up/undo-merger.ts';
import { buildVisitSummary } from '../../domain/follow-up/visit-summary.ts';
import { mayRefer } from '../../domain/follow-up/visits.ts';
import type { Actor, Refusal } from '../../domain/kit/pathway.ts';
import type { CreateReferral } from '../../domain/referral/events.ts';
import type { Projected, Projection } from '../kit/projection.ts';
import { refuseSecondVisit, type VisitTexts, writeVisit } from './visits.ts';
import { markVisit, refuseSecondMark } from './visits-in-error.ts';

async function project(trx: Trx, projected: Projected<FollowUpState>): Promise<void> {
  const { pathwayId, before, after, event } = projected;
  for (const enrolment of after.enrolments)
    if (!before.enrolments.includes(enrolment) || before.centreId !== after.centreId || before.patientId !== after.patientId)
      await saveEnrolment(trx, pathwayId, after, enrolment);
  await noteLessons(trx, before, after);
  if (event.name === 'record-visit') await writeVisit(trx, projected);
  if (event.name === 'mark-visit-in-error') await markVisit(trx, projected);
  const started = after.referrals.find(({ id }) => !before.referrals.some((referral) => referral.id === id));
  if (started && event.name === 'record-visit') await startReferral(trx, projected, started);
  if (event.name === 'report-search') await askWhetherDied(trx, projected);
  if (event.name === 'join-follow-up') return handOverTo(trx, projected);
  if (event.name === 'follow-up-joined') await mergeEnrolments(trx, projected);
  if (event.name === 'merger-retracted') await partWithOthers(trx, projected);
  if (!isOn(before) && isOn(after))
    await publishOpenEpisodesTo(trx, { pathwayId, patientId: after.patientId, stepId: event.id, institutionId: after.centreId });
  await closeEpisodes(trx, projected);
}

async function noteLessons(trx: Trx, before: FollowUpState, after: FollowUpState): Promise<void> {
  for (const enrolment of after.enrolments) {
    const known = before.enrolments.find(({ id }) => id === enrolment.id);
    if (known === enrolment) continue;
    const codes = listNewHandouts(known ? lessonsOf(known) : [], lessonsOf(enrolment));
    await noteHandouts(
      trx,
      enrolment.id,
      lessonsOf(enrolment).filter(({ code }) => codes.includes(code)),
    );
  }
}

/** A death that was learnt of while looking for the resident is reported, and somebody confirms it, as one that was told on the telephone. */
async function askWhetherDied(trx: Trx, { before, event, texts }: Projected<FollowUpState>): Promise<void> {
  const { outcome } = event.input as ReportSearch;
  if (outcome !== 'died') return;
  const heardFrom = typeof texts.note === 'string' ? texts.note : '寻访时得知 / heard while looking for the resident';
  await reportDeath(trx, { patientId: before.patientId, diedOn: null, heardFrom }, { actor: event.actor as Actor, requestId: event.id });
}

/** What is open goes over unchanged to the follow-up that goes on. */
const handOverTo = (trx: Trx, { pathwayId, before, after, event, decision }: Projected<FollowUpState>): Promise<void> =>
  handOverFollowUp(trx, {
    pathwayId,
    patientId: after.patientId,
    intoPathwayId: (event.input as JoinFollowUp).intoPathwayId,
    joinFactId: event.id,
    held: holdingsOf(before),
    at: new Date(decision.at),
  });

/** What belongs to the other person goes back to them, and the enrolments of a follow-up that goes on count for themselves again. */
async function partWithOthers(trx: Trx, { pathwayId, before, after, event, decision }: Projected<FollowUpState>): Promise<void> {
  const { parts = [], resumes } = event.input as MergerRetracted;
  if (resumes)
    await partEnrolments(
      trx,
      after.enrolments.map(({ id }) => id),
    );
  for (const part of parts)
    await giveBackParts(trx, {
      pathwayId,
      stepId: event.id,
      part,
      held: partingHoldings(before, part),
      institutionId: after.centreId,
      at: new Date(decision.at),
    });
}

/** Whether the follow-up has begun and goes on. */
const isOn = ({ centreId, endedAt }: FollowUpState): boolean => centreId !== '' && endedAt === null;

/** An enrolment of the other follow-up that did not go on itself: its visits count in the one of this follow-up from now on. */
async function mergeEnrolments(trx: Trx, { before, event }: Projected<FollowUpState>): Promise<void> {
  const { held, givenBack } = event.input as FollowUpJoined;
  if (givenBack) return;
  for (const { mine, theirs } of pairsOf(before, held)) await mergeEnrolment(trx, theirs.id, mine.id);
}

/** An episode is closed by whoever says what was done, or by the pathway when the follow-up itself has ended. */
async function closeEpisodes(trx: Trx, { before, after, event, decision, texts }: Projected<FollowUpState>): Promise<void> {
  // An episode that goes to the other person stands open there.
  if (event.name === 'merger-retracted') return;
  const closed = before.episodes.filter(({ id }) => !after.episodes.some((episode) => episode.id === id));
  for (const { id } of closed)
    await closeEpisode(trx, {
      id,
      closedAt: new Date(decision.at),
      closedBy: event.actor,
      done: typeof texts.note === 'string' ? texts.note : event.name,
    });
}

/**
 * The referral's creating command is stored with the visit that asks for it, and sent by the relay: neither exists without the other.
 * An urgent one of a doctor goes out at once, its consent may follow; what lacks a doctor or a consent is a draft.
 */
async function startReferral(trx: Trx, { before, after, event, texts }: Projected<FollowUpState>, started: StartedReferral): Promise<void> {
  const actor = event.actor as Actor;
  const { enrolmentId } = event.input as RecordVisit;
  const { form, referral = {} } = texts as VisitTexts;
  const enrolment = before.enrolments.find(({ id }) => id === enrolmentId) as Enrolment;
  const disease = before.protocols[enrolment.protocol]?.disease ?? '';
  const to = await findReferralAddressee(trx, before, referral, disease);
  const ground = await loadReferralInput(trx, {
    patientId: before.patientId,
    toInstitutionId: to.institutionId,
    toDepartmentId: to.departmentId ?? undefined,
    personId: actor.personId,
    institutionId: actor.institutionId,
    direction: 'up',
  });
  const urgent = started.urgency === 'urgent';
  const consentGiven = referral.consent?.given === true;
  const input: CreateReferral = {
    draft: !mayRefer(actor) || !(urgent || consentGiven),
    patientId: before.patientId,
    direction: 'up',
    urgency: started.urgency,
    emergency: urgent,
    consentGiven,
    overridden: true,
    replacesId: null,
    initiatorDepartmentId: ground.initiatorDepartmentId,
    addressee: to,
    policy: referralPolicy(ground, 'up'),
  };
  await storeRelayedCommand(trx, {
    key: `follow-up:${started.id}`,
    operation: 'createReferral',
    requestId: event.id,
    pathwayId: started.id,
    pathwayKind: 'referral',
    name: 'create',
    actor,
    input,
    texts: {
      reason: reasonText(enrolment.protocol, urgent),
      ...(await summarise(trx, after, enrolmentId, form)),
      consent: referral.consent,
      overrideReason: 'follow-up',
    },
  });
}

/** The referral goes where the form says, else to the alliance's first hospital: to its department for the disease, or to its referral desk. */
async function findReferralAddressee(
  trx: Trx,
  { configuration }: FollowUpState,
  { toInstitutionId, toDepartmentId }: NonNullable<VisitTexts['referral']>,
  disease: string,
): Promise<{ institutionId: string; departmentId: string | null }> {
  if (toInstitutionId !== undefined) return { institutionId: toInstitutionId, departmentId: toDepartmentId ?? null };
  return findFirstHospital(trx, configuration.departmentCodes[disease] ?? null);
}

const reasonText = (protocol: string, urgent: boolean): string =>
  urgent ? `随访发现危急情况，按 ${protocol} 紧急转诊` : `随访连续未达标或需专科处理，按 ${protocol} 转诊`;

/** The summary as data and in words. */
async function summarise(
  trx: Trx,
  state: FollowUpState,
  enrolmentId: string,
  form: unknown,
): Promise<{ summary: string; summaryData: Omit<ReferralSummary, 'text'> }> {
  const named = await listLatestMedicines(
    trx,
    state.enrolments.map(({ id }) => id),
  );
  const visitedAt = Math.max(...visitsOf(state, enrolmentId).map((visit) => visit.visitedAt));
  const summaryData = {
    diseases: listDiseasesToTell(state, enrolmentId, visitedAt),
    medicines: [...new Set(named.flatMap(medicinesInWords))],
  };
  return { summary: summaryInWords(summaryData, buildVisitSummary(form)).slice(0, 8_000), summaryData };
}

/** One follow-up a person: whoever comes second joins the first. One visit a person and instant: whoever comes second is told of the first. */
async function refuse(trx: Trx, projected: Projected<FollowUpState>): Promise<Refusal | undefined> {
  const { pathwayId, before, after, event } = projected;
  if (event.name === 'record-visit') return refuseSecondVisit(trx, projected);
  if (event.name === 'mark-visit-in-error') return refuseSecondMark(trx, projected);
  if (before.centreId !== '') return undefined;
  const { recordIds } = await lockResident(trx, after.patientId);
  return (await hasOtherFollowUp(trx, pathwayId, recordIds)) ? { code: 'already-exists', state: null } : undefined;
}

export const followUpProjection: Projection<FollowUpState> = { project, refuse };
