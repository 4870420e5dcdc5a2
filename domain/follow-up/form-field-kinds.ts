/** How a field of the visit form is described: its words, what it takes, and the type of its values that follows from this. */

/** Parts of WS/T 363-2023 by number. */
export const elementGroups = {
  4: '健康史',
  5: '健康危险因素',
  6: '主诉与症状',
  7: '体格检查',
  8: '临床辅助检查',
  9: '实验室检查',
  11: '医学评估',
  12: '计划与干预',
  16: '药品与医疗器械',
  17: '卫生健康管理',
} as const;

/** The names of codes in the form, each with its Chinese word. Where the record table has codes, they are in its order, which it numbers from 1. */
export type Codes = Readonly<Record<string, string>>;

interface FieldWords {
  zh: string;
  en: string;
  /** The data element: its part of WS/T 363-2023, and its name in WS 372.2-2012 or null where that data set has no such element that we know of. */
  element?: readonly [group: keyof typeof elementGroups, name: string | null];
}

/** What a field takes. */
export type Kind =
  /** In the unit of its name. A value outside of what a living person has is a slip of the pen or of the unit. */
  | { kind: 'number'; least: number; most: number }
  /** A number above zero that has no unit. */
  | { kind: 'positive-number'; most: number }
  | { kind: 'text'; longest: number }
  | { kind: 'date' }
  | { kind: 'yes-no' }
  /** The code of the record table or its name; the name is kept. */
  | { kind: 'coded'; codes: Codes }
  /** Several of the above. The first one says that there is nothing, so it contradicts the others. */
  | { kind: 'coded-list'; codes: Codes; most: number }
  /** A name of our own: the record table has no code. */
  | { kind: 'choice'; codes: Codes }
  /** A code of the protocol, such as blood-pressure. */
  | { kind: 'protocol-code' }
  | { kind: 'protocol-code-list'; most: number };

/** A field that stands for itself. It may be left out unless it is required. */
export type SingleField = FieldWords & Kind & { required?: true };
export type Members = Readonly<Record<string, SingleField>>;

/** Fields that belong together, as one object. */
export interface GroupField<Of extends Members = Members> {
  kind: 'group';
  members: Of;
  contradiction?: Contradiction<Of>;
}

/** Values that may each be true and cannot be true together: the error stands at the member `at` and names the member `with`. */
export interface Contradiction<Of extends Members = Members> {
  at: keyof Of & string;
  with: keyof Of & string;
  isIn(values: ValuesOf<Of>): boolean;
}

/** What may come several times, each time with these members. */
export interface ListField {
  kind: 'list';
  members: Members;
  most: number;
}

export type RecordField = SingleField | GroupField | ListField;

/** A field that the rules read. Its units are converted when it comes in, so api/follow-up/visit-form.ts says what it takes. */
export type RuleField = { kind: 'read-by-rules' } & (
  | (FieldWords & { codes?: Codes; numbered?: true })
  | { members: Readonly<Record<string, FieldWords & { codes?: Codes }>>; several?: true }
);

export type RuleFieldName<Fields> = { [Name in keyof Fields]: Fields[Name] extends RuleField ? Name : never }[keyof Fields];

export type ValueOf<Field> = Field extends { kind: 'number' | 'positive-number' }
  ? number
  : Field extends { kind: 'text' | 'date' | 'protocol-code' }
    ? string
    : Field extends { kind: 'yes-no' }
      ? boolean
      : Field extends { kind: 'protocol-code-list' }
        ? string[]
        : Field extends { kind: 'coded' | 'choice'; codes: infer Of }
          ? keyof Of & string
          : Field extends { kind: 'coded-list'; codes: infer Of }
            ? (keyof Of & string)[]
            : Field extends { kind: 'group'; members: infer Of }
              ? ValuesOf<Of>
              : Field extends { kind: 'list'; members: infer Of }
                ? ValuesOf<Of>[]
                : never;

export type ValuesOf<Fields> = {
  -readonly [Name in keyof Fields as Fields[Name] extends { required: true } ? Name : never]: ValueOf<Fields[Name]>;
} & {
  -readonly [Name in keyof Fields as Fields[Name] extends { required: true } ? never : Name]?: ValueOf<Fields[Name]> | null | undefined;
};

/** Lets the compiler know the members where a contradiction between them is described. */
export const group = <const Of extends Members>(members: Of, contradiction?: Contradiction<Of>): GroupField<Of> => ({
  kind: 'group',
  members,
  ...(contradiction ? { contradiction } : {}),
});

/** A row of the form's description, for whoever draws the form or maps it to a record system. */
export interface FormField {
  /** The path of the field in the form. The members of a list stand behind `[]`. */
  field: string;
  zh: string;
  en: string;
  element: string | null;
  group: keyof typeof elementGroups | null;
  /** The identifier of the element, which stays null until we have the text of the standard. */
  identifier: null;
  /** The codes of the record table with the names that stand for them in the form. A name without a code there has `code` null. */
  codes: { code: number | null; name: string; zh: string }[] | null;
}

/** Returns one row for each field that stands for itself, in the order of the form. */
export const listFormFields = (fields: Readonly<Record<string, RecordField | RuleField>>): FormField[] =>
  Object.entries(fields).flatMap(([name, field]) => {
    if (!('members' in field)) return [toRow(name, field)];
    const isList = field.kind === 'list' || (field.kind === 'read-by-rules' && field.several === true);
    return Object.entries(field.members).map(([member, inner]) => toRow(`${name}${isList ? '[]' : ''}.${member}`, inner));
  });

function toRow(path: string, field: FieldWords & { kind?: string; codes?: Codes; numbered?: true }): FormField {
  const numbered = field.numbered === true || field.kind === 'coded' || field.kind === 'coded-list';
  const [elementGroup = null, element = null] = field.element ?? [];
  return {
    field: path,
    zh: field.zh,
    en: field.en,
    element,
    group: elementGroup,
    identifier: null,
    codes: field.codes ? Object.entries(field.codes).map(([name, zh], index) => ({ code: numbered ? index + 1 : null, name, zh })) : null,
  };
}
