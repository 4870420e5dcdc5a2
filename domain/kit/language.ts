/** The languages that people read carepath in. Every text for people is one value with both of them, so that neither can be forgotten. */
export type Language = 'zh' | 'en';

export type Words = Readonly<Record<Language, string>>;
