/** What the tables of a round have to do with a decision: the row is created, confirmed, closed and cancelled in the commit. */
import type { Trx } from '../../db/kit/transaction.ts';
import { type Act, refusalOf, refuseTransition, systemActor } from '../../db/sterile-supply/act.ts';
import { refusalOfError } from '../../db/sterile-supply/constraint-refusals.ts';
import { cancelRound } from '../../db/supply-round/cancel-round.ts';
import { closeRound, requireClosable } from '../../db/supply-round/close-round.ts';
import { confirmRound } from '../../db/supply-round/confirm-round.ts';
import { insertRound } from '../../db/supply-round/create-round.ts';
import { lockRound, lockRoundFor } from '../../db/supply-round/lock-round.ts';
import { verifyCentreSignatures } from '../../db/supply-round/signatures.ts';
import type { PathwayEvent } from '../../domain/kit/pathway.ts';
import { isSupplyRoundEvent, type SupplyRoundEvent } from '../../domain/supply-round/events.ts';
import type { SupplyRoundState } from '../../domain/supply-round/state.ts';
import type { Projected, Projection } from '../kit/projection.ts';

export const supplyRoundProjection: Projection<SupplyRoundState> = {
  refusalOfError,
  refuse: (trx, { pathwayId, event }) => refusalOf(() => requireAllowed(trx, pathwayId, narrow(event))),
  project: (trx, projected) => writeRows(trx, projected, narrow(projected.event)),
};

function narrow(event: PathwayEvent): SupplyRoundEvent {
  if (!isSupplyRoundEvent(event)) throw new Error(`A round knows no event of the name ${event.name}.`);
  return event;
}

/** The rows may be ahead of what the pathway has heard of. What comes due by itself is never refused. */
async function requireAllowed(trx: Trx, roundId: string, event: SupplyRoundEvent): Promise<void> {
  if (event.kind !== 'command') return;
  switch (event.name) {
    case 'create':
      return;
    case 'confirm':
    case 'cancel':
      await lockRoundFor(trx, roundId, event.name);
      return;
    case 'close':
      return requireClosable(trx, roundId);
    case 'confirm-signature':
      if (!(await lockRound(trx, roundId))) throw refuseTransition('unknown', []);
  }
}

async function writeRows(
  trx: Trx,
  { pathwayId, before, after, decision }: Projected<SupplyRoundState>,
  event: SupplyRoundEvent,
): Promise<void> {
  const act: Act = {
    trx,
    actor: event.actor ?? { ...systemActor, institutionId: after.cssdInstitutionId },
    happenedAt: new Date(decision.at),
    recordedAt: new Date(decision.at),
    late: false,
    requestId: '',
    scanId: null,
  };
  switch (event.kind) {
    case 'fact':
      return;
    case 'due':
      // The row may have been confirmed by nobody else: only this pathway confirms it.
      if (before.status === 'planned' && after.status === 'confirmed') await confirmRound(act, pathwayId);
      return;
    case 'command':
      break;
  }
  switch (event.name) {
    case 'create':
      return insertRound(trx, pathwayId, event.input);
    case 'confirm':
      return confirmRound(act, pathwayId);
    case 'cancel':
      return cancelRound(act, { roundId: pathwayId, cssdId: after.cssdInstitutionId });
    case 'close':
      return closeRound(act, pathwayId);
    case 'confirm-signature':
      return verifyCentreSignatures(act, event.input.stopId);
  }
}
