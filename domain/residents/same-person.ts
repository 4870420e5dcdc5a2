/** Whether what two sources say can be of one person: a number that names somebody, or two records, are never believed against a birth date or a sex. */

export interface SaidOfPerson {
  /** YYYY-MM-DD, or as much of it as is known: YYYY-MM, YYYY, or ''. */
  birthDate: string;
  sex: 'male' | 'female' | 'other' | 'unknown';
}

/**
 * Says whether two names are of different people. Names are spelled in too many ways for letters, so only names in characters are compared, without marks
 * and spaces, and one of which the other is a part is the same.
 */
export function areOtherNames(one: string, other: string): boolean {
  const [a, b] = [hanOf(one), hanOf(other)];
  return a !== undefined && b !== undefined && !a.includes(b) && !b.includes(a);
}

function hanOf(name: string): string | undefined {
  const bare = name.normalize('NFKC').replaceAll(/[\s\p{Cf}\p{P}]/gu, '');
  return /^\p{Script=Han}+$/u.test(bare) ? bare : undefined;
}

/** Returns what one person cannot be, or undefined when the two may be one. A sex that is neither male nor female contradicts nothing; names are spelled in too many ways. */
export function findContradiction(one: SaidOfPerson, other: SaidOfPerson): 'birthDate' | 'sex' | undefined {
  const known = Math.min(one.birthDate.length, other.birthDate.length);
  if (one.birthDate.slice(0, known) !== other.birthDate.slice(0, known)) return 'birthDate';
  return isSaid(one.sex) && isSaid(other.sex) && one.sex !== other.sex ? 'sex' : undefined;
}

const isSaid = (sex: SaidOfPerson['sex']): boolean => sex === 'male' || sex === 'female';
