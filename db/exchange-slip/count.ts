/** Counting a slip in the decontamination area: the binding count, what it says of sets and packs, and the discrepancies that it shows. */

import {
  type CountedNumbers,
  type CountFinding,
  findingsOf,
  numbersOf,
  receivedSets,
  suspectOf,
} from '../../domain/exchange-slip/count.ts';
import { changeOfSet, type SetChange, statusOfReturned } from '../../domain/exchange-slip/counted-things.ts';
import { mayBeCounted } from '../../domain/exchange-slip/judge.ts';
import { planRecount, type RecountPlan } from '../../domain/exchange-slip/recount.ts';
import { openDiscrepancies } from '../discrepancy/open.ts';
import { resolveBySighting } from '../discrepancy/resolve-by-itself.ts';
import { followRecalls } from '../recall/follow-recalls.ts';
import { type Act, ActRefused, refuseTransition } from '../sterile-supply/act.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import { type CountGround, loadCountGround } from './count-ground.ts';
import { checkItems, type GivenCount, type ReadCount, readCount } from './read-count.ts';
import { settle } from './settle.ts';
import { publishSlipFacts, slipFact } from './slip-facts.ts';
import { lockSlip, type SlipLineRecord, type SlipRecord } from './slips.ts';
import { type CountedLine, writeCount } from './write-count.ts';

/**
 * Counts a slip, or counts it again, which another person has to do. Goods may come before the scan of their stowing, so a frozen slip may be counted.
 * Throws `same-person`, `transition-not-allowed` and `invalid-request`. The number of its statements does not grow with the number of its lines.
 */
export async function countSlip(act: Act, slipId: string, given: GivenCount): Promise<void> {
  const slip = await lockSlip(act.trx, slipId);
  if (!slip || !mayBeCounted(slip.status)) throw refuseTransition(slip?.status ?? 'cancelled', []);
  if (slip.countedBy === act.actor.personId) throw new ActRefused('same-person');
  const read = await readCount(act.trx, slip, given);
  const ground = await loadCountGround(act, slip, read.named);
  checkItems(given, slip, ground.itemCodes);
  const lines = countLines(read, ground);
  const changes = changesOfSets(slip, lines, ground, read.named.packIds);
  const plan = planFindings(slip, lines, read, ground);
  const status = lines.some(isDisputed) || plan.opened.length > 0 ? 'disputed' : 'counted';
  const returnedIds = judgeReturned(ground);
  await writeCount(act, { slip, lines, changes, returnedIds, status, given, entries: ledgerOf(act, slip, changes, ground) });
  const seenIds = [...changes.map(({ id }) => id), ...ground.returned.map(({ setInstanceId }) => setInstanceId)];
  await settleFindings(act, slip, plan, seenIds);
  await followRecalls(act, [...changes.flatMap(({ endedPackId }) => endedPackId ?? []), ...read.named.packIds]);
  const settled = await settle(act, [slip.id]);
  await publishSlipFacts(act, [slipFact(act, slip, 'slip-counted', { status }), ...settled.facts]);
}

function countLines(read: ReadCount, { candidates, sealBroken }: CountGround): CountedLine[] {
  const taken = new Set(read.lines.flatMap(({ count }) => count.setInstanceIds));
  return read.lines.map(({ line, count, isNew }) => {
    const free = candidates.filter(({ id }) => !taken.has(id));
    const setInstanceIds = receivedSets(line, count, free);
    for (const id of setInstanceIds) taken.add(id);
    return {
      line,
      count,
      numbers: numbersOf(line.declared, count),
      suspect: suspectOf(line, count, { sealBroken }),
      setInstanceIds,
      isNew,
    };
  });
}

const isDisputed = ({ numbers }: CountedLine): boolean =>
  numbers.missing > 0 || numbers.extra > 0 || numbers.incomplete > 0 || numbers.damaged > 0;

