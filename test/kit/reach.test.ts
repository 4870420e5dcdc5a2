/** How far each relation of the policy reaches for each caller: the predicate that lists and single objects share. */
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { institutionsWithin, reaches, reachUnder } from '../../api/kit/reach.ts';
import type { Relation, Rule } from '../../api/kit/rule.ts';
import { facadePolicy, policy } from '../../api/policy.ts';

const caller = (...roles: string[]) => ({ personId: 'p1', institutionId: 'inst-c01', roles });
const rule = (relation: Relation, everywhere: Rule['everywhere'] = []): Rule => ({ roles: 'everyone', relation, everywhere });

const kinds = ['hospital', 'community-health-centre', 'sterile-supply-department', undefined] as const;

test.each<[Relation, (string | undefined)[]]>([
  ['own', ['person', 'person', 'person', 'person']],
  ['institution', ['institution', 'institution', 'institution', 'institution']],
  ['party', ['institution', 'institution', 'institution', 'institution']],
  ['register', ['alliance', 'institution', 'nothing', 'nothing']],
])('%s, at a hospital, a centre, a sterile supply department and nowhere', (relation, expected) => {
  expect(kinds.map((kind) => reachUnder(rule(relation), caller('gp'), kind).over)).toEqual(expected);
});

test('who sees the whole alliance does so under every relation, and nobody else does', () => {
  for (const relation of ['own', 'institution', 'party', 'register'] as const) {
    expect(reachUnder(rule(relation, ['office']), caller('gp', 'office')).over, relation).toBe('alliance');
    expect(reachUnder(rule(relation, ['office']), caller('gp')).over, relation).not.toBe('alliance');
  }
});

test('a list and a single object agree on every institution', () => {
  for (const reach of kinds.map((kind) => reachUnder(rule('register'), caller('gp'), kind))) {
    const listed = institutionsWithin(reach);
    for (const id of ['inst-c01', 'inst-h1']) expect(reaches(reach, id), reach.over).toBe(listed === undefined || listed.includes(id));
  }
});

test('no two folders have a line for the same operation', () => {
  const api = new URL('../../api/', import.meta.url);
  const folders = readdirSync(api).filter((folder) => existsSync(new URL(`${folder}/policy.ts`, api)));
  return Promise.all(folders.map((folder) => import(`../../api/${folder}/policy.ts`))).then((modules) => {
    const lines = modules.flatMap((module) =>
      Object.entries(module as Record<string, object>).flatMap(([name, lines]) => (name.endsWith('Policy') ? Object.keys(lines) : [])),
    );
    expect(lines.toSorted()).toEqual([...Object.keys(policy), ...Object.keys(facadePolicy)].toSorted());
  });
});
