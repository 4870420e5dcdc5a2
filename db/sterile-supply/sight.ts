/** Which sets and packs somebody sees: the predicate of each list and of each single one. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SupplySight } from '../../domain/sterile-supply/sight.ts';

const heldBy = (type: 'pack' | 'set-instance', id: RawBuilder<unknown>, holder: RawBuilder<SqlBool>) =>
  sql<SqlBool>`exists (select from custody where thing_type = ${type} and thing_id = ${id} and until is null and ${holder})`;

const heldByCentre = (type: 'pack' | 'set-instance', id: RawBuilder<unknown>, institutionId: string) =>
  heldBy(type, id, sql`holder_type = 'centre' and holder_id = ${institutionId}`);

const heldByRoundOf = (type: 'pack' | 'set-instance', id: RawBuilder<unknown>, personId: string) =>
  heldBy(type, id, sql`holder_type = 'round' and holder_id in (${roundsOf(personId)})`);

const roundsOf = (personId: string) => sql`select id::text from supply_round where driver_id = ${personId} or courier_id = ${personId}`;

/** Of the rows of `pack`: a centre sees what lies there, what is its own, what is meant for it and what it opened; a round what it carries or carried. */
export function packsInSight(sight: SupplySight): RawBuilder<SqlBool> {
  switch (sight.over) {
    case 'alliance':
      return sql`true`;
    case 'centre': {
      const { institutionId } = sight;
      return sql`(${institutionId} in (owner_institution_id, allocated_institution_id, opened_institution_id)
        or ${heldByCentre('pack', sql.ref('pack.id'), institutionId)}
        or exists (select from consignment join round_stop on round_stop.id = stop_id
          where consignment.id = pack.consignment_id and round_stop.institution_id = ${institutionId}))`;
    }
    case 'rounds':
      return sql`(${heldByRoundOf('pack', sql.ref('pack.id'), sight.personId)}
        or exists (select from consignment where consignment.id = pack.consignment_id and round_id::text in (${roundsOf(sight.personId)})))`;
    case 'nothing':
      return sql`false`;
  }
}

/** Of the rows of `set_instance`: a centre sees what lies there and what is its own, a round what it carries. */
export function setsInSight(sight: SupplySight): RawBuilder<SqlBool> {
  const id = sql.ref('set_instance.id');
  switch (sight.over) {
    case 'alliance':
      return sql`true`;
    case 'centre':
      return sql`(owner_institution_id = ${sight.institutionId} or ${heldByCentre('set-instance', id, sight.institutionId)})`;
    case 'rounds':
      return heldByRoundOf('set-instance', id, sight.personId);
    case 'nothing':
      return sql`false`;
  }
}
