/** Things of sterile supply as rows, without the acts that lead there. */
import { type Insertable, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Database } from '../../../db/kit/database.ts';
import type { PackTable, SetInstanceTable, SetTypeTable } from '../../../db/sterile-supply/tables.ts';
import type { SteriliserLoadTable } from '../../../db/steriliser-load/tables.ts';
import { addSetType } from './supply-ground.ts';

let counter = 0;
/** A code that no other thing of the test process has. */
export const newCode = (prefix: string): string => {
  counter += 1;
  return `${prefix}${counter}`;
};

/** A set type with a code of its own. */
export const insertSetType = (db: Database, fields: Partial<Insertable<SetTypeTable>> = {}): Promise<string> =>
  addSetType(db, newCode('type'), fields);

export async function insertSets(
  db: Database,
  setTypeId: string,
  count: number,
  fields: Partial<Insertable<SetInstanceTable>> = {},
): Promise<string[]> {
  const rows = Array.from({ length: count }, () => {
    const code = newCode('set');
    return { id: code, code, set_type_id: setTypeId, ownership: 'pool' as const, status: 'inspected' as const, ...fields };
  });
  await db.insertInto('set_instance').values(rows).execute();
  return rows.map(({ id }) => id);
}

/** A load of its own steriliser, whatever its status. */
export async function insertLoad(db: Database, fields: Partial<Insertable<SteriliserLoadTable>> = {}): Promise<string> {
  const code = newCode('steriliser');
  await db
    .insertInto('steriliser')
    .values({ id: code, code, kind: 'prevacuum', recall_policy: 'cn-ws310', status: 'in-service', qualified_at: new Date() })
    .execute();
  const row = {
    id: uuid(),
    number: newCode('load'),
    steriliser_id: code,
    program: 'steam-132' as const,
    purpose: 'packs' as const,
    status: 'released' as const,
    started_at: new Date('2026-03-09T00:00:00Z'),
    ended_at: new Date('2026-03-09T00:40:00Z'),
    ...fields,
  };
  await db.insertInto('steriliser_load').values(row).execute();
  return row.id;
}

/** Packs of one type with a set each, in a load unless `fields` says otherwise. */
export async function insertPacks(
  db: Database,
  setTypeId: string,
  count: number,
  fields: Partial<Insertable<PackTable>> = {},
): Promise<string[]> {
  const sets = await insertSets(db, setTypeId, count, { status: 'packed' });
  const rows = sets.map((set_instance_id) => {
    const code = newCode('pack');
    return {
      id: code,
      code,
      set_instance_id,
      set_type_id: setTypeId,
      packaging: 'pouch',
      surgical: false,
      implant: false,
      status: 'released' as const,
      packer_id: 'person-technician',
      outer_ci: 'pass' as const,
      wet: false,
      label_print: 1,
      expires_on: '2026-09-05',
      ...fields,
    };
  });
  await db.insertInto('pack').values(rows).execute();
  return rows.map(({ id }) => id);
}

/** Says that things lie somewhere, as an act's ledger entry does. */
export async function moveThings(
  db: Database,
  type: string,
  ids: readonly string[],
  holder: { type: string; id: string },
  at: Date,
): Promise<void> {
  for (const id of ids)
    await sql`
      insert into supply_event (id, happened_at, late, event, thing_type, thing_id, holder_type, holder_id, actor, institution_id)
      values (${uuid()}, ${at}, false, 'seen', ${type}, ${id}, ${holder.type}, ${holder.id}, '{}', ${holder.id})`.execute(db);
}
