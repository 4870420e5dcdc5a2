/** What the commands of a recall find in its rows, and what they write: inside the commit of their decision. */
import { sql } from 'kysely';
import type { Refusal } from '../../domain/kit/pathway.ts';
import { type AccountedEnd, mayEndAs } from '../../domain/recall/account.ts';
import { findMissing } from '../../domain/recall/completeness.ts';
import type { LineHolderType, PartHolder } from '../../domain/recall/holders.ts';
import { openDiscrepancies } from '../discrepancy/open.ts';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from '../sterile-supply/act.ts';
import { clearAlerts } from '../sterile-supply/alerts.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { isPartHolder } from './lines.ts';
import { findSupplyPlaces } from './places.ts';
import { publishPartChanges } from './publish-parts.ts';

interface LockedRecall {
  status: 'open' | 'closed';
  drill: boolean;
  cause: string | null;
  report: string | null;
  steriliserStatus: string;
}

async function lockRecall(trx: Trx, recallId: string): Promise<LockedRecall> {
  return trx
    .selectFrom('recall')
    .innerJoin('steriliser', 'steriliser.id', 'recall.steriliser_id')
    .select(['recall.status', 'recall.drill', 'recall.cause', 'recall.report', 'steriliser.status as steriliserStatus'])
    .where('recall.id', '=', recallId)
    .forUpdate('recall')
    .executeTakeFirstOrThrow();
}

const notAllowed = (state: string): Refusal => ({ code: 'transition-not-allowed', state, allowed: [] });

/** Undefined when the recall is open. */
export async function refuseClosed(trx: Trx, recallId: string): Promise<Refusal | undefined> {
  const { status } = await lockRecall(trx, recallId);
  return status === 'open' ? undefined : notAllowed(status);
}

export async function refuseAcknowledgement(trx: Trx, recallId: string, { type, id }: PartHolder): Promise<Refusal | undefined> {
  const closed = await refuseClosed(trx, recallId);
  if (closed) return closed;
  const part = await trx
    .selectFrom('recall_holder')
    .select('acknowledged_at')
    .where('recall_id', '=', recallId)
    .where('holder_type', '=', type)
    .where('holder_id', '=', id)
    .executeTakeFirst();
  return part && part.acknowledged_at === null ? undefined : notAllowed('acknowledged');
}

export async function writeAcknowledgement(act: Act, recallId: string, { type, id }: PartHolder): Promise<void> {
  await act.trx
    .updateTable('recall_holder')
    .set({ acknowledged_at: act.recordedAt, acknowledged_by: JSON.stringify(act.actor) })
    .where('recall_id', '=', recallId)
    .where('holder_type', '=', type)
    .where('holder_id', '=', id)
    .execute();
  await touch(act.trx, recallId);
}

/** The version of the resource rises with everything that its readers see. */
const touch = (trx: Trx, recallId: string) => sql`update recall set status = status where id = ${recallId}::uuid`.execute(trx);

export interface AccountedLine {
  packId: string;
  end: AccountedEnd;
  note?: string | undefined;
  patientReference?: string | undefined;
}

export async function refuseAccount(trx: Trx, recallId: string, lines: readonly AccountedLine[]): Promise<Refusal | undefined> {
  const closed = await refuseClosed(trx, recallId);
  if (closed) return closed;
  const found = new Map((await lockLines(trx, recallId, lines)).map((line) => [line.packId, line]));
  const wrong = lines.find(({ packId, end }) => {
    const line = found.get(packId);
    return !line || !mayEndAs(end, line);
  });
  return wrong && { ...notAllowed(found.get(wrong.packId)?.state ?? 'open'), members: { packId: wrong.packId } };
}

interface LockedLine {
  packId: string;
  state: 'open' | 'ended';
  holder: { type: LineHolderType; id: string };
  /** Where the pack has been since. */
  since: Date | null;
}

async function lockLines(trx: Trx, recallId: string, lines: readonly { packId: string }[]): Promise<LockedLine[]> {
  const { rows } = await sql<{
    pack_id: string;
    state: 'open' | 'ended';
    holder_type: LineHolderType;
    holder_id: string;
    since: Date | null;
  }>`
    select line.pack_id, line.state, line.holder_type, line.holder_id, custody.since
    from recall_line as line
      left join custody on custody.thing_type = 'pack' and custody.thing_id = line.pack_id and custody.until is null
    where line.recall_id = ${recallId}::uuid and line.pack_id = any(${lines.map(({ packId }) => packId)}::text[])
    order by line.id for update of line`.execute(trx);
  return rows.map((row) => ({
    packId: row.pack_id,
    state: row.state,
    holder: { type: row.holder_type, id: row.holder_id },
    since: row.since,
  }));
}

/**
 * Retrieved packs come into the custody of the supply department, which ends their lines in every open recall. What nobody finds has a discrepancy, and
 * its line ends when that is closed. The rest ends here.
 */
