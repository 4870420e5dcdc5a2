/** The seals of consignments, compared one by one: at a transfer and at the hand-over. */
import { type RawBuilder, sql } from 'kysely';
import type { Lane } from '../../domain/sterile-supply/vocabulary.ts';
import { type NewDiscrepancy, openDiscrepancies } from '../discrepancy/open.ts';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from '../sterile-supply/act.ts';

/** What somebody has found of a consignment. */
export interface SeenConsignment {
  consignmentId: string;
  sealNumber: string;
  intact: boolean;
}

export interface RoundConsignment {
  id: string;
  lane: Lane;
  stopId: string;
  institutionId: string;
  boxId: string;
  sealNumber: string;
  packIds: string[];
  handedOver: boolean;
  /** Something of it is on the vehicle still. */
  aboard: boolean;
}

export async function listConsignments(trx: Trx, roundId: string): Promise<RoundConsignment[]> {
  const { rows } = await sql<RoundConsignment>`
    select consignment.id, lane, stop_id as "stopId", institution_id as "institutionId", box_id as "boxId", seal_number as "sealNumber",
      pack_ids as "packIds", handed_over_at is not null as "handedOver",
      handed_over_at is null and (lane = 'soiled' or exists (
        select from pack where pack.consignment_id = consignment.id and pack.status = 'on-vehicle')) as aboard
    from consignment join round_stop on round_stop.id = stop_id
    where consignment.round_id = ${roundId} order by consignment.id`.execute(trx);
  return rows;
}

/** Those whose seal is broken or is another one than that which closed them. */
export const brokenAmong = (consignments: readonly RoundConsignment[], seen: readonly SeenConsignment[]): RoundConsignment[] =>
  consignments.filter(({ id, sealNumber }) =>
    seen.some((one) => one.consignmentId === id && !(one.intact && one.sealNumber === sealNumber)),
  );

/** A soiled consignment with a wrong seal is cleared up: its contents are counted at the department anyway. Two statements, none without one. */
export async function openSealDiscrepancies(
  act: Act,
  roundId: string,
  broken: readonly NamedConsignment[],
  suspect: 'transport' | 'centre' = 'transport',
): Promise<void> {
  await openDiscrepancies(
    act,
    broken.map((consignment) => discrepancyOf('seal', roundId, consignment, suspect)),
  );
}

type NamedConsignment = Pick<RoundConsignment, 'id' | 'institutionId' | 'stopId' | 'boxId' | 'sealNumber'>;

export const discrepancyOf = (
  kind: 'seal' | 'custody-gap',
  roundId: string,
  { id, institutionId, stopId, boxId, sealNumber }: NamedConsignment,
  suspect: 'transport' | 'centre' = 'transport',
): NewDiscrepancy => ({
  kind,
  subject: { type: 'consignment', id },
  institutionId,
  roundId,
  stopId,
  suspect,
  evidence: { boxId, sealNumber },
});

/**
 * What was found of each seal is kept with its consignment. Sterile packs behind a wrong one are compromised: nobody knows what happened to them. One
 * statement. Resolves with the packs.
 */
export async function noteSealsAndCompromise(
  act: Act,
  seen: readonly SeenConsignment[],
  broken: readonly RoundConsignment[],
): Promise<string[]> {
  const brokenIds = broken.map(({ id }) => id);
  const sterileIds = broken.filter(({ lane }) => lane === 'sterile').map(({ id }) => id);
  const { rows } = await sql<{ id: string }>`
    with noted as (
      update consignment set intact = coalesce(intact, true) and not id = any(${brokenIds}::uuid[])
      where id = any(${seen.map(({ consignmentId }) => consignmentId)}::uuid[])
    )
    update pack set status = 'rejected', reject_reason = 'compromised', status_since = ${act.happenedAt}
    where consignment_id = any(${sterileIds}::uuid[]) and status = 'on-vehicle' returning id`.execute(act.trx);
  return rows.map(({ id }) => id);
}

/** What was found of each seal is kept with its consignment, which is at the department now. Part of another statement. */
export function noteSeals(
  seen: readonly SeenConsignment[],
  { broken, handedOverAt }: { broken: readonly RoundConsignment[]; handedOverAt: Date },
): RawBuilder<unknown> {
  const brokenIds = broken.map(({ id }) => id);
  return sql`
    update consignment set intact = coalesce(intact, true) and not id = any(${brokenIds}::uuid[]),
      handed_over_at = coalesce(handed_over_at, ${handedOverAt}::timestamptz)
    where id = any(${seen.map(({ consignmentId }) => consignmentId)}::uuid[])`;
}
