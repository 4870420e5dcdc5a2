/** Builds the schemas of the visit form's fields from their description, domain/follow-up/form-fields.ts. */
import { z } from '@hono/zod-openapi';
import type {
  Codes,
  Contradiction,
  Members,
  RecordField,
  RuleField,
  SingleField,
  ValueOf,
} from '../../domain/follow-up/form-field-kinds.ts';
import { visitForm } from '../../domain/follow-up/form-fields.ts';
import { toMessage } from '../kit/field-words.ts';
import { DateOnly, Text } from '../kit/schemas.ts';

export const implausible = toMessage({ zh: '按此单位不合常理', en: 'implausible in this unit' });
const implausibleCount = toMessage({ zh: '不合常理', en: 'implausible' });

const protocolCode = z
  .string()
  .regex(/^[a-z0-9-]{1,60}$/, toMessage({ zh: '须为代码，如 blood-pressure', en: 'a code such as blood-pressure' }));

/** By the field's name, in the order of the form; without the fields that the rules read. */
export const recordFieldSchemas = buildSchemas(visitForm);

/** The schema of a field; one that is not required may be left out or null. */
type Schema<Field> = Field extends { required: true } ? z.ZodType<ValueOf<Field>> : z.ZodOptional<z.ZodNullable<z.ZodType<ValueOf<Field>>>>;
type Schemas<Fields> = {
  -readonly [Name in keyof Fields as Fields[Name] extends RuleField ? never : Name]: Schema<Fields[Name]>;
};

/** Skips the fields that the rules read. TypeScript cannot follow names through Object.entries, so here alone the type is asserted. */
function buildSchemas<Fields extends Readonly<Record<string, RecordField | RuleField>>>(fields: Fields): Schemas<Fields> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => (field.kind === 'read-by-rules' ? [] : [[name, buildSchema(field)]])),
  ) as Schemas<Fields>;
}

function buildSchema(field: RecordField): z.ZodType {
  switch (field.kind) {
    case 'group':
      return buildGroup(field.members, field.contradiction).nullish();
    case 'list':
      return z.array(buildGroup(field.members)).max(field.most).nullish();
    default:
      return field.required ? buildSingle(field) : buildSingle(field).nullish();
  }
}

function buildGroup(members: Members, contradiction?: Contradiction) {
  const schema = z.strictObject(buildSchemas(members));
  if (!contradiction) return schema;
  const { at, with: other, isIn } = contradiction;
  const message = toMessage({ zh: `与 ${other} 矛盾`, en: `contradicts ${other}` });
  return schema.superRefine((values, context) => {
    if (isIn(values)) context.addIssue({ code: 'custom', path: [at], message });
  });
}

function buildSingle(field: SingleField): z.ZodType {
  switch (field.kind) {
    case 'number':
      return z.number().min(field.least, implausible).max(field.most, implausible);
    case 'positive-number':
      return z.number().positive(implausibleCount).max(field.most, implausibleCount);
    case 'text':
      return Text(field.longest);
    case 'date':
      return DateOnly;
    case 'yes-no':
      return z.boolean();
    case 'coded':
      return buildCoded(field.codes);
    case 'coded-list':
      return buildCodedList(field.codes, field.most);
    case 'choice':
      return z.enum(Object.keys(field.codes));
    case 'protocol-code':
      return protocolCode;
    case 'protocol-code-list':
      return z.array(protocolCode).max(field.most);
  }
}

/** Takes the table's code 1, 2, 3 …, or its name, and gives the name. */
function buildCoded(codes: Codes) {
  const names = Object.keys(codes);
  return z
    .union([z.enum(names), z.literal(names.map((_, index) => index + 1))])
    .transform((given) => (typeof given === 'number' ? (names[given - 1] ?? '') : given));
}

function buildCodedList(codes: Codes, most: number) {
  const [first = ''] = Object.keys(codes);
  return z
    .array(buildCoded(codes))
    .max(most)
    .refine(
      (given) => given.length < 2 || !given.includes(first),
      toMessage({ zh: `${first} 与其他选项矛盾`, en: `${first} contradicts the others` }),
    );
}
