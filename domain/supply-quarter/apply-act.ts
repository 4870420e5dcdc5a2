/** Lets one act happen in the simulated world. Throws when a rule refuses it: the script does only what people may do. */
import type { SupplyAct } from './acts.ts';
import { closeDiscrepancy, resolveDiscrepancy } from './discrepancies.ts';
import { assemble, breakOut, check, inspect, mend, openPack, reportMissing, restock, seeSet, tellOpened, wash } from './floor.ts';
import {
  abortLoad,
  beginRequalification,
  endLoad,
  incubate,
  labelLoad,
  planLoad,
  readIndicator,
  release,
  returnToService,
  startLoad,
  unload,
} from './loads.ts';
import { accountFor, acknowledgeRecall, breachClimate, reviewBreach, signRecall } from './recalls.ts';
import {
  closeRound,
  confirmRound,
  consign,
  count,
  createRound,
  depart,
  doStep,
  failStop,
  handOver,
  submitSlip,
  transfer,
} from './rounds.ts';
import { pick, type SimulatedWorld } from './world.ts';

export function applyAct(world: SimulatedWorld, act: SupplyAct, visitDaysOf: (institutionId: string) => readonly number[]): void {
  world.now = Math.max(world.now, act.at);
  const scan = 'scan' in act ? act.scan : null;
  world.ledger.push(Object.freeze({ n: world.ledger.length + 1, at: act.at, act: act.act, scan }));
  switch (act.act) {
    case 'wash':
      wash(world, act);
      break;
    case 'inspect':
      inspect(world, act);
      break;
    case 'mend':
      mend(world, act);
      break;
    case 'assemble':
      assemble(world, act);
      break;
    case 'check':
      check(world, act);
      break;
    case 'bowie-dick':
      pick(world.sterilisers, act.steriliserId).bowieDickTests.push({ endedAt: act.at, result: act.result });
      break;
    case 'plan-load':
      planLoad(world, act);
      break;
    case 'label-load':
      labelLoad(world, act);
      break;
    case 'start-load':
      startLoad(world, act);
      break;
    case 'end-load':
      endLoad(world, act);
      break;
    case 'abort-load':
      abortLoad(world, act);
      break;
    case 'unload':
      unload(world, act);
      break;
    case 'review-load':
      pick(world.loads, act.loadId).reviewed = true;
      break;
    case 'release':
      release(world, act);
      break;
    case 'incubate':
      incubate(world, act);
      break;
    case 'read-indicator':
      readIndicator(world, act);
      break;
    case 'submit-slip':
      submitSlip(world, act);
      break;
    case 'create-round':
      createRound(world, act);
      break;
    case 'confirm-round':
      confirmRound(world, act, visitDaysOf);
      break;
    case 'consign':
      consign(world, act);
      break;
    case 'depart':
      depart(world, act.roundId);
      break;
    case 'complete-loading':
      pick(world.rounds, act.roundId).status = 'loaded';
      break;
    case 'return':
      pick(world.rounds, act.roundId).status = 'returned';
      break;
    case 'hand-over':
      handOver(world, act.roundId);
      break;
    case 'break-down':
      pick(world.rounds, act.roundId).brokenDown = true;
      break;
    case 'transfer':
      transfer(world, act);
      break;
    case 'close-round':
      closeRound(world, act.roundId);
      break;
    case 'step':
      doStep(world, act);
      break;
    case 'fail-stop':
      failStop(world, act);
      break;
    case 'count':
      count(world, act);
      break;
    case 'see-set':
      seeSet(world, act.setId);
      break;
    case 'clean':
      for (const id of [act.vehicleId, ...act.boxIds]) world.cleanedAt.set(id, act.at);
      break;
    case 'open-pack':
      openPack(world, act);
      break;
    case 'scan-opened':
      tellOpened(world, act);
      break;
    case 'restock':
      restock(world, act);
      break;
    case 'break-out':
      breakOut(world, act);
      break;
    case 'breach':
      breachClimate(world, act);
      break;
    case 'review-breach':
      reviewBreach(world, act);
      break;
    case 'acknowledge-recall':
      acknowledgeRecall(world, act);
      break;
    case 'account-used':
      accountFor(world, act, 'used');
      break;
    case 'account-retrieved':
      accountFor(world, act, 'retrieved');
      break;
    case 'begin-requalification':
      beginRequalification(world, act.steriliserId, act.at);
      break;
    case 'return-to-service':
      returnToService(world, act.steriliserId, act.at);
      break;
    case 'explain-recall':
      Object.assign(pick(world.recalls, act.recallId), { cause: true, report: true });
      break;
    case 'sign-recall':
      signRecall(world, act);
      break;
    case 'report-missing':
      reportMissing(world, act.setId);
      break;
    case 'resolve-discrepancy':
      resolveDiscrepancy(world, act);
      break;
    case 'close-discrepancy':
      closeDiscrepancy(world, act);
      break;
  }
}
