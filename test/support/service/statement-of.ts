/** What a call of pg's `query` asks for: a text with its values, or an object with both and a name. */
export function statementOf([asked, given]: readonly unknown[]): { text: string | undefined; values: unknown[] } {
  const { text, values } =
    typeof asked === 'object' && asked !== null ? (asked as { text?: unknown; values?: unknown }) : { text: asked, values: given };
  return { text: typeof text === 'string' ? text : undefined, values: Array.isArray(values) ? values : [] };
}
