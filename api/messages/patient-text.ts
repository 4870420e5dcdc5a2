/** A message as it is read out or printed: to a patient, or to staff whom somebody tells in another way. */
import type { TaskMessage } from '../../db/kit/tasks.ts';
import { type StoredSurroundings, toSurroundings } from '../../db/messages/surroundings.ts';
import { audienceOf } from '../../domain/messages/message-standing.ts';
import { isMessageTemplate, renderMessage } from '../../domain/messages/templates.ts';

/** Gives the text in Chinese, or an empty one for a template that only newer code knows. */
export function patientTextOf(
  pathwayId: string,
  {
    template,
    parameters,
    recipientType = 'patient',
  }: Pick<TaskMessage, 'template' | 'parameters'> & Partial<Pick<TaskMessage, 'recipientType'>>,
  surroundings: StoredSurroundings | undefined,
): string {
  if (!isMessageTemplate(template)) return '';
  // Stored parameters call the pathway that a message is about `referralId`, whatever its kind.
  const withPathway = { referralId: pathwayId, ...parameters };
  return renderMessage({
    template,
    kind: null,
    parameters: withPathway,
    audience: audienceOf(recipientType),
    language: 'zh',
    ...(surroundings ? { around: toSurroundings(surroundings) } : {}),
  }).body;
}
