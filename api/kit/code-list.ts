/** A closed list of codes as the contract shows it: a component of its own, in which each code has its words in both languages. */
import { z } from '@hono/zod-openapi';
import type { Words } from '../../domain/kit/language.ts';

/**
 * `x-words` has the words by code, so that a client can check that its own catalogue is complete. Values that come from the database as text are checked
 * against the list wherever answers are checked.
 */
export const codeList = (name: string, words: Readonly<Record<string, Words>>) =>
  z.enum(Object.keys(words)).openapi(name, { 'x-words': words });

/** The same for a list whose codes the code itself tells apart, such as what a request may choose from. */
export const codesOf = <const Codes extends readonly string[]>(name: string, codes: Codes, words: Readonly<Record<Codes[number], Words>>) =>
  z.enum(codes).openapi(name, { 'x-words': words });
