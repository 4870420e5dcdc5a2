/** An order of an episode, a conversation and a triage as callers see them. */
import { z } from '@hono/zod-openapi';
import type { EpisodeRecord } from '../../db/discharge/episodes.ts';
import { triageActions } from '../../domain/discharge/codes.ts';
import type { Evidence, OrderState } from '../../domain/discharge/order.ts';
import { orderOutcomes, orderStates } from '../../domain/discharge/order.ts';
import { orderKindWords } from '../../domain/discharge/order-kind-words.ts';
import { orderKinds } from '../../domain/discharge/rules.ts';
import type { Conversation, Triage } from '../../domain/discharge/state.ts';
import { DateOnly, Instant, toIso } from '../kit/schemas.ts';
import { EpisodeReasonSchema, OwnerSchema, ownerResource, toReasons } from './parts.ts';

const NullableDate = DateOnly.nullable();
const NullableInstant = Instant.nullable();

export const OrderStateSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(orderKinds),
    item: z.string().nullable(),
    title: z.string(),
    state: z.enum(orderStates),
    outcome: z.enum(orderOutcomes).nullable(),
    opensOn: NullableDate,
    dueOn: NullableDate,
    dueAt: NullableInstant,
    owner: OwnerSchema,
    because: z.array(EpisodeReasonSchema),
    /** why somebody has to look at it */
    reviewReasons: z.array(z.enum(['no-rule', 'dose-not-parsed', 'unit-mismatch', 'quantity-too-small', 'long-supply'])),
    medicine: z
      .strictObject({
        unit: z.string(),
        /** amount times how often */
        perDay: z.number(),
        startOn: NullableDate,
        supplyDays: z.number().int().nullable(),
        supplyEndOn: NullableDate,
        asNeeded: z.boolean(),
      })
      .nullable(),
    evidence: z.array(z.looseObject({ on: DateOnly })),
    /** what the patient has said by the link */
    reported: z.array(z.strictObject({ at: Instant, said: z.enum(['done', 'not-done', 'stopped']) })),
  })
  .openapi('EpisodeOrder');

export function orderResource({ state, texts }: EpisodeRecord, order: OrderState): z.infer<typeof OrderStateSchema> {
  const { id, given, medicine, evidence } = order;
  return {
    id,
    kind: given.kind,
    item: given.item ?? null,
    title: titleOf({ state, texts }, order),
    state: order.status,
    outcome: order.outcome,
    opensOn: order.opensOn,
    dueOn: order.dueOn,
    dueAt: null,
    owner: ownerResource(state, order.owner),
    because: toReasons(order.because),
    reviewReasons: order.reviewReasons,
    medicine: medicine && {
      unit: medicine.unit,
      perDay: medicine.perDay,
      startOn: medicine.supply?.startOn ?? null,
      supplyDays: medicine.supply?.days ?? null,
      supplyEndOn: medicine.supply?.endOn ?? null,
      asNeeded: medicine.asNeeded,
    },
    evidence: evidence.map((one, index) => evidenceResource(one, texts[`evidence:${id}:${index}`])),
    reported: (order.reported ?? []).map(({ at, said }) => ({ at: new Date(at).toISOString(), said })),
  };
}

/** As it was written, or what the template calls it. */
export function titleOf({ state, texts }: Pick<EpisodeRecord, 'state' | 'texts'>, { id, given }: OrderState): string {
  const written = texts[`order:${id}`]?.title;
  if (typeof written === 'string') return written;
  const item = state.templates.templates.flatMap(({ items }) => items).find((one) => one.id === given.item);
  return item?.title.zh ?? given.item ?? orderKindWords[given.kind];
}

const evidenceResource = ({ on, ...evidence }: Evidence, written: Readonly<Record<string, unknown>> | undefined) => ({
  on,
  ...(written ?? evidence),
});

export const ConversationSchema = z
  .strictObject({
    id: z.string(),
    orderId: z.string().nullable(),
    reason: z.string(),
    dueOn: NullableDate,
    dueAt: NullableInstant,
    decision: z.enum(['resume', 'replace', 'stop-agreed']).nullable(),
  })
  .openapi('EpisodeConversation');

export const conversationResource = ({ called: _, dueAt, ...conversation }: Conversation): z.infer<typeof ConversationSchema> => ({
  ...conversation,
  dueAt: toIso(dueAt),
});

export const TriageSchema = z
  .strictObject({
    id: z.string(),
    level: z.enum(['emergency', 'urgent']),
    dueAt: Instant,
    action: z.enum(triageActions).nullable(),
  })
  .openapi('EpisodeTriage');

export const triageResource = ({ dueAt, ...triage }: Triage): z.infer<typeof TriageSchema> => ({
  ...triage,
  dueAt: new Date(dueAt).toISOString(),
});
