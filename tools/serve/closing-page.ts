/** What `npm start` ends with. */
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { demoAccounts } from '../../domain/demo/staff.ts';
import { logFolder, shown } from '../setup/paths.mjs';

export interface Addresses {
  apiUrl: string;
  /** undefined: an outside cluster's UI, which carepath does not know */
  temporalUi: string | undefined;
  demo: boolean;
  curlLines: string[];
}

export function closingPage({ apiUrl, temporalUi, demo, curlLines }: Addresses): string {
  return [
    '',
    'carepath runs.',
    '',
    `  API             ${apiUrl}`,
    `  API reference   ${apiUrl}/reference`,
    ...(temporalUi ? [`  Temporal's UI   ${temporalUi}`] : []),
    `  Logs            ${shown(logFolder)}/`,
    ...(demo
      ? ['', `Demo accounts (the password of all is ${demoPassword}):`, ...wrapped(demoAccounts.map((account) => account.username))]
      : []),
    ...(curlLines.length > 0 ? ['', 'Try it: paste these lines into another terminal, one after another.', ''] : []),
    ...curlLines,
    '',
    'Ctrl-C stops it; "npm start" goes on where it was.',
  ].join('\n');
}

/** The words in lines that fit a terminal. */
function wrapped(words: string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 76) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
