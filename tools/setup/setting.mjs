import { readFileSync } from 'node:fs';
import { PlainError } from './say.mjs';

/**
 * Reads a setting from the environment, or from the file that NAME_FILE names.
 * @param {string} name
 * @returns {string | undefined} undefined when it is not set
 */
export function readSetting(name) {
  const value = process.env[name];
  const file = process.env[`${name}_FILE`];
  if (value || !file) return value || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new PlainError(`${name}_FILE names ${file}, which cannot be read: correct or unset it and run the command again.`);
  }
}
