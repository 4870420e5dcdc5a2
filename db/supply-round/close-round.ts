/** Closing: everything that was loaded is accounted for, everything that was used is clean, every line has its outcome. */
import { sql } from 'kysely';
import { allowedRoundActs, mayActOnRound } from '../../domain/supply-round/acts.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, ActRefused, refuseTransition } from '../sterile-supply/act.ts';
import { requireClean } from './cleanliness.ts';
import { lockRound, lockStopsOfRound, updateRound } from './lock-round.ts';

/** Locks what it looks at. Throws ActRefused: transition-not-allowed, not-cleaned, lines-without-outcome. */
export async function requireClosable(trx: Trx, roundId: string): Promise<void> {
  const round = await lockRound(trx, roundId);
  if (!round) throw new Error('A round that is closed is there.');
  const refuse = () =>
    refuseTransition(
      round.status,
      allowedRoundActs(round).filter((act) => act !== 'close'),
    );
  if (!mayActOnRound(round, 'close')) throw refuse();
  const stops = await lockStopsOfRound(trx, roundId);
  if (stops.some(({ status }) => status !== 'left' && status !== 'failed')) throw refuse();
  const { vehicleIds, boxIds, aboard, withoutOutcome } = await findWhatIsOpen(trx, roundId);
  await requireClean(trx, { vehicleIds, boxIds });
  if (aboard.length > 0 || withoutOutcome.length > 0)
    throw new ActRefused('lines-without-outcome', { packIds: aboard, lineIds: withoutOutcome });
}

interface OpenEnds {
  vehicleIds: string[];
  boxIds: string[];
  aboard: string[];
  withoutOutcome: string[];
}

async function findWhatIsOpen(trx: Trx, roundId: string): Promise<OpenEnds> {
  const { rows } = await sql<OpenEnds>`
    select
      array(select vehicle_id from supply_round where id = ${roundId} union select vehicle_id from round_leg where round_id = ${roundId}) as "vehicleIds",
      array(select distinct box_id from consignment where round_id = ${roundId}) as "boxIds",
      array(select pack.id from pack join consignment on consignment.id = pack.consignment_id
        where consignment.round_id = ${roundId} and pack.status = 'on-vehicle'
        union select thing_id from custody where holder_type = 'round' and holder_id = ${roundId}::text and thing_type = 'pack' and until is null) as aboard,
      array(select slip_line.id from slip_line join exchange_slip on exchange_slip.id = slip_id
        where exchange_slip.round_id = ${roundId} and exchange_slip.status in ('frozen', 'picked-up', 'counted', 'disputed')
          and (direction = 'deliver' and outcome is null or direction = 'collect' and received is null and outcome is null)
        order by exchange_slip.id, position) as "withoutOutcome"`.execute(trx);
  const [open] = rows;
  if (!open) throw new Error('A select without a from has one row.');
  return open;
}

export const closeRound = (act: Act, roundId: string): Promise<void> =>
  updateRound(act.trx, roundId, { status: 'closed', closed_at: act.happenedAt });
