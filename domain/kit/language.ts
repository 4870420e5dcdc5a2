/** The languages that people read carepath in. What a person reads exists in both, as one value, so that neither can be forgotten. */
export type Language = 'zh' | 'en';

export type Words = Readonly<Record<Language, string>>;
