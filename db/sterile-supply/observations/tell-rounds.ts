/** What the pathways of rounds and slips hear of steps that were scanned. Packs and stops are as they are by then. */
import type { StopStep } from '../../../domain/sterile-supply/vocabulary.ts';
import { settleSlips } from '../../exchange-slip/settle.ts';
import { publishFactsToEachPathway } from '../../kit/outgoing.ts';
import type { PathwayFactToPublish } from '../../kit/pathway-facts.ts';
import { findRoundsThatFailed } from '../../supply-round/arrive-and-leave.ts';
import type { Act } from '../act.ts';
import type { StepScan } from './step-scans.ts';

/** From these steps on it is known what the centre has taken. */
const settlingSteps: readonly StopStep[] = ['checked', 'left'];

/** The pathways of rounds and slips hear of what was done. */
export async function tellRounds(act: Act, scans: readonly StepScan[], provedStopIds: ReadonlySet<string>): Promise<void> {
  const facts: PathwayFactToPublish[] = [];
  for (const scan of scans) {
    const { id: stopId, institutionId, roundId } = scan.stop;
    const tell = (type: 'stop-arrived' | 'stop-left' | 'centre-served' | 'signature-unverified', pathwayId: string): void => {
      facts.push({
        type,
        pathwayId,
        messageId: `${pathwayId}:${type}:${scan.id}`,
        institutionId: scan.sentBy.institutionId,
        occurredAt: scan.correctedAt,
        input: type === 'centre-served' ? { institutionId } : { stopId, institutionId },
      });
    };
    if (scan.type === 'arrived') tell('stop-arrived', roundId);
    if (scan.type === 'signed' && !provedStopIds.has(stopId)) tell('signature-unverified', roundId);
    if (scan.type === 'left') {
      tell('stop-left', roundId);
      for (const failed of await findRoundsThatFailed(act, { institutionId, roundId })) tell('centre-served', failed);
    }
  }
  await publishFactsToEachPathway(act.trx, facts);
  const settling = [...new Set(scans.filter(({ type }) => settlingSteps.includes(type)).map(({ stop }) => stop.id))];
  if (settling.length === 0) return;
  const slips = await act.trx.selectFrom('exchange_slip').select('id').where('stop_id', 'in', settling).orderBy('id').execute();
  await settleSlips(
    act,
    slips.map(({ id }) => id),
  );
}
