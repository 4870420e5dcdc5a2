/** The round has handed its soiled goods over: they are to be counted. */
import type { Act } from '../sterile-supply/act.ts';
import { publishSlipFacts, slipFact } from './slip-facts.ts';

/** Starts the clock of counting for each slip of the round that has something to count and was not counted. One statement. */
export async function noteHandOver(act: Act, roundId: string): Promise<void> {
  const slips = await act.trx
    .selectFrom('exchange_slip')
    .select(['id', 'institution_id as institutionId'])
    .where('round_id', '=', roundId)
    .where('status', 'in', ['frozen', 'picked-up'])
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('slip_line')
          .select('slip_line.id')
          .whereRef('slip_id', '=', 'exchange_slip.id')
          .where('direction', '=', 'collect')
          .where('declared', '>', 0),
      ),
    )
    .orderBy('id')
    .execute();
  await publishSlipFacts(
    act,
    slips.map((slip) => slipFact(act, slip, 'slip-handed-over', { handedOverAt: act.happenedAt.getTime() })),
  );
}
