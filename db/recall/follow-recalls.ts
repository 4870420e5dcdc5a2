/** The lines of open recalls follow their packs: to whoever has them now, to infection control once they are used, to their end once they are seen. */
import { sql } from 'kysely';
import { followPack, type LineStep } from '../../domain/recall/follow.ts';
import type { LineHolder, LineHolderType, SupplyPlaces } from '../../domain/recall/holders.ts';
import type { Holder } from '../../domain/sterile-supply/vocabulary.ts';
import { openDiscrepancies } from '../discrepancy/open.ts';
import type { Act } from '../sterile-supply/act.ts';
import { insertAlerts, type NewAlert, updateClearedAlerts } from '../sterile-supply/alerts.ts';
import { type SupplyPosts, supplyPostsColumns } from '../sterile-supply/supply-posts.ts';
import { isPartHolder } from './lines.ts';
import { supplyPlacesOf } from './places.ts';
import { type ChangedPart, publishCountedParts } from './publish-parts.ts';
import { crewOfHolder, stopUseAlert, type ToldHolder, tellHolders } from './stop-use.ts';

interface LineOfPack {
  id: string;
  recallId: string;
  drill: boolean;
  packId: string;
  holder: LineHolder;
  toldAt: Date | null;
  status: string;
  openedAt: Date | null;
  openedInstitutionId: string | null;
  custody: Holder | null;
  /** The driver and the courier, where a round has it. */
  crew: string[];
  places: SupplyPlaces;
}

interface SteppedLine {
  line: LineOfPack;
  step: Exclude<LineStep, { step: 'stay' }>;
}

/**
 * Call it after packs were moved, seen at the supply department, opened or ended, in the same transaction. One statement where none of them is in an
 * open recall, which is nearly always. One sighting ends the lines of all recalls.
 */
export async function followRecalls(act: Act, packIds: readonly string[]): Promise<void> {
  if (packIds.length === 0) return;
  const lines = await lockOpenLines(act, packIds);
  if (lines.length === 0) return;
  const stepped = lines.flatMap((line): SteppedLine[] => {
    const opened = line.openedAt?.getTime() ?? null;
    const step = followPack(
      { holder: line.holder, toldAt: line.toldAt?.getTime() ?? null },
      { status: line.status, opened: opened !== null, openedAt: opened, custody: line.custody },
      line.places,
    );
    return step.step === 'stay' ? [] : [{ line, step }];
  });
  if (stepped.length === 0) return;
  const changed = await writeSteps(act, stepped, changedParts(stepped));
  await tellNewHolders(act, stepped);
  await reportUseAfterStop(act, stepped);
  await publishCountedParts(act, changed);
}

/** The recalls as well, so that nobody else changes lines of theirs while the open ones are counted. */
async function lockOpenLines({ trx }: Act, packIds: readonly string[]): Promise<LineOfPack[]> {
  const { rows } = await sql<
    SupplyPosts & {
      id: string;
      recall_id: string;
      drill: boolean;
      pack_id: string;
      line_holder_type: LineHolderType;
      line_holder_id: string;
      told_at: Date | null;
      status: string;
      opened_at: Date | null;
      opened_institution_id: string | null;
      holder_type: Holder['type'] | null;
      holder_id: string | null;
      crew: string[];
    }
  >`
    select line.id, line.recall_id, recall.drill, line.pack_id, line.holder_type as line_holder_type, line.holder_id as line_holder_id,
      greatest(told.told_at, recall.out_of_service_at) as told_at, pack.status, pack.opened_at, pack.opened_institution_id, custody.holder_type, custody.holder_id,
      ${crewOfHolder({ type: sql`custody.holder_type`, id: sql`custody.holder_id` })} as crew, ${supplyPostsColumns}
    from recall_line as line join recall on recall.id = line.recall_id and recall.status = 'open'
      join pack on pack.id = line.pack_id
      left join custody on custody.thing_type = 'pack' and custody.thing_id = pack.id and custody.until is null
      left join recall_holder as told on told.recall_id = line.recall_id and told.holder_type = line.holder_type and told.holder_id = line.holder_id
    where line.pack_id = any(${[...packIds]}::text[]) and line.state = 'open'
    order by line.id for no key update of recall for update of line`.execute(trx);
  return rows.map((row) => ({
    id: row.id,
    recallId: row.recall_id,
    drill: row.drill,
    packId: row.pack_id,
    holder: { type: row.line_holder_type, id: row.line_holder_id },
    toldAt: row.told_at,
    status: row.status,
    openedAt: row.opened_at,
    openedInstitutionId: row.opened_institution_id,
    custody: row.holder_type && row.holder_id ? { type: row.holder_type, id: row.holder_id } : null,
    crew: row.crew,
    places: supplyPlacesOf(row),
  }));
}

/**
 * Lines, holders, the versions of the recalls, and the alerts about the packs, whose cause is gone or is another one now. One statement. Resolves with the
 * parts and how many of their lines are open by then.
 */
