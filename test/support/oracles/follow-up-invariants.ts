/** What must hold of a follow-up whoever was killed: its promises, its rows, and a referral for each visit that asked for one. */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../../db/kit/database.ts';
import type { RecordVisit } from '../../../domain/follow-up/events.ts';
import { findBrokenInvariant } from '../../../domain/follow-up/simulated-life.ts';
import { type FollowUpState, initialFollowUpState } from '../../../domain/follow-up/state.ts';
import { type Decision, evolve, type PathwayEvent } from '../../../domain/kit/pathway.ts';

export async function findBrokenFollowUp(
  db: Database,
  id: string,
  state: FollowUpState,
  decisions: readonly { event: PathwayEvent; decision: Decision<unknown> }[],
): Promise<string[]> {
  const promise = findBrokenInvariant(state);
  return [...(promise ? [promise] : []), ...(await enrolmentsBroken(db, id, state)), ...(await visitsBroken(db, id, state, decisions))];
}

async function enrolmentsBroken(db: Database, id: string, state: FollowUpState): Promise<string[]> {
  const rows = await db
    .selectFrom('enrolment')
    .select(['id', 'patient_id', 'institution_id', 'status', 'end_reason', 'next_opens_on', 'next_due_on', 'missed'])
    .where('pathway_id', '=', id)
    .orderBy('id')
    .execute();
  const shown = rows.map((row) => Object.values(row));
  const wanted = state.enrolments
    .map((one) => [
      one.id,
      state.patientId,
      state.centreId,
      one.status,
      one.endReason,
      one.next?.opensOn ?? null,
      one.next?.dueOn ?? null,
      one.missed,
    ])
    .sort(([a = ''], [b = '']) => (String(a) < String(b) ? -1 : 1));
  return isDeepStrictEqual(shown, wanted) ? [] : [`the enrolments show ${JSON.stringify(shown)}, the state is ${JSON.stringify(wanted)}`];
}

/** Each recorded visit has its row, once; the referral that it started was asked for once and is there, and no visit names another one. */
async function visitsBroken(
  db: Database,
  id: string,
  state: FollowUpState,
  decisions: readonly { event: PathwayEvent; decision: Decision<unknown> }[],
): Promise<string[]> {
  const wanted: [string, string | null][] = [];
  let before = initialFollowUpState;
  for (const { event, decision } of decisions) {
    const after = evolve(before, decision as Decision<FollowUpState>);
    const started = after.referrals.find((referral) => !before.referrals.some((known) => known.id === referral.id));
    if (event.name === 'record-visit') {
      const { visitId, furtherParts = [] } = event.input as RecordVisit;
      for (const id of [visitId, ...furtherParts.map((part) => part.visitId)]) wanted.push([id, started?.id ?? null]);
    }
    before = after;
  }
  const rows = await db
    .selectFrom('follow_up_visit')
    .innerJoin('enrolment', 'enrolment.id', 'enrolment_id')
    .leftJoin('pathway', 'pathway.id', 'referral_id')
    .select(['follow_up_visit.id', 'referral_id', 'pathway.kind', 'pathway.version', 'pathway.patient_id'])
    .where('enrolment.pathway_id', '=', id)
    .execute();
  const sorted = (visits: [string, string | null][]) => visits.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const broken: string[] = [];
  const shown = sorted(rows.map((row) => [row.id, row.referral_id]));
  if (!isDeepStrictEqual(shown, sorted(wanted)))
    broken.push(`the visits and their referrals are ${JSON.stringify(shown)}, the decisions say ${JSON.stringify(sorted(wanted))}`);
  for (const { referral_id, kind, version, patient_id } of rows) {
    if (referral_id === null) continue;
    if (kind !== 'referral' || !version || patient_id !== state.patientId)
      broken.push(`a visit started the referral ${referral_id}, which is ${kind ?? 'nothing'} at version ${version} of ${patient_id}`);
    const asked = await db.selectFrom('command').select('id').where('pathway_id', '=', referral_id).where('name', '=', 'create').execute();
    if (asked.length !== 1) broken.push(`the referral ${referral_id} was asked for ${asked.length} times`);
  }
  return broken;
}

/** No referral says that a visit asked for it and is named by none. */
export async function findReferralsWithoutVisit(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom('command')
    .leftJoin('follow_up_visit', 'follow_up_visit.referral_id', 'command.pathway_id')
    .select('command.pathway_id')
    .where('idempotency_key', 'like', 'follow-up:%')
    .where('follow_up_visit.id', 'is', null)
    .execute();
  return rows.map(({ pathway_id }) => `the referral ${pathway_id} was asked for by a visit that is not there`);
}
