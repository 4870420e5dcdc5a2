/** Whether packs may be dispensed: the ground of the rules for any number of packs in one statement, and the gate that acts ask. */
import { sql } from 'kysely';
import {
  type DispensableCode,
  type DispensableGround,
  type DispensableReason,
  reasonsAgainst,
} from '../../domain/sterile-supply/dispensable.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import { type Act, ActRefused } from './act.ts';
import { loadNormRules } from './norm-rules.ts';

/** The ground of each pack by its id. What other transactions have not committed is not seen, so an act locks the packs first. */
export async function loadDispensableGround(db: Database, packIds: readonly string[]): Promise<Map<string, DispensableGround>> {
  if (packIds.length === 0) return new Map();
  const { rows } = await sql<DispensableGround>`
    select pack.id as "packId", pack.status, pack.reject_reason as "rejectReason", pack.packaging, pack.implant,
      pack.owner_institution_id as "ownerInstitutionId", pack.expires_on as "expiresOn", pack.label_print as "labelPrint",
      pack.outer_ci is not null as unloaded, pack.allocated_institution_id as "allocatedInstitutionId",
      round_stop.institution_id as "consignedInstitutionId",
      case when custody.holder_type = 'centre' then custody.holder_id end as "lyingInstitutionId",
      case when steriliser_load.id is not null then jsonb_build_object('id', steriliser_load.id, 'status', steriliser_load.status,
        'biPassed', exists (select from load_indicator where load_id = steriliser_load.id and kind = 'bi' and load_indicator.status = 'pass'),
        'emergency', steriliser_load.emergency) end as load,
      array(select recall_id::text from recall_line join recall on recall.id = recall_id where pack_id = pack.id and not drill
        order by recall_id) as "recallIds",
      array(select breach_id::text from breach_pack where pack_id = pack.id and accepted is null order by exposed_at, breach_id) as "breachIds"
    from pack
      left join steriliser_load on steriliser_load.id = pack.load_id
      left join consignment on consignment.id = pack.consignment_id
      left join round_stop on round_stop.id = consignment.stop_id
      left join custody on custody.thing_type = 'pack' and custody.thing_id = pack.id and custody.until is null
    where pack.id = any(${[...packIds]}::text[])`.execute(db);
  return new Map(rows.map((row) => [row.packId, row]));
}

export interface AskedPack {
  id: string;
  /** The print of the label that it was asked by. */
  print?: number | null;
  /** The centre that it is for; left out: that of all of them. */
  for?: string | null;
}

export interface PackNotDispensable {
  packId: string;
  reasons: DispensableReason[];
}

/** The packs against which there are reasons, in the order asked. One statement. `except` leaves checks out. */
export async function findNotDispensable(
  db: Database,
  packs: readonly (string | AskedPack)[],
  { for: forAll, at, except = [] }: { for: string | null; at: Date; except?: readonly DispensableCode[] },
): Promise<PackNotDispensable[]> {
  const asked: AskedPack[] = packs.map((pack) => (typeof pack === 'string' ? { id: pack } : pack));
  const grounds = await loadDispensableGround(
    db,
    asked.map(({ id }) => id),
  );
  const rules = loadNormRules(localDateOf(at.getTime()));
  return asked.flatMap(({ id, print = null, for: forOne = forAll }) => {
    const ground = grounds.get(id);
    if (!ground) throw new Error(`There is no pack ${id}.`);
    const reasons = reasonsAgainst(ground, { for: forOne, at: at.getTime(), print }, rules).filter(({ code }) => !except.includes(code));
    return reasons.length > 0 ? [{ packId: id, reasons }] : [];
  });
}

/**
 * Throws ActRefused `pack-not-dispensable` with the reasons of every pack that may not be dispensed. The caller holds the locks of the packs. The expiry
 * is judged at the instant of the act, what blocks as it is known now.
 */
export async function requireDispensable(
  act: Act,
  packs: readonly (string | AskedPack)[],
  { for: institutionId, except }: { for: string | null; except?: readonly DispensableCode[] },
): Promise<void> {
  const refused = await findNotDispensable(act.trx, packs, {
    for: institutionId,
    at: act.happenedAt,
    ...(except ? { except } : {}),
  });
  if (refused.length > 0) throw new ActRefused('pack-not-dispensable', { packs: refused });
}
