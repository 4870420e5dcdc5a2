/** What a scan says, read from the body as it was stored. A scan is never refused: of what cannot be read, the part that can is kept. */
import { z } from 'zod';
import { type StopStep, specialPathogens, stopSteps } from '../../../domain/sterile-supply/vocabulary.ts';

export const thingScans = ['opened', 'returned', 'seen', 'compromised', 'received', 'cleaned'] as const;
export type ThingScan = (typeof thingScans)[number];
export const scanTypes: readonly string[] = [...stopSteps, ...thingScans];

const Word = z.string().trim().min(1).max(200);

/** A member that does not fit is as if it had been left out. */
const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);
/** Of a list, the items that fit. */
const fitting = <Schema extends z.ZodType>(item: Schema) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((items) =>
      items.flatMap((one) => {
        const parsed = item.safeParse(one);
        return parsed.success ? [parsed.data] : [];
      }),
    );

const Body = z.object({
  code: lenient(Word),
  stopId: lenient(Word),
  roundId: lenient(Word),
  bundleIssuedAt: lenient(z.iso.datetime().transform((text) => new Date(text))),
  voiceCode: lenient(Word),
  reason: lenient(Word),
  method: lenient(Word),
  innerCi: lenient(z.enum(['pass', 'fail'])),
  patientReference: lenient(Word),
  // steps of a stop
  consignments: fitting(
    z.object({
      sealNumber: Word,
      boxId: Word,
      intact: z.boolean().catch(true),
      packIds: fitting(Word),
      special: lenient(z.enum(specialPathogens)),
    }),
  ),
  courierCounts: fitting(z.object({ lineId: z.uuid(), quantity: z.int().min(0).max(10_000) })),
  packIds: fitting(Word),
  accepted: fitting(Word),
  rejected: fitting(z.object({ packId: Word, reason: Word.catch('damaged') })),
  checkedBy: lenient(Word),
  signatures: fitting(z.object({ personId: Word, method: z.enum(['session', 'badge-pin', 'paper']).catch('paper') })),
});
export type ScanBody = z.output<typeof Body>;

export function readScanBody(body: unknown): ScanBody {
  const parsed = Body.safeParse(body);
  return parsed.success ? parsed.data : Body.parse({});
}

export const isStep = (type: string): type is StopStep => (stopSteps as readonly string[]).includes(type);
const isThingScan = (type: string): type is ThingScan => (thingScans as readonly string[]).includes(type);

export interface MentionedPack {
  code: string;
  /** What the scan says happened with it, as the ledger names it. */
  event: string;
  reason: string | null;
}

/** As the ledger names it; a round's own return is `returned`. */
const eventOf = (type: ThingScan): string => (type === 'returned' ? 'returned-unopened' : type);

/** The things that the scan names by their codes, and what happened with each. */
export function mentionsOf(type: string, body: ScanBody): MentionedPack[] {
  const all = (codes: readonly string[], event: string): MentionedPack[] => codes.map((code) => ({ code, event, reason: null }));
  const scanned = body.code === undefined ? [] : [body.code];
  switch (type) {
    case 'sterile-handed':
      return all([...body.packIds, ...scanned], 'sterile-handed');
    case 'soiled-stowed':
      return all([...body.consignments.flatMap(({ packIds }) => packIds), ...body.packIds], 'returned-unopened');
    case 'checked':
      return [
        ...all(body.accepted, 'accepted'),
        ...body.rejected.map(({ packId, reason }) => ({ code: packId, event: 'rejected-at-delivery', reason })),
      ];
    case 'opened':
      return all(scanned, body.innerCi === 'fail' ? 'inner-ci-failed' : 'opened');
    default:
      return isThingScan(type) ? scanned.map((code) => ({ code, event: eventOf(type), reason: body.reason ?? null })) : [];
  }
}
