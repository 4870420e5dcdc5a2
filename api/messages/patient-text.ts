/** A message to a patient as it is read out or printed. */
import type { TaskMessage } from '../../db/kit/tasks.ts';
import { type StoredSurroundings, toSurroundings } from '../../db/messages/surroundings.ts';
import { isMessageTemplate, renderMessage } from '../../domain/messages/templates.ts';

/** Gives the text in Chinese, or an empty one for a template that only newer code knows. */
export function patientTextOf(
  pathwayId: string,
  { template, parameters }: Pick<TaskMessage, 'template' | 'parameters'>,
  surroundings: StoredSurroundings | undefined,
): string {
  if (!isMessageTemplate(template)) return '';
  // Stored parameters call the pathway that a message is about `referralId`, whatever its kind.
  const withPathway = { referralId: pathwayId, ...parameters };
  return renderMessage({
    template,
    kind: null,
    parameters: withPathway,
    audience: 'patient',
    language: 'zh',
    ...(surroundings ? { around: toSurroundings(surroundings) } : {}),
  }).body;
}
