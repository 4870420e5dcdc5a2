/**
 * The bundle of a round: what a phone needs to judge a hand-over while it has no network. It is signed, so that nobody can add a pack to it, and it
 * grows old: who has an older one asks for a voice code.
 */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { RoundMode } from '../../domain/supply-round/protocol.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';

export interface BundleContent {
  round: { id: string; on: string; mode: RoundMode; vehicleId: string };
  stops: { id: string; institutionId: string; arriveAt: string }[];
  /** Everything that is loaded, by the code of its newest label, with the centre that it is for. */
  packs: { code: string; for: string; expiresOn: string | null }[];
  /** Codes of packs on the vehicle and at the round's centres that must not be used. */
  blocklist: string[];
}

export interface Bundle extends BundleContent {
  issuedAt: string;
  validUntil: string;
}

/** Signs a bundle as a compact JWS. */
export type SignBundle = (bundle: Bundle) => Promise<string>;

/** Issues a new bundle and keeps it. */
export async function issueBundle(db: Database, roundId: string, { at, sign }: { at: Date; sign: SignBundle }): Promise<string> {
  const content = await findContent(db, roundId);
  const { bundleValidSeconds } = loadNormRules(localDateOf(at.getTime())).offline;
  const validUntil = new Date(at.getTime() + bundleValidSeconds * 1_000);
  const jws = await sign({ ...content, issuedAt: at.toISOString(), validUntil: validUntil.toISOString() });
  await db.insertInto('round_bundle').values({ id: uuid(), round_id: roundId, issued_at: at, valid_until: validUntil, jws }).execute();
  return jws;
}

/** The latest bundle while it is valid and says what is so; else a new one. */
export async function currentBundle(db: Database, roundId: string, options: { at: Date; sign: SignBundle }): Promise<string> {
  const latest = await db
    .selectFrom('round_bundle')
    .select(['jws', 'valid_until as validUntil'])
    .where('round_id', '=', roundId)
    .orderBy('issued_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (latest && latest.validUntil > options.at && saysTheSame(latest.jws, await findContent(db, roundId))) return latest.jws;
  return issueBundle(db, roundId, options);
}

function saysTheSame(jws: string, content: BundleContent): boolean {
  const [, payload = ''] = jws.split('.');
  const { issuedAt: _, validUntil: __, ...said } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Bundle;
  return JSON.stringify(said) === JSON.stringify(content);
}

async function findContent(db: Database, roundId: string): Promise<BundleContent> {
  const label = sql`pack.code || case when pack.label_print > 0 then '-' || pack.label_print else '' end`;
  const { rows } = await sql<BundleContent>`
    with stop as (select * from round_stop where round_id = ${roundId} and moved_to_round_id is null),
      aboard as (select pack.*, stop.institution_id as for_id from pack join consignment on consignment.id = pack.consignment_id
        join stop on stop.id = consignment.stop_id where consignment.lane = 'sterile')
    select json_build_object('id', id, 'on', on_date, 'mode', mode, 'vehicleId', vehicle_id) as round,
      (select coalesce(json_agg(json_build_object('id', id, 'institutionId', institution_id,
        'arriveAt', to_char(arrive_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by arrive_at, id), '[]') from stop) as stops,
      (select coalesce(json_agg(json_build_object('code', ${label}, 'for', for_id, 'expiresOn', expires_on) order by pack.code), '[]')
        from aboard as pack where status = 'on-vehicle') as packs,
      array(select ${label} from pack where status not in ('opened', 'ended')
        and (id in (select id from aboard) or exists (select from custody where thing_type = 'pack' and thing_id = pack.id and until is null
          and holder_type = 'centre' and holder_id in (select institution_id from stop)))
        and exists (select from recall_line join recall on recall.id = recall_id where pack_id = pack.id and not drill)
        order by 1) as blocklist
    from supply_round where id = ${roundId}`.execute(db);
  const [content] = rows;
  if (!content) throw new Error('A bundle is issued for a round that there is.');
  return content;
}
