/** Writes a visit's form in words, in the order of the record tables, for the doctor to whom the person is referred. */
import type { FormField } from './form-field-kinds.ts';
import { formFields } from './form-fields.ts';

type Value = string | number | boolean;

/** Says whether a value is left out of the summary, because it is empty or a unit that everybody takes for granted. */
const isSilent = (value: unknown): boolean =>
  value === null || value === undefined || value === false || value === '' || isUsualUnit(value);
const isUsualUnit = (value: unknown): boolean => value === 'mmHg' || value === 'mmol/L';

function valueAt(form: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inside, key) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined),
    form,
  );
}

function toWords({ zh, codes }: FormField, value: Value): string {
  if (value === true) return zh;
  const name = codes?.find((one) => one.name === value || one.code === value)?.zh;
  return `${zh} ${name ?? value}`;
}

function describeField(field: FormField, value: unknown): string[] {
  if (Array.isArray(value)) {
    const listed = value.filter((one) => !isSilent(one)).map((one: Value) => toWords({ ...field, zh: '' }, one).trim());
    return listed.length > 0 ? [`${field.zh} ${listed.join('、')}`] : [];
  }
  return isSilent(value) || typeof value === 'object' ? [] : [toWords(field, value as Value)];
}

const isComparator = (field: string): boolean => field.endsWith('.comparator');

/** A value beyond the range of the meter is written as the meter's sign and its limit: `>33.3`. */
function comparedValueAt(form: unknown, path: readonly string[]): unknown {
  const value = valueAt(form, path);
  const comparator = path.at(-1) === 'value' && valueAt(form, [...path.slice(0, -1), 'comparator']);
  return typeof comparator === 'string' && typeof value === 'number' ? `${comparator}${value}` : value;
}

export function buildVisitSummary(form: unknown): string {
  const parts: string[] = [];
  const done = new Set<string>();
  for (const field of formFields) {
    const [list, member] = field.field.split('[].');
    if (list === undefined || done.has(list)) continue;
    if (member === undefined) {
      if (!isComparator(list)) parts.push(...describeField(field, comparedValueAt(form, list.split('.'))));
      continue;
    }
    // The members of a list are described one by one, each with all its fields.
    done.add(list);
    const members = formFields.filter((one) => one.field.startsWith(`${list}[].`));
    const each = valueAt(form, list.split('.'));
    for (const one of Array.isArray(each) ? each : []) {
      const told = members.flatMap((inner) => describeField(inner, valueAt(one, inner.field.slice(list.length + 3).split('.'))));
      if (told.length > 0) parts.push(told.join(' '));
    }
  }
  return parts.join('；');
}
