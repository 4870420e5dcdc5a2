/** Answers travel compressed to whoever can read that, and keep their ETag. */
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';

const compressBody = compress();

/**
 * hono makes the ETag of a compressed answer a weak one, for its bytes are others. Ours is the version of the resource and If-Match takes it as it was
 * given, so that whoever asked for gzip could never name a version.
 */
export const compressAnswers: MiddlewareHandler = async (context, next) => {
  let etag: string | null = null;
  await compressBody(context, async () => {
    await next();
    etag = context.res.headers.get('etag');
  });
  if (etag !== null) context.res.headers.set('etag', etag);
};
