/** Lives an act of the simulated quarter on the real service: the same act through the API, as the person whose act it is. */
import type { SupplyAct } from '../../../../domain/supply-quarter/acts.ts';
import type { SimulatedWorld } from '../../../../domain/supply-quarter/world.ts';
import {
  assembleOnService,
  breachOnService,
  inspectOnService,
  reviewBreachOnService,
  tellOpenedOnService,
  washOnService,
} from './floor-acts.ts';
import { endLoadOnService, planLoadOnService, readIndicatorOnService, testBowieDickOnService, unloadOnService } from './load-acts.ts';
import { nurseOf, type QuarterNames, toInstant } from './names.ts';
import {
  accountOnService,
  acknowledgeOnService,
  closeDiscrepancyOnService,
  explainOnService,
  resolveDiscrepancyOnService,
  signOnService,
} from './recall-acts.ts';
import {
  cleanOnService,
  countOnService,
  createRoundOnService,
  doStepOnService,
  handOverOnService,
  submitSlipOnService,
  transferOnService,
} from './round-acts.ts';

/** `world`: as it is after the act. Throws with the service's answer when the service refuses what the simulation has done. */
export async function liveActOnService(names: QuarterNames, act: SupplyAct, world: SimulatedWorld): Promise<void> {
  const { post, idOf } = names;
  const happenedAt = toInstant(act.at);
  switch (act.act) {
    case 'wash':
      return washOnService(names, act);
    case 'inspect':
      return inspectOnService(names, act, world);
    case 'mend':
      return post('technician', `/v1/set-instances/${act.setId}/${act.how}`, { happenedAt });
    case 'report-missing':
      return post('technician', `/v1/set-instances/${act.setId}/report-missing`, { reason: 'not in the box', happenedAt });
    case 'see-set':
      return names.scan('technician', { type: 'received', at: act.at, code: act.setId });
    case 'assemble':
      return assembleOnService(names, act);
    case 'check':
      return post('checker', `/v1/packs/${idOf(act.packId)}/check`, { happenedAt });
    case 'bowie-dick':
      return testBowieDickOnService(names, act);
    case 'plan-load':
      return planLoadOnService(names, act);
    case 'label-load':
      return post('technician', `/v1/loads/${idOf(act.loadId)}/labels`, { format: 'zpl', happenedAt });
    case 'start-load':
      return post('technician', `/v1/loads/${idOf(act.loadId)}/start`, { overrideReason: 'their round is tomorrow', happenedAt });
    case 'end-load':
      return endLoadOnService(names, act);
    case 'abort-load':
      return post('technician', `/v1/loads/${idOf(act.loadId)}/abort`, { reason: 'power cut', happenedAt });
    case 'unload':
      return unloadOnService(names, act, world);
    case 'review-load':
      return post('headnurse', `/v1/loads/${idOf(act.loadId)}/review`, { note: 'too full' });
    case 'release':
      return post('releaser', `/v1/loads/${idOf(act.loadId)}/release`, { happenedAt });
    case 'incubate':
      return post('releaser', `/v1/load-indicators/${idOf(act.indicatorId)}/incubate`, { happenedAt });
    case 'read-indicator':
      return readIndicatorOnService(names, act);
    case 'begin-requalification':
      return post('headnurse', `/v1/sterilisers/${act.steriliserId}/begin-requalification`, { cause: 'door seal', happenedAt });
    case 'return-to-service':
      return post('headnurse', `/v1/sterilisers/${act.steriliserId}/return-to-service`, { happenedAt });
    case 'submit-slip':
      return submitSlipOnService(names, act, world);
    case 'create-round':
      return createRoundOnService(names, act);
    case 'confirm-round':
      return post('dispatcher', `/v1/rounds/${idOf(act.roundId)}/confirm`, {});
    case 'close-round':
      return post('dispatcher', `/v1/rounds/${idOf(act.roundId)}/close`, {});
    case 'consign': {
      const { stopId, boxId, sealNumber, packIds } = act;
      const consignment = { stopId: idOf(stopId), boxId, sealNumber, packIds: packIds.map(idOf), happenedAt };
      return post('technician', `/v1/rounds/${idOf(act.roundId)}/consignments`, consignment);
    }
    case 'complete-loading':
      return post('technician', `/v1/rounds/${idOf(act.roundId)}/complete-loading`, { happenedAt });
    case 'depart':
    case 'return':
      return post('driver', `/v1/rounds/${idOf(act.roundId)}/${act.act}`, { happenedAt });
    case 'break-down':
      return post('driver', `/v1/rounds/${idOf(act.roundId)}/break-down`, { note: 'engine', happenedAt });
    case 'transfer':
      return transferOnService(names, act, world);
    case 'step':
      return doStepOnService(names, act, world);
    case 'fail-stop':
      return post('courier', `/v1/stops/${idOf(act.stopId)}/fail`, { reason: act.reason, happenedAt });
    case 'hand-over':
      return handOverOnService(names, act);
    case 'count':
      return countOnService(names, act);
    case 'clean':
      return cleanOnService(names, act);
    case 'open-pack':
      return post(nurseOf(act.institutionId), `/v1/packs/${idOf(act.packId)}/open`, { innerCi: 'pass', happenedAt });
    case 'scan-opened':
      return tellOpenedOnService(names, act);
    case 'restock':
      return post('checker', `/v1/packs/${idOf(act.packId)}/restock`, { intact: true, happenedAt });
    case 'break-out':
      return post('technician', `/v1/packs/${idOf(act.packId)}/break-out`, { happenedAt });
    case 'breach':
      return breachOnService(names, act);
    case 'review-breach':
      return reviewBreachOnService(names, act, world);
    case 'acknowledge-recall':
      return acknowledgeOnService(names, act, world);
    case 'account-used':
      return accountOnService(names, { ...act, end: 'used' }, world);
    case 'account-retrieved':
      return accountOnService(names, { ...act, end: 'retrieved' }, world);
    case 'explain-recall':
      return explainOnService(names, act, world);
    case 'sign-recall':
      return signOnService(names, act, world);
    case 'resolve-discrepancy':
      return resolveDiscrepancyOnService(names, act, world);
    case 'close-discrepancy':
      return closeDiscrepancyOnService(names, act, world);
  }
}
