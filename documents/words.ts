/** Words that every paper has, whatever pathway it is about. A code that has no words is shown as it is. */

type Words = Readonly<Record<string, string>>;

/** `hasOwn` keeps a code such as `constructor` from finding what every object inherits. */
export const createTranslation = (words: Words) => (code: string) => (Object.hasOwn(words, code) ? (words[code] as string) : code);

export const toSexWords = createTranslation({ male: '男', female: '女', other: '其他', unknown: '未知' });

/** The last eight characters of a pathway's id, which people read out on the telephone. Messages show the same number. */
export const toShortNumber = (pathwayId: string): string => pathwayId.slice(-8);
