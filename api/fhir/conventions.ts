/**
 * What FHIR lets every request say beside the operation's own parameters (R4, http.html and search.html): the format and layout of the answer, which part of
 * a resource is wanted, and what becomes of parameters that are not known here.
 */
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes';
import type { Asked, Conventions, Reply } from '../kit/operation.ts';
import { type FieldError, invalidRequestProblem, Problem } from '../kit/problem.ts';
import { readSubset, type Subset, subsetOf } from './subset.ts';

/** Parameters of every type that say which resources are meant (R4, search.html): leaving one aside shows others than were asked for. */
const FILTERS = [
  '_id',
  '_lastUpdated',
  '_tag',
  '_profile',
  '_security',
  '_source',
  '_text',
  '_content',
  '_list',
  '_has',
  '_type',
  '_filter',
  '_query',
];

/** Every operation takes these. */
const GENERAL = ['_format', '_pretty', '_summary', '_elements'];

const jsonTypes = ['application/fhir+json', 'application/json', 'text/json'];
/** What `_format` may say for them; a plus that was not escaped has become a space. */
const jsonFormats = ['json', 'application/fhir json', ...jsonTypes];

export const fhirConventions: Conventions = {
  read(headers, given, known): Asked {
    const query = Object.fromEntries(Object.entries(given).filter(([name]) => !GENERAL.includes(name) || known.includes(name)));
    const general = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined);
    refuseOtherFormats(headers, general('_format'));
    const ignored = takeOutUnknown(query, known, handlingOf(headers));
    const subset = readSubset(general('_summary'), general('_elements'));
    const isPretty = general('_pretty') === 'true';
    return { query, shape: (reply) => shapeReply(reply, { subset, isPretty, ignored }) };
  },
};

/** Throws Problem 406. `_format` takes precedence over the header, as clients that cannot set headers need it to. */
function refuseOtherFormats(headers: Headers, format: string | undefined): void {
  const isTaken =
    format === undefined || format === ''
      ? acceptsJson(headers.get('accept'))
      : jsonFormats.includes(mediaTypeOf(format)) && isOfRelease(format);
  if (!isTaken) throw new Problem('not-acceptable');
}

const mediaTypeOf = (range: string): string => range.split(';')[0]?.trim().toLowerCase() ?? '';

/** The parameter of a media type that names the release of FHIR. */
const isOfRelease = (range: string): boolean =>
  /;\s*fhirversion\s*=/i.test(range) === /;\s*fhirversion\s*=\s*"?4\.0"?\s*(;|$)/i.test(range);

function acceptsJson(accept: string | null): boolean {
  if (accept === null || accept.trim() === '') return true;
  return accept.split(',').some((range) => {
    const type = mediaTypeOf(range);
    const isRefused = /;\s*q\s*=\s*0(\.0{0,3})?\s*(;|$)/i.test(range);
    return !isRefused && isOfRelease(range) && (type === '*/*' || type === 'application/*' || jsonTypes.includes(type));
  });
}

type Handling = 'strict' | 'lenient' | undefined;

function handlingOf(headers: Headers): Handling {
  const preferences = (headers.get('prefer') ?? '').split(/[,;]/).map((each) => each.trim().toLowerCase().replaceAll(/[\s"]/g, ''));
  if (preferences.includes('handling=strict')) return 'strict';
  return preferences.includes('handling=lenient') ? 'lenient' : undefined;
}

/**
 * Takes what is not known here out of the query and returns the names. Without a preference only what shapes an answer is left aside: leaving a filter aside
 * would show more than was asked for. A modifier is refused in any case, as R4 has it. Throws Problem 422.
 */
function takeOutUnknown(query: Record<string, unknown>, known: readonly string[], handling: Handling): string[] {
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  const isRefused = (name: string) =>
    handling === 'strict' ||
    (name.includes(':') && known.includes(name.split(':')[0] ?? '')) ||
    (handling === undefined && (!name.startsWith('_') || FILTERS.includes(name.split(':')[0] ?? '')));
  const errors = unknown.filter(isRefused).map((path): FieldError => ({ path, message: notServed }));
  if (errors.length > 0) throw new Problem('invalid-request', { errors });
  for (const name of unknown) delete query[name];
  return unknown;
}

const notServed = {
  zh: '不支持此参数；可加 Prefer: handling=lenient 忽略之',
  en: 'is not served; Prefer: handling=lenient has it left aside',
};

interface Shape {
  subset: Subset | undefined;
  isPretty: boolean;
  ignored: readonly string[];
}

function shapeReply(reply: Reply, { subset, isPretty, ignored }: Shape): Reply {
  if (reply.status >= 400) return reply;
  const body = withIgnored(subset ? subsetOf(reply.body as Resource, subset) : (reply.body as Resource), ignored);
  return { ...reply, body, ...(isPretty ? { write: (each: unknown) => JSON.stringify(each, null, 2) } : {}) };
}

/** What was left aside is said beside what was found. */
function withIgnored(body: Resource, ignored: readonly string[]): Resource {
  if (ignored.length === 0 || body.resourceType !== 'Bundle' || body.type !== 'searchset') return body;
  const outcome: OperationOutcome = {
    resourceType: 'OperationOutcome',
    issue: ignored.map((name) => ({
      severity: 'warning',
      code: 'not-supported',
      details: { text: '未支持的参数，已忽略 / is not served and was left aside' },
      diagnostics: name.slice(0, 100),
    })),
  };
  const bundle: Bundle = { ...body, entry: [...(body.entry ?? []), { resource: outcome, search: { mode: 'outcome' } }] };
  return bundle;
}

/** Throws Problem 422. */
export function readCount(text: string | undefined, most: number, usual: number): number {
  if (text === undefined) return usual;
  if (!/^\d{1,12}$/.test(text))
    throw invalidRequestProblem('_count', { zh: '须为不小于 0 的整数', en: 'must be a whole number that is not negative' });
  return Math.min(Number(text), most);
}
