/** A long history of sterile supply, laid down by statements over sets: what a bench of reading needs beneath it. */
import { sql } from 'kysely';
import type { Database } from '../../db/kit/database.ts';

const PACKS_OF_LOAD = 25;
const STERILISERS = 2;

/**
 * Loads of 25 packs on two sterilisers, one every four hours, each with a passed indicator a week; the newest loads have not been read. The packs were
 * released, brought to 39 centres and opened there; those of the newest loads still lie at them. Triggers and foreign keys are left out while it is
 * written: the history is not the thing measured. Gives a load that is not the newest.
 */
export async function writeSupplyHistory(db: Database, packCount: number): Promise<string> {
  const loads = Math.ceil(packCount / PACKS_OF_LOAD);
  await db.connection().execute(async (connection) => {
    const run = (statement: ReturnType<typeof sql>) => statement.execute(connection);
    await run(sql`set session_replication_role = replica`);
    await run(sql`set statement_timeout = 0`);
    await run(sql`create temporary table bench_load as select n, gen_random_uuid() as id, 'steriliser-' || (1 + n % ${STERILISERS}::integer) as steriliser_id,
      now() - (${loads}::integer - n) * interval '4 hours' / ${STERILISERS}::integer as started_at from generate_series(1, ${loads}::integer) as n`);
    await run(sql`insert into steriliser_load (id, number, steriliser_id, program, purpose, status, operator_id, started_at, ended_at)
      select id, 'bench-' || n, steriliser_id, 'steam-134', 'packs', 'released', 'person-technician', started_at, started_at + interval '40 minutes' from bench_load`);
    await run(sql`insert into load_indicator (id, load_id, kind, product, lot, status)
      select 'bench-' || n, id, 'bi', 'x', 'x', 'pass' from bench_load where n % 84 < ${STERILISERS}::integer and n < ${loads - 75}::integer`);
    await run(sql`insert into set_instance (id, code, set_type_id, ownership, status)
      select 'bench-' || n, 'bench-' || n, 'dressing-set', 'pool', 'packed' from generate_series(1, ${packCount}::integer) as n`);
    await run(sql`insert into pack (id, code, set_instance_id, set_type_id, packaging, surgical, implant, status, packer_id, load_id, outer_ci, expires_on)
      select 'bench-' || p, 'bench-' || p, 'bench-' || p, 'dressing-set', 'cotton', false, false,
        case when n > ${loads - Math.ceil(loads / 20)}::integer then 'at-centre' else 'ended' end, 'person-technician', id, 'pass', (started_at + interval '14 days')::date
      from bench_load, generate_series((n - 1) * ${PACKS_OF_LOAD}::integer + 1, n * ${PACKS_OF_LOAD}::integer) as p`);
    await run(sql`insert into load_pack (load_id, pack_id) select load_id, id from pack where id like 'bench-%'`);
    // Row by row the index that keeps places from overlapping takes minutes; built over the finished table it is the same.
    await run(sql`alter table custody drop constraint custody_one_place`);
    await run(sql`insert into custody (thing_type, thing_id, holder_type, holder_id, since, event_id)
      select 'pack', id, 'centre', 'inst-c' || lpad((1 + substring(id from 7)::integer % 39)::text, 2, '0'), now(), gen_random_uuid() from pack where id like 'bench-%'`);
    await run(sql`alter table custody add constraint custody_one_place exclude using gist
      ((thing_type || ' ' || thing_id) with =, tstzrange(since, until) with &&) deferrable initially immediate`);
    await run(sql`insert into supply_event (id, happened_at, recorded_at, late, event, thing_type, thing_id, from_status, to_status, holder_type, holder_id,
        actor, institution_id, load_id)
      select gen_random_uuid(), started_at + minutes * interval '1 minute', started_at + minutes * interval '1 minute', false, event, 'pack',
        'bench-' || p, null, to_status, holder_type, case holder_type when 'cssd' then 'inst-cssd' else 'inst-c' || lpad((1 + p % 39)::text, 2, '0') end,
        '{"personId": "person-technician", "institutionId": "inst-cssd", "role": "technician"}', 'inst-cssd', id
      from bench_load, generate_series((n - 1) * ${PACKS_OF_LOAD}::integer + 1, n * ${PACKS_OF_LOAD}::integer) as p,
        (values (0, 'assembled', 'assembled', 'cssd'), (120, 'load-released', 'released', 'cssd'), (1500, 'sterile-handed', 'at-centre', 'centre'))
          as step (minutes, event, to_status, holder_type)`);
    await run(sql`set session_replication_role = origin`);
    for (const table of ['steriliser_load', 'load_indicator', 'pack', 'load_pack', 'custody', 'set_instance', 'supply_event'])
      await run(sql`vacuum analyze ${sql.table(table)}`);
  });
  const { id } = await db
    .selectFrom('steriliser_load')
    .select('id')
    .where('steriliser_id', '=', 'steriliser-1')
    .orderBy('started_at', 'desc')
    .offset(5)
    .executeTakeFirstOrThrow();
  return id;
}
