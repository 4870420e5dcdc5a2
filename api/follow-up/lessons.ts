/** The lessons: read and printed by everybody, written by the alliance office, published by a second person of it. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import {
  type LessonVersion,
  lessonText,
  listLessonVersions,
  publishedLesson,
  type ShippedLesson,
  shippedLessons,
} from '../../db/follow-up/lessons.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { createTemplateVersion, listOwnNames, lockTemplateVersion, publishTemplateVersion } from '../../db/messages/templates.ts';
import { buildLessonSheet } from '../../documents/lesson-sheet.ts';
import { renderPdf } from '../../documents/pdf/layout.ts';
import type { Words } from '../../domain/kit/language.ts';
import { lessonCodes, lintLesson } from '../../domain/messages/lint-lesson.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, Instant, pendingAnswer, Text, toIso } from '../kit/schemas.ts';

const tag = 'lesson';

/** What a person reads, or an https address where they find it. */
const Body = z.strictObject({ zh: Text(4_000), en: Text(4_000) });
const Title = z.strictObject({ zh: z.string(), en: z.string() });

const VersionSchema = z
  .strictObject({
    /** 1 is the text that comes with the program. */
    version: z.number().int(),
    body: z.strictObject({ zh: z.string(), en: z.string() }),
    /** The body is an address in place of a text. */
    link: z.boolean(),
    /** a clinician has yet to sign the text that comes with the program */
    signOff: z.enum(['pending']).nullable(),
    writtenBy: z.string().nullable(),
    writtenAt: Instant.nullable(),
    publishedBy: z.string().nullable(),
    publishedAt: Instant.nullable(),
  })
  .openapi('LessonVersion');

const WrittenSchema = z
  .strictObject({
    ...VersionSchema.shape,
    findings: z.array(z.strictObject({ code: z.enum(lessonCodes), language: z.enum(['zh', 'en']) })),
  })
  .openapi('WrittenLessonVersion', { description: 'A new version, and what has to be mended before it can be published' });

const LessonSchema = z
  .strictObject({ ...VersionSchema.shape, code: z.string(), title: Title })
  .openapi('Lesson', { description: 'A lesson in the version that is handed out now' });

const isAddress = (text: string): boolean => /^https:\/\/\S+$/.test(text);

const toVersion = ({
  version,
  body,
  signOff,
  writtenBy,
  writtenAt,
  publishedBy,
  publishedAt,
}: LessonVersion): z.infer<typeof VersionSchema> => ({
  version,
  body: { zh: body.zh, en: body.en },
  link: isAddress(body.zh),
  signOff,
  writtenBy,
  writtenAt: toIso(writtenAt),
  publishedBy,
  publishedAt: toIso(publishedAt),
});

const toLesson = ({ code, title }: ShippedLesson, versions: readonly LessonVersion[]): z.infer<typeof LessonSchema> => ({
  ...toVersion(publishedLesson(versions)),
  code,
  title: { zh: title.zh, en: title.en },
});

const list = operation({
  id: 'listLessons',
  method: 'get',
  path: '/v1/lessons',
  tag,
  summary: '健康教育内容（现行版本） / The lessons, as they are handed out now',
  answers: { 200: { description: 'Every lesson', schema: z.strictObject({ items: z.array(LessonSchema), nextCursor: z.null() }) } },
  async handle({ deps }) {
    const items = await Promise.all([...shippedLessons.values()].map(async (one) => toLesson(one, await listLessonVersions(deps.db, one))));
    return { status: 200, body: { items, nextCursor: null } };
  },
});

