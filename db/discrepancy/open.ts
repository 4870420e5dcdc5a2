/** Opening discrepancies inside an act: the rows, and the commands that create their pathways, in the act's own transaction. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { CreateDiscrepancy, DiscrepancyBudgets } from '../../domain/discrepancy/events.ts';
import { concernsInfection, type OwnerRole, ownerOf, type SubjectType, type Suspect } from '../../domain/discrepancy/owner.ts';
import type { NormRules } from '../../domain/sterile-supply/norm-rules.ts';
import type { DiscrepancyKind } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { storeCreatingCommands } from '../kit/outgoing.ts';
import type { Act } from '../sterile-supply/act.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { type SupplyPosts, supplyPostsColumns } from '../sterile-supply/supply-posts.ts';

export interface NewDiscrepancy {
  kind: DiscrepancyKind;
  subject: { type: SubjectType; id: string };
  /** The centre that it concerns; none: the supply department alone. */
  institutionId?: string | null | undefined;
  slipId?: string | null | undefined;
  lineId?: string | null | undefined;
  roundId?: string | null | undefined;
  stopId?: string | null | undefined;
  recallId?: string | null | undefined;
  suspect?: Suspect | null | undefined;
  /** `ownerOf` the kind when it is left out. */
  owner?: OwnerRole | undefined;
  /** Ids, codes and numbers that show it. */
  evidence?: Record<string, unknown> | undefined;
  note?: string | null | undefined;
}

interface OpenedRow extends SupplyPosts {
  id: string;
  kind: DiscrepancyKind;
  subjectType: string;
  subjectId: string;
  ownerRole: OwnerRole;
  ownerInstitutionId: string;
}

const keyOf = (kind: string, subjectType: string, subjectId: string): string => JSON.stringify([kind, subjectType, subjectId]);

export const discrepancyBudgets = ({ timers }: Pick<NormRules, 'timers'>): DiscrepancyBudgets => ({
  acknowledgeSeconds: timers.discrepancy,
  resolveSeconds: timers['discrepancy-resolve'],
  escalateSeconds: timers['discrepancy-escalate'],
});

/**
 * Opens one for each (kind, subject) that has no discrepancy which is not closed; of the others it gives the one that is there. Returns the ids in the
 * order of the list. Two statements, three where some are there already.
 */
export async function openDiscrepancies(act: Act, discrepancies: readonly NewDiscrepancy[]): Promise<string[]> {
  if (discrepancies.length === 0) return [];
  const opened = await insertDiscrepancies(act, discrepancies);
  const ids = new Map(opened.map(({ kind, subjectType, subjectId, id }) => [keyOf(kind, subjectType, subjectId), id]));
  await createPathways(act, opened);
  const keys = discrepancies.map(({ kind, subject }) => keyOf(kind, subject.type, subject.id));
  if (keys.some((key) => !ids.has(key))) {
    for (const row of await findOpen(act, discrepancies)) ids.set(keyOf(row.kind, row.subjectType, row.subjectId), row.id);
  }
  return keys.flatMap((key) => ids.get(key) ?? []);
}

async function insertDiscrepancies({ trx, actor, recordedAt }: Act, discrepancies: readonly NewDiscrepancy[]): Promise<OpenedRow[]> {
  const rows = discrepancies.map(({ kind, subject, institutionId = null, suspect = null, owner, ...rest }) => ({
    id: uuid(),
    kind,
    subjectType: subject.type,
    subjectId: subject.id,
    institutionId,
    suspect,
    ownerRole: owner ?? ownerOf(kind, { institutionId, suspect }),
    ...rest,
  }));
  const { rows: opened } = await sql<OpenedRow>`
    with posts as materialized (select ${supplyPostsColumns}), opened as (
      insert into discrepancy (id, kind, subject_type, subject_id, status, institution_id, slip_id, line_id, round_id, stop_id, recall_id, suspect,
        owner_role, owner_institution_id, evidence, note, opened_by, created_at)
      select (row ->> 'id')::uuid, row ->> 'kind', row ->> 'subjectType', row ->> 'subjectId', 'open', row ->> 'institutionId',
        (row ->> 'slipId')::uuid, (row ->> 'lineId')::uuid, (row ->> 'roundId')::uuid, (row ->> 'stopId')::uuid, (row ->> 'recallId')::uuid,
        row ->> 'suspect', row ->> 'ownerRole',
        case when row ->> 'ownerRole' = 'head' then coalesce(row ->> 'institutionId', posts."cssdInstitutionId") else posts."cssdInstitutionId" end,
        coalesce(row -> 'evidence', '{}'), row ->> 'note', ${JSON.stringify(actor)}::jsonb, ${recordedAt}
      from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as given (row, n), posts
      order by n
      on conflict (kind, subject_type, subject_id) where status <> 'closed' do nothing
      returning id, kind, subject_type, subject_id, owner_role, owner_institution_id
    )
    select id, kind, subject_type as "subjectType", subject_id as "subjectId", owner_role as "ownerRole",
      owner_institution_id as "ownerInstitutionId", posts.*
    from opened, posts`.execute(trx);
  return opened;
}

async function createPathways({ trx, actor, recordedAt, requestId }: Act, opened: readonly OpenedRow[]): Promise<void> {
  const budgets = discrepancyBudgets(loadNormRules(localDateOf(recordedAt.getTime())));
  const commands = opened.map(
    ({ id, kind, ownerRole, ownerInstitutionId, cssdInstitutionId, officeInstitutionId, infectionInstitutionIds }) => {
      const input: CreateDiscrepancy = {
        discrepancyId: id,
        kind,
        owner: { role: ownerRole, institutionId: ownerInstitutionId },
        cssdInstitutionId,
        officeInstitutionId,
        infectionInstitutionIds: concernsInfection(kind) ? infectionInstitutionIds : [],
        budgets,
        reported: null,
      };
      return { kind: 'discrepancy' as const, pathwayId: id, name: 'open', actor, input, requestId };
    },
  );
  await storeCreatingCommands(trx, commands);
}

async function findOpen(
  { trx }: Pick<Act, 'trx'>,
  discrepancies: readonly NewDiscrepancy[],
): Promise<{ id: string; kind: string; subjectType: string; subjectId: string }[]> {
  const keys = discrepancies.map(({ kind, subject }) => ({ kind, type: subject.type, id: subject.id }));
  const { rows } = await sql<{ id: string; kind: string; subjectType: string; subjectId: string }>`
    select id, kind, subject_type as "subjectType", subject_id as "subjectId" from discrepancy
    where status <> 'closed' and (kind, subject_type, subject_id) in (
      select row ->> 'kind', row ->> 'type', row ->> 'id' from jsonb_array_elements(${JSON.stringify(keys)}::jsonb) as row
    )`.execute(trx);
  return rows;
}
