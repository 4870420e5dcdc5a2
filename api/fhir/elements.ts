/** Problems of the API's body become problems of the resource's elements. */
import { Problem } from '../kit/problem.ts';

/** `elements`: by path in the body. */
export async function inElements<T>(elements: Record<string, string>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Problem ? withElementPaths(error, elements) : error;
  }
}

function withElementPaths(problem: Problem, elements: Record<string, string>): Problem {
  const { errors, ...details } = problem.details;
  if (!errors) return problem;
  const named = errors.map(({ path, message }) => ({ path: elements[path] ?? elements[path.split('.')[0] ?? ''] ?? path, message }));
  return new Problem(problem.code, { ...details, errors: named });
}
