/** What the tables of episodes show of a decision: the row that lists look at, and what was written of the plan, of orders and of their evidence. */
import { isDeepStrictEqual } from 'node:util';
import { saveEpisode, saveEpisodeTexts } from '../../db/discharge/episodes.ts';
import { saveOutcome } from '../../db/discharge/outcomes.ts';
import { reportDeath } from '../../db/identity-check/deaths.ts';
import { reportMove } from '../../db/identity-check/moves.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { reportCalls } from '../../db/messages/calls-of-person.ts';
import { listEpisodeTexts, type WrittenTexts } from '../../domain/discharge/episode-texts.ts';
import type { OrdersReported, RecordContact, RecordVisit } from '../../domain/discharge/events.ts';
import { outcomeOf } from '../../domain/discharge/outcome.ts';
import { dischargedOnOf } from '../../domain/discharge/owed-duties.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Projected, Projection } from '../kit/projection.ts';
import { handOver } from './hand-over.ts';
import { keepLink } from './keep-link.ts';
import { referAfterTriage } from './triage-referral.ts';
import { listWordsOfSentOrders } from './words-of-sent-orders.ts';

export const dischargeProjection: Projection<DischargeState> = {
  async project(trx, projected) {
    const { pathwayId, before, after, event, texts } = projected;
    if (after.status === null) return;
    if (event.name === 'record-contact') await followContact(trx, projected);
    const { ofOrders, ofEvidence, ...plan } = texts as WrittenTexts & Record<string, unknown>;
    await saveEpisode(trx, {
      id: pathwayId,
      patient_id: after.patientId,
      hospital_id: after.hospitalId,
      centre_id: after.centreId,
      visit_number: after.visitNumber,
      status: after.status,
      end_reason: after.endReason,
      risk: after.risk.level,
      discharged_on: dischargedOnOf(after) ?? null,
      overdue: after.duties.some(({ state }) => state === 'overdue') || after.orders.some(({ status }) => status === 'overdue'),
      plan: event.name === 'record-plan' ? plan : null,
    });
    await writeOutcome(trx, projected);
    await keepLink(trx, projected);
    if (event.name === 'triage') await referAfterTriage(trx, projected);
    await handOver(trx, projected);
    const sent = event.name === 'orders-reported' ? await listWordsOfSentOrders(trx, before, after, event.input as OrdersReported) : [];
    await saveEpisodeTexts(trx, pathwayId, new Map([...listEpisodeTexts(before, after, { ofOrders, ofEvidence }), ...sent]));
  },
};

/** A call is one of the resident's, on whichever pathway it was made: what they were to be called for elsewhere has the same outcome. */
async function followContact(trx: Trx, projected: Projected<DischargeState>): Promise<void> {
  const { after, event } = projected;
  const { channel, outcome, callAt } = event.input as RecordContact;
  const actor = event.actor as Actor;
  // Whoever calls from the hospital does not know what the centre has to tell, so those calls stay open when the resident was reached.
  const isTold = actor.institutionId === after.centreId || (outcome !== 'reached' && outcome !== 'refused');
  if (channel === 'phone' && isTold)
    await reportCalls(trx, {
      patientId: after.patientId,
      // Whether they have moved is asked once, of the resident, and not for each call.
      outcome: outcome === 'reached' ? 'agreed' : outcome === 'moved' ? 'call-later' : outcome,
      // The episode's clock may have been pushed forward, that of the calls is the wall's.
      callAt: callAt === undefined ? null : new Date(Date.now() + callAt - event.at),
      personId: actor.personId,
      at: new Date(),
    });
  await askWhetherDied(trx, projected);
  await askWhetherMoved(trx, projected);
}

/** The row that the indicators count is written when something in it has changed. */
async function writeOutcome(trx: Trx, { pathwayId, before, after, event, decision }: Projected<DischargeState>): Promise<void> {
  const outcome = outcomeOf(after);
  const visitedOn = event.name === 'record-visit' ? localDateOf((event.input as RecordVisit).visitedAt) : undefined;
  const isMoved = before.hospitalId !== after.hospitalId || before.centreId !== after.centreId || before.patientId !== after.patientId;
  if (before.status !== null && !isMoved && visitedOn === undefined && isDeepStrictEqual(outcomeOf(before), outcome)) return;
  const { hospitalId, centreId } = after;
  await saveOutcome(trx, { episodeId: pathwayId, hospitalId, centreId, outcome, visitedOn, today: localDateOf(decision.at) });
}

/** One question, however often and on whichever pathway it is said; until somebody has answered it nobody is asked to look for the person. */
async function askWhetherDied(trx: Trx, { after, event, texts }: Projected<DischargeState>): Promise<void> {
  const { outcome } = event.input as RecordContact;
  if (outcome !== 'dead') return;
  const report = { patientId: after.patientId, diedOn: null, heardFrom: heardFromIn(texts) };
  await reportDeath(trx, report, { actor: event.actor as Actor, requestId: event.id });
}

async function askWhetherMoved(trx: Trx, { after, event, texts }: Projected<DischargeState>): Promise<void> {
  const { outcome } = event.input as RecordContact;
  if (outcome !== 'moved') return;
  await reportMove(
    trx,
    { patientId: after.patientId, heardFrom: heardFromIn(texts) },
    { actor: event.actor as Actor, requestId: event.id },
  );
}

const heardFromIn = ({ note }: Record<string, unknown>): string =>
  typeof note === 'string' ? note : '出院后联系时告知 / said when the resident was to be contacted after a discharge';
