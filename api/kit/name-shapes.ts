/** Gives every shape that a request or an answer has a name in the contract, so that generated clients have one type for one thing. */

interface Shape {
  $ref?: string;
  type?: unknown;
  properties?: Record<string, Shape>;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
  allOf?: Shape[];
  enum?: unknown[];
  required?: string[];
  title?: string | undefined;
  additionalProperties?: unknown;
  [keyword: string]: unknown;
}

interface Content {
  schema?: Shape;
}

interface NamedOperation {
  operationId?: string;
  requestBody?: { content?: Record<string, Content> };
  responses?: Record<string, { content?: Record<string, Content> }>;
}

interface NamedDocument {
  paths?: Record<string, object>;
  components?: { schemas?: Record<string, unknown> };
}

const prefix = '#/components/schemas/';
const pascal = (id: string): string => id.slice(0, 1).toUpperCase() + id.slice(1);
const nameIn = (shape: Shape | undefined): string | undefined =>
  shape?.$ref?.startsWith(prefix) ? shape.$ref.slice(prefix.length) : undefined;

/** A text or a file is no shape: it has nothing inside that could be named. */
const isShape = (shape: Shape | undefined): shape is Shape =>
  shape !== undefined &&
  shape.$ref === undefined &&
  (shape.type === 'object' || [shape.anyOf, shape.oneOf, shape.allOf].some(Array.isArray));

/** A list is called after what is in it, whoever answers it; everything else after the operation. */
function nameOfAnswer(operationId: string, { properties = {} }: Shape): string {
  const item = nameIn(properties.items?.items);
  const members = Object.keys(properties).sort().join(' ');
  if (item && members === 'items nextCursor') return `${item}Page`;
  if (item && members === 'items') return `${item}List`;
  return `${pascal(operationId)}Answer`;
}

/** Changes the document in place. */
export function nameShapes(document: object): void {
  const { paths = {}, components = {} } = document as NamedDocument;
  components.schemas ??= {};
  const schemas = components.schemas as Record<string, Shape>;

  /** Another shape of the same name is called after its operation. */
  const name = (content: Content, wanted: string, otherwise: string): void => {
    const { schema } = content;
    if (!isShape(schema)) return;
    const text = JSON.stringify(schema);
    const free = [wanted, otherwise].find((each) => schemas[each] === undefined || JSON.stringify(schemas[each]) === text);
    if (free === undefined) throw new Error(`The contract has another shape named ${otherwise}.`);
    schemas[free] = schema;
    content.schema = { $ref: `${prefix}${free}` };
  };

  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods) as NamedOperation[])) {
    const { operationId = '', requestBody, responses = {} } = operation;
    for (const content of Object.values(requestBody?.content ?? {}))
      name(content, `${pascal(operationId)}Request`, `${pascal(operationId)}Body`);
    for (const [status, { content: contents }] of Object.entries(responses))
      for (const content of Object.values(contents ?? {}))
        if (Number(status) >= 400) name(content, `${pascal(operationId)}Problem${status}`, `${pascal(operationId)}Refusal${status}`);
        else
          name(
            content,
            nameOfAnswer(operationId, content.schema ?? {}),
            Number(status) === 202 ? `${pascal(operationId)}Receipt` : `${pascal(operationId)}Answer${status}`,
          );
  }
  tellFormsApart(document, schemas);
}

/**
 * Where a value has one of several closed forms, and each needs a member that no other has, no two of them fit at once: the contract says so, and calls each
 * by a name, so that a wrong value is complained about by the form that was meant.
 */
function tellFormsApart(value: unknown, schemas: Readonly<Record<string, Shape>>): void {
  if (typeof value !== 'object' || value === null) return;
  const shape = value as Shape;
  if (Array.isArray(shape.anyOf) && shape.anyOf.length > 1) {
    const forms = shape.anyOf.map((form) => schemas[nameIn(form) ?? ''] ?? form);
    const own = forms.map((form) => ownMembers(form, forms));
    if (own.every((members) => members.length > 0)) {
      shape.oneOf = shape.anyOf;
      delete shape.anyOf;
      for (const [index, form] of shape.oneOf.entries()) form.title ??= nameIn(form) ?? own[index]?.join(' ');
    }
  } else if (Array.isArray(shape.oneOf)) for (const form of shape.oneOf) form.title ??= nameIn(form) ?? toldBy(shape.oneOf, form);
  for (const member of Object.values(value)) tellFormsApart(member, schemas);
}

/** What a closed form needs and no other form knows. */
function ownMembers(form: Shape, all: readonly Shape[]): string[] {
  if (form.type !== 'object' || form.additionalProperties !== false) return [];
  return (form.required ?? []).filter((member) => all.every((other) => other === form || other.properties?.[member] === undefined));
}

/** The values by which a form is told apart from the others: of a member that is a closed list in all of them, with other values in each. */
function toldBy(forms: readonly Shape[], { properties = {} }: Shape): string | undefined {
  const [, told] =
    Object.entries(properties).find(([name]) => {
      const lists = forms.map((form) => form.properties?.[name]?.enum);
      return lists.every(Array.isArray) && new Set(lists.map(String)).size === forms.length;
    }) ?? [];
  return told?.enum?.map(String).join(' or ');
}