/** A set that an earlier count has found has gone on since then: a recount changes nothing of it. */
function changesOfSets(
  slip: SlipRecord,
  lines: readonly CountedLine[],
  { sets, returned }: CountGround,
  packIds: readonly string[],
): SetChange[] {
  const countedBefore = new Set(slip.lines.flatMap(({ receivedSetInstanceIds }) => receivedSetInstanceIds));
  const inPacks = new Set(returned.filter(({ id }) => packIds.includes(id)).map(({ setInstanceId }) => setInstanceId));
  return lines.flatMap(({ line, setInstanceIds }) =>
    setInstanceIds.flatMap((id) => {
      const set = countedBefore.has(id) ? undefined : sets.find((one) => one.id === id);
      return set ? changeOfSet(set, { special: line.special, inPack: inPacks.has(id) }) : [];
    }),
  );
}

/** The packs that are rejected as returned unopened. Throws ActRefused where one cannot have come back from a centre. */
function judgeReturned({ returned }: CountGround): string[] {
  return returned.flatMap(({ id, status }) => {
    const becomes = statusOfReturned(status);
    if (becomes === 'not-returned') throw new ActRefused('transition-not-allowed', { state: status, allowed: [], packId: id });
    return becomes === 'rejected' ? [id] : [];
  });
}

function planFindings(slip: SlipRecord, lines: readonly CountedLine[], read: ReadCount, ground: CountGround): RecountPlan {
  const findings = lines.flatMap(({ line, count, suspect }) => findingsOf(line, count, suspect));
  const elsewhere = lines.flatMap((counted) => foreignSets(slip, counted, ground));
  const changed = new Set(lines.filter(({ line, numbers }) => line.received === null || !isSame(line, numbers)).map(({ line }) => line.id));
  const recounted = new Set(lines.map(({ line }) => line.id));
  const earlier = ground.earlier.filter(({ lineId }) => lineId !== null && recounted.has(lineId));
  return planRecount([...findings, ...elsewhere], read.isPartial ? earlier : ground.earlier, changed);
}

const isSame = (line: SlipLineRecord, numbers: CountedNumbers): boolean =>
  line.received === numbers.received && line.incomplete === numbers.incomplete && line.damaged === numbers.damaged;

/** Sets of another centre that came in this one's boxes. */
function foreignSets({ institutionId }: SlipRecord, { line, count, suspect }: CountedLine, { sets }: CountGround): CountFinding[] {
  return count.setInstanceIds.flatMap((id): CountFinding[] => {
    const set = sets.find((one) => one.id === id);
    if (!set?.ownerInstitutionId || set.ownerInstitutionId === institutionId) return [];
    const evidence = { ownerInstitutionId: set.ownerInstitutionId };
    return [{ kind: 'wrong-centre', subject: { type: 'set-instance', id }, lineId: line.id, suspect, evidence }];
  });
}

function ledgerOf(act: Act, slip: SlipRecord, changes: readonly SetChange[], { returned, sets }: CountGround): LedgerEntry[] {
  const { id: slipId, institutionId, roundId, stopId } = slip;
  const holder = { type: 'cssd' as const, id: act.actor.institutionId };
  const place = { holder, slipId, roundId, stopId, details: { centre: institutionId } };
  const statusOfPack = (packId: string) => sets.find(({ pack }) => pack?.id === packId)?.pack?.status ?? null;
  return [
    ...changes.map(({ id, from, to }) => ({ ...place, thing: { type: 'set-instance' as const, id }, event: 'counted', from, to })),
    ...changes.flatMap(({ endedPackId }) =>
      endedPackId === null
        ? []
        : [{ ...place, thing: { type: 'pack' as const, id: endedPackId }, event: 'counted', from: statusOfPack(endedPackId), to: 'ended' }],
    ),
    ...returned.map(({ id, status }) => ({
      ...place,
      thing: { type: 'pack' as const, id },
      event: 'returned-unopened',
      from: status,
      to: 'rejected',
    })),
  ];
}

/** Seen sets settle what they were missed in; then what this count shows is opened, and what it shows no more resolves itself. */
async function settleFindings(act: Act, slip: SlipRecord, plan: RecountPlan, seenIds: readonly string[]): Promise<void> {
  const { id: slipId, institutionId, roundId, stopId } = slip;
  await resolveBySighting(act, seenIds, { resolved: plan.resolved, noted: plan.kept });
  await openDiscrepancies(
    act,
    plan.opened.map((finding) => ({ ...finding, institutionId, slipId, roundId, stopId })),
  );
}
