/** The published document on readings. What it says is checked once, as it is loaded: a rule without a source never runs. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readingKinds } from '../../domain/readings/reading.ts';
import type { ReadingProtocol } from '../../domain/readings/reading-protocol.ts';

const positive = z.number().positive();
const count = z.int().positive();

const cited = {
  id: z.string().min(1),
  source: z.string().min(1),
  clause: z.string().min(1),
  effectiveFrom: z.iso.date(),
  signOff: z.literal('pending').optional(),
};

const Condition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('blood-pressure-at-least'), systolic: positive, diastolic: positive }),
  z.strictObject({ kind: z.literal('glucose-at-least'), mmolPerL: positive }),
  z.strictObject({ kind: z.literal('glucose-at-most'), mmolPerL: positive }),
  z.strictObject({ kind: z.literal('glucose-above-on-days-in-a-row'), mmolPerL: positive, days: count }),
  z.strictObject({ kind: z.literal('systolic-above-mean-by'), mmHg: positive, readings: count, withinDays: count }),
]);

const Document: z.ZodType<ReadingProtocol> = z
  .strictObject({
    id: z.literal('readings'),
    version: count,
    title: z.strictObject({ zh: z.string(), en: z.string() }),
    sources: z.record(z.string(), z.strictObject({ title: z.string(), reference: z.string(), url: z.url().optional() })),
    plausible: z
      .array(
        z
          .strictObject({
            ...cited,
            kind: z.enum(readingKinds),
            field: z.enum(['systolic', 'diastolic', 'value']),
            least: z.number(),
            most: z.number(),
          })
          .refine(({ least, most }) => least < most, 'a range that holds nothing'),
      )
      .min(1),
    clockSkew: z.strictObject({ ...cited, seconds: count }),
    clockBehind: z.strictObject({ ...cited, days: count }),
    clockDoubtful: z.strictObject({ ...cited, days: count }),
    wakes: z.strictObject({ ...cited, withinDays: count }),
    confirmation: z.strictObject({
      ...cited,
      dueWithinSeconds: count,
      calls: z.array(z.strictObject({ role: z.enum(['nurse', 'gp', 'head']), afterSeconds: z.int().min(0) })).min(1),
      repeatSeconds: count,
    }),
    episodes: z.array(
      z.strictObject({
        ...cited,
        when: Condition,
        task: z.strictObject({ role: z.enum(['nurse', 'gp']), dueWithinSeconds: count }),
      }),
    ),
  })
  .superRefine(({ sources, plausible, clockSkew, clockBehind, clockDoubtful, wakes, confirmation, episodes }, context) => {
    const all = [...plausible, clockSkew, clockBehind, clockDoubtful, wakes, confirmation, ...episodes];
    for (const { id, source } of all)
      if (!Object.hasOwn(sources, source)) context.addIssue({ code: 'custom', message: `${id} names a source that is not listed` });
    if (new Set(all.map(({ id }) => id)).size < all.length) context.addIssue({ code: 'custom', message: 'two rules have one id' });
    const [first] = confirmation.calls;
    if (
      first?.afterSeconds !== 0 ||
      confirmation.calls.some(({ afterSeconds }, n, calls) => afterSeconds < (calls[n - 1]?.afterSeconds ?? 0))
    )
      context.addIssue({ code: 'custom', message: `${confirmation.id} does not call somebody at once and then one after the other` });
  });

/** Throws an error that names each wrong place. */
export function parseReadingProtocol(text: string): ReadingProtocol {
  return Document.parse(JSON.parse(text));
}

export const readingProtocol = parseReadingProtocol(readFileSync(new URL('../../protocols/readings-2.json', import.meta.url), 'utf8'));
