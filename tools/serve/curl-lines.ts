/** Commands for the terminal that can be pasted as they stand. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a line break after the answer, so that the terminal's prompt begins on a new line. */
const curl = "curl -sS -w '\\n'";

interface Signed {
  token: string;
}

/** @param folder for the bodies of the requests */
export function createCurlLines(apiUrl: string, folder: string) {
  return {
    read: ({ token }: Signed, path: string): string => `${curl} -H ${quoteForShell(`Authorization: Bearer ${token}`)} ${urlOf(path)}`,

    /** `name` is that of the file that holds the body. The same key gives the first answer again. */
    post({ token }: Signed, path: string, { key, name, body }: { key: string; name: string; body: object }): string {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, `${JSON.stringify(body)}\n`);
      const headers = [`Authorization: Bearer ${token}`, `Idempotency-Key: ${key}`, 'Content-Type: application/json'];
      return [curl, ...headers.map((header) => `-H ${quoteForShell(header)}`), `--data ${quoteForShell(`@${file}`)}`, urlOf(path)].join(
        ' ',
      );
    },
  };

  function urlOf(path: string): string {
    return quoteForShell(`${apiUrl}${path}`);
  }
}

/** Writes a text as one word for the shell, whatever it holds. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
