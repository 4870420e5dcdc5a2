/** Who is told of what. Messages carry codes and instants only. */
import type { MessageIntent, QueuedMessage } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import type { FollowUpState } from './state.ts';
import type { FollowUpTemplate } from './texts.ts';

export type FollowUpMessage = MessageIntent<FollowUpTemplate | RungTemplate>;
export type QueuedFollowUpMessage = QueuedMessage<FollowUpTemplate | RungTemplate>;

/** To those who run the follow-up at its centre: the nurse, the doctor, the head. `step` tells the message from the other ones of the pathway. */
export const messageToRoles = (
  { centreId }: Pick<FollowUpState, 'centreId'>,
  step: string,
  template: FollowUpTemplate,
  roles: readonly string[],
  parameters: MessageIntent['parameters'] = {},
): FollowUpMessage => ({
  step,
  template,
  recipients: roles.map((role) => ({ to: 'role', role, institutionId: centreId, departmentId: null })),
  parameters,
});

export const messageToPatient = (
  { patientId }: Pick<FollowUpState, 'patientId'>,
  step: string,
  template: FollowUpTemplate,
  parameters: MessageIntent['parameters'] = {},
): FollowUpMessage => ({ step, template, recipients: [{ to: 'patient', patientId }], parameters });
