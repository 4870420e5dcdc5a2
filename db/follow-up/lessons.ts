/**
 * What the lessons say: the texts that come with the program, in `protocols/lessons-1.json`, and the versions that the alliance has published in their
 * place, which stand beside those of its messages; and which version somebody was given.
 */
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Lesson } from '../../domain/follow-up/education.ts';
import type { Words } from '../../domain/kit/language.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { SHIPPED_VERSION } from '../messages/surroundings.ts';

const Code = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);
const Text = z.string().trim().min(1);
const Both = z.strictObject({ zh: Text, en: Text });

const Document = z.strictObject({
  id: z.literal('lessons'),
  version: z.number().int().min(1),
  sources: z.record(Code, z.strictObject({ title: Text, reference: Text })),
  lessons: z.array(
    z.strictObject({
      code: Code,
      source: Code,
      clause: Text,
      effectiveFrom: z.iso.date(),
      signOff: z.literal('pending').optional(),
      title: Both,
      body: Both,
    }),
  ),
});

export interface ShippedLesson {
  code: string;
  title: Words;
  body: Words;
  signOff?: 'pending' | undefined;
}

const { lessons } = Document.parse(JSON.parse(readFileSync(new URL('../../protocols/lessons-1.json', import.meta.url), 'utf8')));

/** By code. */
export const shippedLessons: ReadonlyMap<string, ShippedLesson> = new Map(lessons.map((lesson) => [lesson.code, lesson]));

/** The name under which the versions of a lesson stand among those of the texts. */
export const lessonText = (code: string): string => `lesson:${code}`;

export interface LessonVersion {
  version: number;
  body: Words;
  /** Whether a clinician has yet to sign what comes with the program. What the alliance writes itself it answers for. */
  signOff: 'pending' | null;
  /** Null for the version that comes with the program. */
  writtenBy: string | null;
  writtenAt: Date | null;
  publishedBy: string | null;
  publishedAt: Date | null;
}

const shippedVersion = ({ body, signOff = undefined }: ShippedLesson): LessonVersion => ({
  version: SHIPPED_VERSION,
  body,
  signOff: signOff ?? null,
  writtenBy: null,
  writtenAt: null,
  publishedBy: null,
  publishedAt: null,
});

/** Every version, the newest first. */
export async function listLessonVersions(db: Database, lesson: ShippedLesson): Promise<LessonVersion[]> {
  const rows = await db
    .selectFrom('message_template_version')
    .select([
      'version',
      'texts as body',
      'written_by as writtenBy',
      'written_at as writtenAt',
      'published_by as publishedBy',
      'published_at as publishedAt',
    ])
    .where('template', '=', lessonText(lesson.code))
    .orderBy('version', 'desc')
    .execute();
  return [...rows.map((row) => ({ ...row, signOff: null })), shippedVersion(lesson)];
}

/** The version that was published last. */
export const publishedLesson = (versions: readonly LessonVersion[]): LessonVersion =>
  versions.reduce(
    (last, one) => ((one.publishedAt?.getTime() ?? 0) > (last.publishedAt?.getTime() ?? 0) ? one : last),
    versions.at(-1) as LessonVersion,
  );

/** Notes for each lesson that is handed out the version that holds now, once. In the transaction of the decision that hands it out. */
export async function noteHandouts(trx: Trx, enrolmentId: string, handedOut: readonly Lesson[]): Promise<void> {
  if (handedOut.length === 0) return;
  const rows = handedOut.map(({ code, pushedAt }) => ({ code, at: new Date(pushedAt), template: lessonText(code) }));
  await sql`
    insert into lesson_handout (enrolment_id, code, handed_out_at, version)
    select ${enrolmentId}, code, at, coalesce((
      select version from message_template_version as published
      where published.template = given.template and published_at is not null order by published_at desc limit 1), ${SHIPPED_VERSION})
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (code text, at timestamptz, template text)
    on conflict do nothing`.execute(trx);
}

export interface Handout {
  enrolmentId: string;
  code: string;
  handedOutAt: Date;
  version: number;
  body: Words;
}

/** What was handed out in these enrolments, with its text as it was then. Of code of before nothing is noted. */
export async function listHandouts(db: Database, enrolmentIds: readonly string[]): Promise<Handout[]> {
  if (enrolmentIds.length === 0) return [];
  const { rows } = await sql<Omit<Handout, 'body'> & { body: Words | null }>`
    select enrolment_id as "enrolmentId", code, handed_out_at as "handedOutAt", lesson_handout.version, texts as body
    from lesson_handout left join message_template_version as given on given.template = 'lesson:' || code and given.version = lesson_handout.version
    where enrolment_id = any(${[...enrolmentIds]}::uuid[])`.execute(db);
  return rows.map(({ body, ...row }) => ({ ...row, body: body ?? shippedLessons.get(row.code)?.body ?? { zh: '', en: '' } }));
}
