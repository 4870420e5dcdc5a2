/** The texts for residents: read by everybody, written by the alliance office, seen in every state before a second person of it publishes them. */
import { z } from '@hono/zod-openapi';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { SHIPPED_VERSION } from '../../db/messages/surroundings.ts';
import {
  createTemplateVersion,
  listOwnNames,
  listPublishedTexts,
  lockTemplateVersion,
  publishTemplateVersion,
} from '../../db/messages/templates.ts';
import type { Words } from '../../domain/kit/language.ts';
import { lintCodes, privacyCodes } from '../../domain/messages/lint-text.ts';
import { findTextFlaw, type TextFlaw } from '../../domain/messages/placeholders.ts';
import { placeholdersOf, type ResidentText } from '../../domain/messages/resident-text.ts';
import { languages, reviewTexts, textStates } from '../../domain/messages/review-texts.ts';
import { findResidentText, residentTexts } from '../../domain/messages/templates.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { pendingAnswer, Text } from '../kit/schemas.ts';

const tag = 'message-template';

const Texts = z.strictObject({ zh: Text(2_000), en: Text(2_000) });

const TemplateSchema = z
  .strictObject({
    id: z.string(),
    /** 1 is the text that comes with the program. */
    version: z.number().int(),
    texts: Texts,
    /** What may stand between braces in a text. A part in square brackets falls away when something in it is not known; `[this|that]` gives way to that. */
    placeholders: z.array(z.string()),
  })
  .openapi('MessageTemplate');

const language = z.enum(['zh', 'en']);
const state = z.enum(textStates);

const VersionSchema = z
  .strictObject({
    version: z.number().int(),
    preview: z.array(z.strictObject({ language, state, text: z.string() })),
    findings: z.array(z.strictObject({ code: z.enum(lintCodes), language, state })),
  })
  .openapi('MessageTemplateVersion');

interface StoredTemplate {
  id: string;
  shipped: ResidentText;
}

function toTemplateResource(
  { id, shipped }: StoredTemplate,
  published: { version: number; texts: Words } | undefined,
): z.infer<typeof TemplateSchema> {
  const { zh, en } = published?.texts ?? shipped;
  return { id, version: published?.version ?? SHIPPED_VERSION, texts: { zh, en }, placeholders: placeholdersOf(shipped) };
}

const list = operation({
  id: 'listMessageTemplates',
  method: 'get',
  path: '/v1/message-templates',
  tag,
  summary: '发给居民的短信文本 / The texts of messages to residents, as they go out now',
  answers: {
    200: { description: 'Every template', schema: z.strictObject({ items: z.array(TemplateSchema), nextCursor: z.null() }) },
  },
  async handle({ deps }) {
    const published = await listPublishedTexts(deps.db);
    const items = Object.entries(residentTexts).map(([id, shipped]) => toTemplateResource({ id, shipped }, published.get(id)));
    return { status: 200, body: { items, nextCursor: null } };
  },
});

const ById = z.object({ id: z.string().max(100) });

async function find({
  params: { id },
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<StoredTemplate | undefined> {
  const shipped = findResidentText(id);
  return shipped && { id, shipped };
}

/** Throws Problem 422. */
function refuseFlaws({ shipped }: StoredTemplate, texts: Words): void {
  const placeholders = placeholdersOf(shipped);
  for (const each of languages) {
    const flaw = findTextFlaw(texts[each], placeholders);
    if (flaw) throw invalidRequestProblem(`texts.${each}`, toFlawWords(flaw, placeholders));
  }
}

const toFlawWords = (flaw: TextFlaw, placeholders: readonly string[]): Words =>
  flaw.flaw === 'unbalanced'
    ? { zh: '大括号与方括号须成对，且不得嵌套', en: 'braces and brackets come in pairs and do not nest' }
    : {
        zh: `此模板没有占位符“${flaw.placeholder}”，可用：${placeholders.join('、')}`,
        en: `this template has no placeholder "${flaw.placeholder}"; it has ${placeholders.join(', ')}`,
      };

const audited = async (
  trx: Trx,
  { actor, resource, requestId }: OperationRequest<unknown, unknown, unknown, StoredTemplate>,
  action: 'message-template.write' | 'message-template.publish',
): Promise<void> => auditWrite(trx, { actor, action, targetType: 'message-template', targetId: resource.id, patientId: null, requestId });

const write = operation({
  id: 'createMessageTemplateVersion',
  method: 'post',
  path: '/v1/message-templates/{id}/versions',
  tag,
  summary: '编写短信文本的新版本并预览 / Write a new version of a text, and see what it becomes in every state',
  params: ById,
  body: z.strictObject({ texts: Texts }).openapi('NewMessageTemplateVersion', {
    example: {
      texts: {
        zh: '[【{centre}】]您好，您的家庭医生想与您联系，[请致电{contact}|请到社康中心]。',
        en: '[{centre}: ]Hello, your family doctor would like to talk to you: [please call {contact}|please come to your health centre].',
      },
    },
  }),
  answers: { 201: { description: 'The version, which nobody is sent before it is published', schema: VersionSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { deps, caller, resource, body } = request;
    refuseFlaws(resource, body.texts);
    const { preview, findings } = reviewTexts(resource.shipped, body.texts, await listOwnNames(deps.db));
    return runOnce(request, async (trx) => {
      const version = await createTemplateVersion(trx, { template: resource.id, texts: body.texts, writtenBy: caller.personId });
      await audited(trx, request, 'message-template.write');
      return { status: 201, body: { version, preview, findings } };
    });
  },
});

const publish = operation({
  id: 'publishMessageTemplate',
  method: 'post',
  path: '/v1/message-templates/{id}/publish',
  tag,
  summary: '由第二人发布短信文本 / Publish a version that somebody else has written',
  params: ById,
  body: z
    .strictObject({ version: z.number().int().min(1).max(1_000_000) })
    .openapi('MessageTemplatePublication', { example: { version: 2 } }),
  answers: { 200: { description: 'The template as it goes out from now on', schema: TemplateSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { deps, caller, resource, body } = request;
    const names = await listOwnNames(deps.db);
    return runOnce(request, async (trx) => {
      const version = await lockTemplateVersion(trx, resource.id, body.version);
      if (!version) throw invalidRequestProblem('version', { zh: '没有此版本', en: 'no such version' });
      if (version.writtenBy === caller.personId) throw new Problem('second-person-required');
      // A text that leaves out a place may be meant so, and a second person has seen what was found. One that gives somebody away is never sent.
      const leaks = reviewTexts(resource.shipped, version.texts, names).findings.filter(({ code }) => privacyCodes.includes(code));
      if (leaks.length > 0) throw new Problem('text-gives-away', { members: { findings: leaks } });
      await publishTemplateVersion(trx, version, caller.personId);
      await audited(trx, request, 'message-template.publish');
      return { status: 200, body: toTemplateResource(resource, version) };
    });
  },
});

export const messageTemplateOperations: Operation[] = [list, write, publish];
