/** Labels of packs: each print is counted and kept, the newest one counts. */
import { sql } from 'kysely';
import { nominalExpiresOn } from '../../domain/sterile-supply/expiry.ts';
import { type LabelContent, labelDateOf } from '../../domain/sterile-supply/labels.ts';
import { allowedPackActs, isReleased, mayPackAct } from '../../domain/sterile-supply/packs.ts';
import type { MissingItem } from '../../domain/sterile-supply/sets.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import { type Act, ActRefused, refuseField, refuseTransition } from './act.ts';
import { custodyOf, lockPacks, type PackRow } from './find-things.ts';
import { appendLedger } from './ledger.ts';
import { loadNormRules } from './norm-rules.ts';

export interface Printing {
  format: 'pdf' | 'zpl';
  /** Why a pack gets another label; the first one needs no reason. */
  reason: string | null;
}

/**
 * Prints a label for each pack, any number of them in the same statements, and gives what stands on them in the order asked. While the load is planned
 * they are dated by the act. Throws ActRefused for a second label without a reason, where a pack takes no label any more, and for a released one that is
 * not at the supply department.
 */
export async function printLabels(act: Act, packIds: readonly string[], { format, reason }: Printing): Promise<LabelContent[]> {
  const { trx, actor, happenedAt } = act;
  const packs = await lockPacks(trx, packIds);
  await judge(act, packs, reason);
  const printedOn = localDateOf(happenedAt.getTime());
  const prints = packs.map((pack) => ({
    packId: pack.id,
    print: pack.label_print + 1,
    datedOn: labelDateOf(pack.status, { printedOn, sterilisedOn: pack.sterilised_on }),
    reason: pack.label_print === 0 ? null : reason,
  }));
  await sql`
    update pack set label_print = (print ->> 'print')::integer, labelled_on = (print ->> 'datedOn')::date
    from jsonb_array_elements(${JSON.stringify(prints)}::jsonb) as print where pack.id = print ->> 'packId'`.execute(trx);
  await trx
    .insertInto('pack_label')
    .values(
      prints.map((print) => ({
        pack_id: print.packId,
        print: print.print,
        dated_on: print.datedOn,
        reason: print.reason,
        format,
        printed_at: happenedAt,
        printed_by: JSON.stringify(actor),
      })),
    )
    .execute();
  await appendLedger(
    act,
    packs.map((pack, index) => ({
      thing: { type: 'pack', id: pack.id },
      event: 'label-printed',
      from: pack.status,
      to: pack.status,
      loadId: pack.load_id,
      details: { ...prints[index], format },
    })),
  );
  return listLabelContents(trx, packIds);
}

async function judge({ trx }: Act, packs: readonly PackRow[], reason: string | null): Promise<void> {
  const standing = ({ status }: PackRow) => ({ status, recalled: false, expired: false });
  const refused = packs.find((pack) => !mayPackAct('labels', standing(pack)));
  if (refused) throw refuseTransition(refused.status, allowedPackActs(standing(refused)));
  if (reason === null && packs.some(({ label_print: prints }) => prints > 0))
    throw refuseField('reason', { zh: '重新打印须写明原因', en: 'another label needs a reason' });
  const released = packs.filter(({ status }) => isReleased(status)).map(({ id }) => id);
  const custodies = await custodyOf(trx, 'pack', released);
  if (released.some((id) => custodies.get(id)?.holder.type !== 'cssd')) throw new ActRefused('not-in-custody');
}

/** What stands on the newest label of each pack, in the order asked. One statement. */
async function listLabelContents(db: Database, packIds: readonly string[]): Promise<LabelContent[]> {
  const rows = await db
    .selectFrom('pack')
    .innerJoin('set_type', 'set_type.id', 'pack.set_type_id')
    .innerJoin('set_instance', 'set_instance.id', 'pack.set_instance_id')
    .leftJoin('steriliser_load', 'steriliser_load.id', 'pack.load_id')
    .leftJoin('steriliser', 'steriliser.id', 'steriliser_load.steriliser_id')
    .leftJoin('institution', 'institution.id', 'pack.owner_institution_id')
    .select([
      'pack.id',
      'pack.code',
      'pack.label_print as print',
      'pack.status',
      'pack.packaging',
      'pack.packer_id as packerId',
      'pack.checker_id as checkerId',
      'pack.labelled_on as labelledOn',
      'pack.expires_on as expiresOn',
      'set_type.name_zh as nameZh',
      'set_type.name_en as nameEn',
      'set_type.gtin',
      'set_instance.incomplete',
      'set_instance.missing_items as missingItems',
      'steriliser_load.number as loadNumber',
      'steriliser.code as steriliserCode',
      'institution.name_zh as ownerZh',
      'institution.name_en as ownerEn',
    ])
    .where('pack.id', 'in', [...packIds])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return packIds.map((packId) => {
    const row = byId.get(packId);
    if (!row) throw new Error(`There is no pack ${packId}.`);
    const { labelledOn, expiresOn, packaging, ownerZh, ownerEn } = row;
    const nominal =
      labelledOn && nominalExpiresOn(packaging as Parameters<typeof nominalExpiresOn>[0], labelledOn, loadNormRules(labelledOn));
    return {
      packId,
      packCode: row.code,
      print: row.print,
      name: { zh: row.nameZh, en: row.nameEn },
      packerId: row.packerId,
      checkerId: row.checkerId,
      steriliserCode: labelledOn && row.steriliserCode,
      loadNumber: labelledOn && row.loadNumber,
      sterilisedOn: labelledOn,
      // A label never shows a later day than the pack's own.
      expiresOn: labelledOn && (expiresOn ?? nominal),
      released: isReleased(row.status),
      incomplete: row.incomplete,
      missingItems: row.missingItems as MissingItem[],
      ownerName: ownerZh === null || ownerEn === null ? null : { zh: ownerZh, en: ownerEn },
      gtin: row.gtin,
    };
  });
}
