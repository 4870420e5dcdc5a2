/** Who and what the entries of a transaction refer to: each other by fullUrl or by type and id, what they contain, or anything by its identifier. */
import { oidOf } from '../../../domain/kit/oid.ts';
import { Named, type Reference } from './schemas.ts';

interface Identified {
  system?: string | undefined;
  value?: string | undefined;
}

interface GivenEntry {
  fullUrl?: string | undefined;
  resource: { resourceType: string };
}

/** One spelling of an identifier; undefined without a value. */
export function keyOf({ system = '', value }: Identified): string | undefined {
  const number = value?.trim();
  return number ? `${oidOf(system.trim()) ?? system.trim()}|${number}` : undefined;
}

/** Returns the resource that is referred to, when it stands in the Bundle or in the resource that refers to it. */
export function findReferred({ reference }: Reference, from: object, entries: readonly GivenEntry[]): Record<string, unknown> | undefined {
  if (reference === undefined) return undefined;
  if (reference.startsWith('#')) {
    const given: unknown = Reflect.get(from, 'contained');
    const contained: unknown[] = Array.isArray(given) ? given : [];
    const found = contained.flatMap((each) => {
      const named = Named.safeParse(each);
      return named.success && named.data.id === reference.slice(1) ? [named.data] : [];
    });
    return found.length === 1 ? found[0] : undefined;
  }
  const found = entries.filter(({ fullUrl, resource }) => {
    const named = Named.safeParse(resource);
    return (
      fullUrl === reference || (named.success && named.data.id !== undefined && `${named.data.resourceType}/${named.data.id}` === reference)
    );
  });
  const [only] = found;
  return only && found.length === 1 ? { ...only.resource } : undefined;
}

/** Everything by which a reference names whom it means, each in one spelling. */
function namesOf(reference: Reference, from: object, entries: readonly GivenEntry[]): { as: string; of: string }[] {
  const referred = Named.safeParse(findReferred(reference, from, entries));
  const identifiers: (Identified | undefined)[] = [reference.identifier, ...((referred.success && referred.data.identifier) || [])];
  const own = referred.success && referred.data.id !== undefined ? [`${referred.data.resourceType}/${referred.data.id}`] : [];
  const entry = entries.filter(({ fullUrl, resource }) => fullUrl !== undefined && own.some((one) => isNamed(resource, one)));
  const written = [reference.reference, ...own, ...entry.map(({ fullUrl }) => fullUrl)].flatMap((text) =>
    text === undefined || text.startsWith('#') ? [] : [{ as: '', of: text.split('/_history/')[0] ?? text }],
  );
  // An id of the Bundle is its own; outside of it such a reference names our record.
  const isOurs = !referred.success && reference.reference?.startsWith('Patient/') === true;
  const ours = isOurs ? [{ as: 'urn:carepath:patient', of: reference.reference?.slice('Patient/'.length) ?? '' }] : [];
  return [
    ...written,
    ...ours,
    ...identifiers.flatMap((identifier) => {
      const key = identifier && keyOf(identifier);
      return key === undefined ? [] : [{ as: key.slice(0, key.lastIndexOf('|')), of: key.slice(key.lastIndexOf('|') + 1) }];
    }),
  ];
}

const isNamed = (resource: { resourceType: string }, text: string): boolean => {
  const named = Named.safeParse(resource);
  return named.success && `${named.data.resourceType}/${named.data.id}` === text;
};

/** Says whether two references mean the same: a name is common to both, and no number of one system is another one. What only may be the same is not. */
export function isSameReferred(
  one: { reference: Reference; from: object },
  other: { reference: Reference; from: object },
  entries: readonly GivenEntry[],
): boolean {
  const [names, others] = [namesOf(one.reference, one.from, entries), namesOf(other.reference, other.from, entries)];
  const isCommon = names.some((name) => others.some(({ as, of }) => as === name.as && of.toLowerCase() === name.of.toLowerCase()));
  const contradicts = names.some(
    (name) =>
      name.as !== '' &&
      others.some(({ as }) => as === name.as) &&
      !others.some(({ as, of }) => as === name.as && of.toLowerCase() === name.of.toLowerCase()),
  );
  return isCommon && !contradicts;
}