async function writeSteps(
  { trx, recordedAt, actor }: Act,
  stepped: readonly SteppedLine[],
  changed: readonly ChangedPart[],
): Promise<ChangedPart[]> {
  const lines = stepped.map(({ line, step }) => {
    const moves = step.step === 'move';
    const holder = moves ? step.holder : line.holder;
    return {
      id: line.id,
      recall_id: line.recallId,
      holder_type: holder.type,
      holder_id: holder.id,
      ends: !moves,
      used_after: moves && step.usedAfterStopUse && !line.drill,
    };
  });
  const parts = changed.map(({ recallId, part: { holder } }) => ({ recall_id: recallId, holder_type: holder.type, holder_id: holder.id }));
  const { rows } = await sql<{ open: number }>`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb)
        as row (id uuid, recall_id uuid, holder_type text, holder_id text, ends boolean, used_after boolean)
    ), told as (
      insert into recall_holder (recall_id, holder_type, holder_id, told_at)
      select distinct recall_id, holder_type, holder_id, ${recordedAt}::timestamptz from given where not ends
      on conflict (recall_id, holder_type, holder_id) do update set told_at = excluded.told_at, acknowledged_at = null, acknowledged_by = null
    ), cleared as (${updateClearedAlerts(ofRealRecalls(stepped).map(stopUseAlertOf), recordedAt)} returning alert.id
    ), raised as (${insertAlerts(alertsOfMoved(stepped, recordedAt), sql`cleared`)}), touched as (
      update recall set status = status where id in (select recall_id from given)
    ), written as (
      update recall_line as line set holder_type = given.holder_type, holder_id = given.holder_id,
        state = case when ends then 'ended' else 'open' end, "end" = case when ends then 'retrieved' end,
        ended_at = case when ends then ${recordedAt}::timestamptz end, ended_by = case when ends then ${JSON.stringify(actor)}::jsonb end,
        used_after_stop_use = line.used_after_stop_use or used_after
      from given where line.id = given.id
    )
    select (
        select count(*) from recall_line as other where other.recall_id = part.recall_id and other.holder_type = part.holder_type
          and other.holder_id = part.holder_id and other.state = 'open' and other.id not in (select id from given)
      )::int + (
        select count(*) from given where given.recall_id = part.recall_id and given.holder_type = part.holder_type
          and given.holder_id = part.holder_id and not ends
      )::int as open
    from jsonb_array_elements(${JSON.stringify(parts)}::jsonb) with ordinality as row (value, n),
      jsonb_to_record(value) as part (recall_id uuid, holder_type text, holder_id text)
    order by n`.execute(trx);
  return changed.map(({ recallId, part }, index) => ({ recallId, part: { ...part, open: rows[index]?.open ?? 0 } }));
}

const ofRealRecalls = (stepped: readonly SteppedLine[]): SteppedLine[] => stepped.filter(({ line }) => !line.drill);

const stopUseAlertOf = ({ line }: SteppedLine) => ({
  name: 'stop-use',
  subject: { type: 'pack', id: line.packId },
  threshold: line.recallId,
});

function listNewHolders(stepped: readonly SteppedLine[]): ToldHolder[] {
  const holders = stepped.flatMap(({ line, step }) => {
    if (step.step !== 'move' || !isPartHolder(step.holder)) return [];
    const crew = step.holder.type === 'round' ? line.crew : [];
    return [{ recallId: line.recallId, drill: line.drill, holder: step.holder, crew }];
  });
  return [...new Map(holders.map((one) => [`${one.recallId} ${one.holder.type} ${one.holder.id}`, one])).values()];
}

const tellNewHolders = (act: Act, stepped: readonly SteppedLine[]): Promise<void> =>
  tellHolders(act.trx, listNewHolders(stepped), { cssdId: stepped[0]?.line.places.cssdId ?? '', step: act.scanId ?? act.requestId });

const alertsOfMoved = (stepped: readonly SteppedLine[], raisedAt: Date): NewAlert[] =>
  ofRealRecalls(stepped).flatMap(({ line: { recallId, packId }, step }) => {
    const { holder } = step.step === 'move' ? step : { holder: null };
    if (holder?.type !== 'centre' && holder?.type !== 'round') return [];
    return [stopUseAlert({ recallId, packId, holder: { type: holder.type, id: holder.id } }, raisedAt)];
  });

async function reportUseAfterStop(act: Act, stepped: readonly SteppedLine[]): Promise<void> {
  const used = stepped.filter(({ line, step }) => step.step === 'move' && step.usedAfterStopUse && !line.drill);
  if (used.length === 0) return;
  await openDiscrepancies(
    act,
    used.map(({ line }) => ({
      kind: 'used-after-stop-use' as const,
      subject: { type: 'pack' as const, id: line.packId },
      institutionId: line.openedInstitutionId,
      recallId: line.recallId,
      evidence: { recallId: line.recallId, openedAt: line.openedAt?.toISOString() ?? null, toldAt: line.toldAt?.toISOString() ?? null },
    })),
  );
}

/** Who has gained lines, and who has lost some; how many are open is not counted yet. */
function changedParts(stepped: readonly SteppedLine[]): ChangedPart[] {
  const changed = new Map<string, ChangedPart>();
  const note = (recallId: string, holder: LineHolder, gained: boolean): void => {
    if (!isPartHolder(holder)) return;
    const key = `${recallId} ${holder.type} ${holder.id}`;
    const before = changed.get(key)?.part.gained ?? false;
    // A round brings back what it has: nobody has to arrange that.
    changed.set(key, { recallId, part: { holder, open: 0, gained: gained || before, stopComing: holder.type === 'round' } });
  };
  for (const { line, step } of stepped) {
    note(line.recallId, line.holder, false);
    if (step.step === 'move') note(line.recallId, step.holder, true);
  }
  return [...changed.values()];
}
