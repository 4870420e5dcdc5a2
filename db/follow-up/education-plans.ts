/** The education plans that come with the program, in `protocols/education-1.json`: what is taught under which protocol. Checked once, as it is loaded. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { EducationItem } from '../../domain/follow-up/education.ts';

const Code = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);
const Words = z.string().trim().min(1).max(500);

const Document = z
  .strictObject({
    id: z.literal('education'),
    version: z.number().int().min(1),
    sources: z.record(Code, z.strictObject({ title: Words, reference: Words, url: z.url().optional() })),
    plans: z.record(
      Code,
      z
        .array(
          z.strictObject({
            id: Code,
            source: Code,
            clause: Words,
            effectiveFrom: z.iso.date(),
            signOff: z.literal('pending').optional(),
            code: Code,
            title: z.strictObject({ zh: Words, en: Words }),
            phase: Code.optional(),
          }),
        )
        .min(1),
    ),
  })
  .superRefine(({ sources, plans }, context) => {
    for (const [protocol, items] of Object.entries(plans))
      for (const [index, { source, code }] of items.entries()) {
        const path = ['plans', protocol, index];
        if (!Object.hasOwn(sources, source))
          context.addIssue({ code: 'custom', path: [...path, 'source'], message: 'no such entry in sources' });
        if (items.findIndex((one) => one.code === code) < index)
          context.addIssue({ code: 'custom', path: [...path, 'code'], message: 'is there already' });
      }
  });

const { plans } = Document.parse(JSON.parse(readFileSync(new URL('../../protocols/education-1.json', import.meta.url), 'utf8')));

/** By protocol id; a protocol without a plan teaches nothing. */
export const educationPlans: Readonly<Record<string, readonly EducationItem[]>> = plans;
