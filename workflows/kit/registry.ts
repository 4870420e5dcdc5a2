/** The workflow of each pathway: a kind that workflows/index.ts exports no workflow for is a type error here. */
import type { PathwayKind } from '../../domain/kit/registry.ts';
import type * as workflows from '../index.ts';

/** The workflow that Temporal starts for a kind. */
export type PathwayWorkflow<Kind extends PathwayKind = PathwayKind> = (typeof workflows)[Kind];