const ByCode = z.object({ id: Id });
const find = async ({
  params: { id },
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<ShippedLesson | undefined> => shippedLessons.get(id);

const versions = operation({
  id: 'listLessonVersions',
  method: 'get',
  path: '/v1/lessons/{id}/versions',
  tag,
  summary: '健康教育内容的各版本：何人何时编写、发布 / Every version of a lesson, with who wrote and published it and when',
  params: ByCode,
  answers: { 200: { description: 'The newest first', schema: z.strictObject({ items: z.array(VersionSchema), nextCursor: z.null() }) } },
  find,
  async handle({ deps, resource }) {
    return { status: 200, body: { items: (await listLessonVersions(deps.db, resource)).map(toVersion), nextCursor: null } };
  },
});

const audited = (
  trx: Trx,
  { actor, resource, requestId }: OperationRequest<unknown, unknown, unknown, ShippedLesson>,
  action: 'lesson.write' | 'lesson.publish',
): Promise<void> => auditWrite(trx, { actor, action, targetType: 'lesson', targetId: resource.code, patientId: null, requestId });

/** Throws Problem 422. */
function refuseHalfAddress(body: Words): void {
  if (isAddress(body.zh) !== isAddress(body.en))
    throw invalidRequestProblem('body', {
      zh: '两种语言须同为文字或同为 https 链接',
      en: 'both languages are a text, or both an https address',
    });
}

const write = operation({
  id: 'createLessonVersion',
  method: 'post',
  path: '/v1/lessons/{id}/versions',
  tag,
  summary: '编写健康教育内容的新版本 / Write a new version of a lesson; a text, or an https address',
  params: ByCode,
  body: z
    .strictObject({ body: Body })
    .openapi('NewLessonVersion', { example: { body: { zh: '每人每天食盐不超过5克。', en: 'At most 5 g of salt a day.' } } }),
  answers: { 201: { description: 'The version, which nobody is given before it is published', schema: WrittenSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { deps, caller, resource, body } = request;
    refuseHalfAddress(body.body);
    const findings = lintLesson(body.body, await listOwnNames(deps.db));
    return runOnce(request, async (trx) => {
      const version = await createTemplateVersion(trx, {
        template: lessonText(resource.code),
        texts: body.body,
        writtenBy: caller.personId,
      });
      await audited(trx, request, 'lesson.write');
      const written = (await listLessonVersions(trx, resource)).find((one) => one.version === version) as LessonVersion;
      return { status: 201, body: { ...toVersion(written), findings } };
    });
  },
});

const publish = operation({
  id: 'publishLesson',
  method: 'post',
  path: '/v1/lessons/{id}/publish',
  tag,
  summary: '由第二人发布健康教育内容 / Publish a version that somebody else has written',
  params: ByCode,
  body: z.strictObject({ version: z.number().int().min(1).max(1_000_000) }).openapi('LessonPublication', { example: { version: 2 } }),
  answers: { 200: { description: 'The lesson as it is handed out from now on', schema: LessonSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { deps, caller, resource, body } = request;
    const names = await listOwnNames(deps.db);
    return runOnce(request, async (trx) => {
      const version = await lockTemplateVersion(trx, lessonText(resource.code), body.version);
      if (!version) throw invalidRequestProblem('version', { zh: '没有此版本', en: 'no such version' });
      if (version.writtenBy === caller.personId) throw new Problem('second-person-required');
      // It is printed and handed out to everybody, so what it says of somebody cannot be taken back.
      const findings = lintLesson(version.texts, names);
      if (findings.length > 0) throw new Problem('text-gives-away', { members: { findings } });
      await publishTemplateVersion(trx, version, caller.personId);
      await audited(trx, request, 'lesson.publish');
      return { status: 200, body: toLesson(resource, await listLessonVersions(trx, resource)) };
    });
  },
});

/** What comes with the program is of this day. */
const SHIPPED_ON = new Date('2026-11-30T00:00:00+08:00');

const print = operation({
  id: 'printLesson',
  method: 'get',
  path: '/v1/lessons/{id}/lesson.pdf',
  tag,
  summary: '打印健康教育内容（现行版本，或指定版本以预览） / A lesson to print: the version that holds, or the one that is asked for',
  params: ByCode,
  query: z.strictObject({
    version: z.coerce.number().int().min(1).max(1_000_000).optional(),
    language: z.enum(['zh', 'en']).default('zh'),
  }),
  answers: {
    200: {
      description: 'A4',
      schema: z.instanceof(Uint8Array).openapi({ type: 'string', format: 'binary' }),
      contentType: 'application/pdf',
    },
  },
  find,
  async handle({ deps, caller, resource, query: { version, language } }) {
    const [all, centre] = await Promise.all([listLessonVersions(deps.db, resource), findInstitution(deps.db, caller.institutionId)]);
    const chosen = version === undefined ? publishedLesson(all) : all.find((one) => one.version === version);
    if (!chosen) throw invalidRequestProblem('version', { zh: '没有此版本', en: 'no such version' });
    const sheet = buildLessonSheet({
      title: resource.title[language],
      text: chosen.body[language],
      version: chosen.version,
      from: centre?.nameZh ?? caller.institutionId,
      telephone: centre?.telephone ?? null,
      date: chosen.publishedAt ?? chosen.writtenAt ?? SHIPPED_ON,
      printedAt: Date.now(),
    });
    return {
      status: 200,
      body: await renderPdf(sheet),
      headers: { 'content-disposition': `inline; filename="lesson-${resource.code}-${chosen.version}.pdf"` },
    };
  },
});

export const lessonOperations: Operation[] = [list, versions, write, publish, print];
