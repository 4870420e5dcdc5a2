/** Whether what two sources say can be of one person: a number that names somebody, or two records, are never believed against a birth date or a sex. */

export interface SaidOfPerson {
  /** YYYY-MM-DD, or as much of it as is known: YYYY-MM, YYYY, or ''. */
  birthDate: string;
  sex: 'male' | 'female' | 'other' | 'unknown';
}

/** Returns what one person cannot be, or undefined when the two may be one. A sex that is neither male nor female contradicts nothing; names are spelled in too many ways. */
export function findContradiction(one: SaidOfPerson, other: SaidOfPerson): 'birthDate' | 'sex' | undefined {
  const known = Math.min(one.birthDate.length, other.birthDate.length);
  if (one.birthDate.slice(0, known) !== other.birthDate.slice(0, known)) return 'birthDate';
  return isSaid(one.sex) && isSaid(other.sex) && one.sex !== other.sex ? 'sex' : undefined;
}

const isSaid = (sex: SaidOfPerson['sex']): boolean => sex === 'male' || sex === 'female';
