/** Signing at a stop: one of the round and one of the centre. */
import { type Act, ActRefused, refuseField } from '../sterile-supply/act.ts';
import type { LockedStop } from './lock-stop.ts';
import { findSignatories } from './signatures.ts';
import type { Signed, StepDone } from './step-bodies.ts';

/**
 * A signature is proved by the signer's own session; every other one of the centre waits until somebody of the centre confirms it.
 * Throws ActRefused: invalid-request, signature-missing.
 */
export async function signStop(act: Act, { id: stopId, institutionId, round }: LockedStop, { signatures }: Signed): Promise<StepDone> {
  const { trx, actor, happenedAt } = act;
  const personIds = signatures.map(({ personId }) => personId);
  const known = await findSignatories(trx, personIds, institutionId);
  const knownIds = known.map((one) => one.personId);
  const unknown = personIds.findIndex((personId) => !knownIds.includes(personId));
  if (unknown >= 0) throw refuseField(`signatures.${unknown}.personId`, { zh: '没有此人', en: 'no such person' });
  const rows = signatures.flatMap(({ personId, method }) => {
    const ofRound = personId === round.driverId || personId === round.courierId;
    const ofCentre = known.some((one) => one.personId === personId && one.ofCentre);
    if (!ofRound && !ofCentre) return [];
    const verified = method === 'session' && personId === actor.personId;
    return [{ personId, side: ofRound ? ('round' as const) : ('centre' as const), method, verified }];
  });
  const centre = rows.filter(({ side }) => side === 'centre');
  if (centre.length === 0 || centre.length === rows.length) throw new ActRefused('signature-missing');
  await trx
    .insertInto('stop_signature')
    .values(rows.map(({ personId, ...row }) => ({ stop_id: stopId, person_id: personId, ...row, signed_at: happenedAt })))
    .onConflict((conflict) => conflict.columns(['stop_id', 'person_id']).doNothing())
    .execute();
  const isProved = centre.some(({ verified }) => verified);
  return {
    details: {},
    ledger: [],
    facts: isProved ? [] : [{ roundId: round.id, type: 'signature-unverified', input: { stopId, institutionId } }],
  };
}
