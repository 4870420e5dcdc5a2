/** The page with which `npm start` ends: the addresses, the demo accounts and the lines to paste. */
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { demoAccounts } from '../../domain/demo/staff.ts';
import { logFolder, shortenPath } from '../setup/paths.mjs';

export interface Addresses {
  apiUrl: string;
  /** Undefined for a cluster that carepath has not started, whose interface it does not know. */
  temporalUi: string | undefined;
  demo: boolean;
  curlLines: string[];
}

export function writeClosingPage({ apiUrl, temporalUi, demo, curlLines }: Addresses): string {
  return [
    '',
    'carepath runs.',
    '',
    `  API             ${apiUrl}`,
    `  API reference   ${apiUrl}/reference`,
    ...(temporalUi ? [`  Temporal's UI   ${temporalUi}`] : []),
    `  Logs            ${shortenPath(logFolder)}/`,
    ...(demo ? ['', `Demo accounts (the password of all is ${demoPassword}):`, ...wrapWords(accountNames())] : []),
    ...(curlLines.length > 0 ? ['', 'Try it: paste these lines into another terminal, one after another.', ''] : []),
    ...curlLines,
    '',
    'Ctrl-C stops it; "npm start" goes on where it was.',
  ].join('\n');
}

/** The nurses of the centres are named as a range, because there is one for each. */
function accountNames(): string[] {
  const names = demoAccounts.map(({ username }) => username);
  const ofCentres = names.filter((name) => name.startsWith('nurse-'));
  return [...names.filter((name) => !ofCentres.includes(name)), `${ofCentres.at(0)} … ${ofCentres.at(-1)}`];
}

/** Joins words to lines that fit a terminal. */
function wrapWords(words: string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 76) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
