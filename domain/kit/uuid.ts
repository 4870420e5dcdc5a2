/** RFC 9562: UUIDs are written in lower case and compared without regard to case. */
const pattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => pattern.test(text);

/** Returns an id as ours are written: a UUID in lower case, every other text as it is. */
export const toOwnId = (text: string): string => (isUuid(text) ? text.toLowerCase() : text);

/** Returns every way in which one number is written by its own system: a UUID may come in the other case. */
export const spellingsOfNumber = (value: string): string[] => (isUuid(value) ? [value, value.toLowerCase(), value.toUpperCase()] : [value]);
