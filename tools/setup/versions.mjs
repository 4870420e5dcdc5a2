/**
 * Compares versions such as "22.12.0". A part that is no number counts as older.
 * @param {string} version
 * @param {string} oldest
 */
export function isAtLeast(version, oldest) {
  const wanted = oldest.split('.').map(Number);
  const given = version.split('.').map(Number);
  const first = wanted.findIndex((part, i) => part !== given[i]);
  return first === -1 || Number(given[first]) > Number(wanted[first]);
}
