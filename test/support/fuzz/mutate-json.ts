/** Spoils JSON bodies by their grammar: members and items are dropped, doubled, moved and given values of other kinds; now and then the text itself. */
import type { Random } from '../../../domain/kit/random.ts';

const deep = (depth: number): unknown => JSON.parse(`${'{"extension":['.repeat(depth)}{}${']}'.repeat(depth)}`);

const strangeValues: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
  -1,
  2_047,
  8_388_607,
  2 ** 31,
  1e308,
  0.1,
  [],
  {},
  [[]],
  [null],
  '2026-02-30T08:00:00+08:00',
  '2026-13-01',
  '0000-00-00',
  '9999-12-31T23:59:60Z',
  'Patient/../../etc',
  'Patient/%00',
  '#consent',
  'urn:oid:1.2',
  '\u0000',
  '\u000b',
  '\ud800',
  '中'.repeat(2_000),
  'x'.repeat(20_000),
  '__proto__',
  'constructor',
  { system: 'http://loinc.org', code: '__proto__' },
  { value: 33.3, comparator: '>', code: 'mmol/L', system: 'http://unitsofmeasure.org' },
  { value: '1' },
  { reference: 'Patient/patient-0001' },
];
const strangeNames = [
  '__proto__',
  'constructor',
  'toString',
  'modifierExtension',
  'implicitRules',
  'extension',
  '_status',
  'valueString',
  'dataAbsentReason',
  'focus',
  '',
  '\u0001',
  'x'.repeat(300),
];

interface Place {
  holder: object;
  key: string;
}

function listPlaces(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [{ holder: value, key }, ...listPlaces(Reflect.get(value, key))]);
}

type Change = (place: Place, random: Random) => void;

const setTo = ({ holder, key }: Place, value: unknown): void => {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
};

const changes: readonly Change[] = [
  (place, random) => setTo(place, structuredClone(random.pick(strangeValues))),
  ({ holder, key }) => void Reflect.deleteProperty(holder, key),
  ({ holder, key }, random) => {
    if (Array.isArray(holder)) holder.push(structuredClone(Reflect.get(holder, key)));
    else setTo({ holder, key: random.pick(strangeNames) }, structuredClone(random.pick(strangeValues)));
  },
  (place) => setTo(place, [Reflect.get(place.holder, place.key)]),
  (place) => setTo(place, { value: Reflect.get(place.holder, place.key) }),
  (place, random) => setTo(place, deep(random.pick([1, 5, 20, 200]))),
  (place, random) => {
    const value: unknown = Reflect.get(place.holder, place.key);
    if (typeof value === 'number') setTo(place, value * random.pick([-1, 0, 10, 1e6, 0.001]));
    if (typeof value === 'string')
      setTo(place, value.slice(0, random.integer(0, value.length)) + random.pick(['', '\u0085', '|', '&', '"', '😀']));
  },
  (place, random) =>
    setTo(
      place,
      Array.from({ length: random.pick([2, 11, 60]) }, () => structuredClone(Reflect.get(place.holder, place.key))),
    ),
];

const textChanges: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => text.slice(0, random.integer(0, text.length)),
  (text) => `${text}${text}`,
  (text) => text.replace('{', '{"resourceType":"Patient",'),
  (text, random) => {
    const at = random.integer(0, text.length);
    return text.slice(0, at) + random.pick(['\u0000', '"', '}', ',', '\\u0000', '\\ud800', '1e999']) + text.slice(at);
  },
  (text) => `\ufeff${text}`,
  (_, random) => random.pick(['', 'null', '[]', '0', '"x"', '{', '['.repeat(50_000), '{"a":'.repeat(5_000)]),
];

/** One to four changes of the tree, one in ten also of the text. */
export function mutateJson(body: unknown, random: Random): string {
  const changed = { body: structuredClone(body) };
  for (let left = random.integer(1, 4); left > 0; left -= 1) {
    const places = listPlaces(changed);
    if (places.length > 0) random.pick(changes)(random.pick(places), random);
  }
  const text = JSON.stringify(changed.body) ?? '';
  return random.integer(1, 10) === 1 ? random.pick(textChanges)(text, random) : text;
}