export async function writeAccount(act: Act, recallId: string, lines: readonly AccountedLine[]): Promise<void> {
  const { trx, recordedAt, actor } = act;
  const locked = new Map((await lockLines(trx, recallId, lines)).map((line) => [line.packId, line]));
  const lost = lines.filter(({ end }) => end === 'not-found');
  const ending = lines.filter(({ end }) => end !== 'not-found');
  const retrieved = ending.filter(({ end }) => end === 'retrieved').map(({ packId }) => packId);
  const rows = ending.map(({ packId, end, note, patientReference }) => ({
    pack_id: packId,
    end,
    note: note ?? null,
    patient_reference: patientReference ?? null,
  }));
  const { rows: ended } = await sql<{ recall_id: string; pack_id: string; holder_type: LineHolderType; holder_id: string }>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (pack_id text, "end" text, note text, patient_reference text)
    )
    update recall_line as line set state = 'ended', "end" = given."end", ended_at = ${recordedAt}, ended_by = ${JSON.stringify(actor)}::jsonb,
      note = coalesce(given.note, line.note), patient_reference = coalesce(given.patient_reference, line.patient_reference)
    from given, recall
    where line.pack_id = given.pack_id and line.state = 'open' and recall.id = line.recall_id and recall.status = 'open'
      and (line.recall_id = ${recallId}::uuid or given."end" = 'retrieved')
    returning line.recall_id, line.pack_id, line.holder_type, line.holder_id`.execute(trx);
  await noteLost(act, recallId, lost, locked);
  const cssd = await findSupplyPlaces(trx);
  await appendLedger(
    act,
    retrieved.map((packId) => ({
      thing: { type: 'pack', id: packId },
      event: 'recall-retrieved',
      holder: { type: 'cssd', id: cssd.cssdId },
      details: { recallId },
      // It was seen where it was before it was seen here, whatever the clocks say.
      happenedAt: new Date(Math.max(recordedAt.getTime(), locked.get(packId)?.since?.getTime() ?? 0)),
    })),
  );
  await clearAlerts(
    trx,
    ended.map((line) => ({ name: 'stop-use', subject: { type: 'pack', id: line.pack_id }, threshold: line.recall_id })),
    recordedAt,
  );
  const parts = new Map(
    ended.flatMap(({ recall_id, holder_type, holder_id }) => {
      const holder = { type: holder_type, id: holder_id };
      return isPartHolder(holder)
        ? [
            [
              `${recall_id} ${holder_type} ${holder_id}`,
              { recallId: recall_id, part: { holder, open: 0, gained: false, stopComing: false } },
            ] as const,
          ]
        : [];
    }),
  );
  await publishPartChanges(act, [...parts.values()]);
  await touch(trx, recallId);
}

async function noteLost(
  act: Act,
  recallId: string,
  lost: readonly AccountedLine[],
  locked: ReadonlyMap<string, LockedLine>,
): Promise<void> {
  if (lost.length === 0) return;
  await sql`
    update recall_line as line set note = coalesce(given.note, line.note)
    from jsonb_to_recordset(${JSON.stringify(lost.map(({ packId, note }) => ({ pack_id: packId, note: note ?? null })))}::jsonb)
      as given (pack_id text, note text)
    where line.recall_id = ${recallId}::uuid and line.pack_id = given.pack_id`.execute(act.trx);
  await openDiscrepancies(
    act,
    lost.map(({ packId, note }) => {
      const holder = locked.get(packId)?.holder;
      return {
        kind: 'recall-not-found' as const,
        subject: { type: 'pack' as const, id: packId },
        institutionId: holder?.type === 'centre' ? holder.id : null,
        roundId: holder?.type === 'round' ? holder.id : null,
        recallId,
        evidence: { recallId, holderType: holder?.type ?? null, holderId: holder?.id ?? null },
        note: note ?? null,
      };
    }),
  );
}

export async function writeCause({ trx }: Act, recallId: string, text: string): Promise<void> {
  await trx.updateTable('recall').set({ cause: text }).where('id', '=', recallId).execute();
}

export async function writeReport({ trx }: Act, recallId: string, text: string): Promise<void> {
  await trx.updateTable('recall').set({ report: text }).where('id', '=', recallId).execute();
}

export async function refuseSignature(
  trx: Trx,
  recallId: string,
  { role, personId }: { role: 'headnurse' | 'infection'; personId: string },
): Promise<Refusal | undefined> {
  const recall = await lockRecall(trx, recallId);
  if (recall.status !== 'open') return notAllowed(recall.status);
  const missing = findMissing({ ...recall, ...(await countWhatIsOpen(trx, recallId)) });
  if (missing.length > 0) return { code: 'recall-not-complete', members: { missing } };
  const signed = await trx.selectFrom('recall_signature').select(['role', 'person_id']).where('recall_id', '=', recallId).execute();
  if (signed.some((signature) => signature.role === role)) return notAllowed('signed');
  if (signed.some((signature) => signature.person_id === personId)) return { code: 'same-person' };
  return undefined;
}

async function countWhatIsOpen(trx: Trx, recallId: string): Promise<{ unacknowledged: number; openLines: number }> {
  const { rows } = await sql<{ unacknowledged: number; openLines: number }>`
    select (select count(*)::int from recall_line where recall_id = ${recallId}::uuid and state = 'open') as "openLines",
      (select count(*)::int from recall_holder as part where part.recall_id = ${recallId}::uuid and acknowledged_at is null
        and exists (select from recall_line as line where line.recall_id = part.recall_id and line.holder_type = part.holder_type
          and line.holder_id = part.holder_id)) as unacknowledged`.execute(trx);
  return rows[0] ?? { unacknowledged: 0, openLines: 0 };
}

export async function writeSignature(
  { trx, actor, recordedAt }: Act,
  recallId: string,
  { role, closes }: { role: 'headnurse' | 'infection'; closes: boolean },
): Promise<void> {
  await trx
    .insertInto('recall_signature')
    .values({ recall_id: recallId, role, person_id: actor.personId, signed_at: recordedAt })
    .execute();
  if (closes) await trx.updateTable('recall').set({ status: 'closed', closed_at: recordedAt }).where('id', '=', recallId).execute();
  else await touch(trx, recallId);
}
