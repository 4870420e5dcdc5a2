/** Expressions that put the names of a place, or of a member of staff, beside the id, within the statement that reads the id. */
import { type RawBuilder, sql } from 'kysely';

export interface NamedPlace {
  id: string;
  zh: string;
  en: string;
}

/** `id`: an expression of the id of an institution that is there. */
export const namedInstitution = (id: RawBuilder<unknown>): RawBuilder<NamedPlace> =>
  sql<NamedPlace>`(select jsonb_build_object('id', place.id, 'zh', place.name_zh, 'en', place.name_en) from institution as place where place.id = ${id})`;

export interface NamedPerson {
  id: string;
  name: string;
}

/** `id`: an expression of the id of a member of staff; null gives null. */
export const namedPerson = (id: RawBuilder<unknown>): RawBuilder<NamedPerson | null> =>
  sql<NamedPerson | null>`(select jsonb_build_object('id', named.id, 'name', named.name) from person as named where named.id = ${id})`;

/** `id`: an expression of the id of a department that is there. */
export const namedDepartment = (id: RawBuilder<unknown>): RawBuilder<NamedPlace> =>
  sql<NamedPlace>`(select jsonb_build_object('id', place.id, 'zh', place.name_zh, 'en', place.name_en) from department as place where place.id = ${id})`;
