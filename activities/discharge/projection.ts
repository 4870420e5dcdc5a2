/** What the table of episodes shows of a decision. */
import { saveEpisode } from '../../db/discharge/episodes.ts';
import { dischargedOnOf } from '../../domain/discharge/owed-duties.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import type { Projection } from '../kit/projection.ts';

export const dischargeProjection: Projection<DischargeState> = {
  async project(trx, { pathwayId, after, event, texts }) {
    if (after.status === null) return;
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
      overdue: after.duties.some(({ state }) => state === 'overdue'),
      plan: event.name === 'record-plan' ? texts : null,
    });
  },
};
