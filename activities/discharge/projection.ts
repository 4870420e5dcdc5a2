/** What the tables of episodes show of a decision: the row that lists look at, and what was written of the plan, of orders and of their evidence. */
import { saveEpisode, saveEpisodeTexts } from '../../db/discharge/episodes.ts';
import { dischargedOnOf } from '../../domain/discharge/owed-duties.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import type { Projection } from '../kit/projection.ts';

type Texts = Readonly<Record<string, Record<string, unknown>>>;

export const dischargeProjection: Projection<DischargeState> = {
  async project(trx, { pathwayId, before, after, event, texts }) {
    if (after.status === null) return;
    const { ofOrders, ofEvidence, ...plan } = texts as { ofOrders?: Texts; ofEvidence?: Texts } & Record<string, unknown>;
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
    await saveEpisodeTexts(trx, pathwayId, new Map([...textsOfOrders(ofOrders), ...textsOfEvidence(before, after, ofEvidence)]));
  },
};

const textsOfOrders = (ofOrders: Texts = {}): [string, Record<string, unknown>][] =>
  Object.entries(ofOrders).map(([orderId, body]) => [`order:${orderId}`, body]);

/** The evidence has the place that the decision gave it. */
const textsOfEvidence = (before: DischargeState, after: DischargeState, ofEvidence: Texts = {}): [string, Record<string, unknown>][] =>
  Object.entries(ofEvidence).flatMap(([orderId, body]): [string, Record<string, unknown>][] => {
    const [earlier, now] = [before, after].map(({ orders }) => orders.find(({ id }) => id === orderId)?.evidence.length ?? 0);
    return now !== undefined && earlier !== undefined && now > earlier ? [[`evidence:${orderId}:${now - 1}`, body]] : [];
  });
