/** The fields of the visit form with their names and codes, for whoever draws the form or maps it to a record system. */
import { z } from '@hono/zod-openapi';
import { elementGroups } from '../../domain/follow-up/form-field-kinds.ts';
import { formFields } from '../../domain/follow-up/form-fields.ts';
import { type Operation, operation } from '../kit/operation.ts';

const FormFieldsSchema = z
  .strictObject({
    standards: z.strictObject({ dataSet: z.string(), elements: z.string() }),
    items: z.array(
      z.strictObject({
        field: z.string(),
        zh: z.string(),
        en: z.string(),
        /** The data element of WS 372.2, whose identifier is not known yet. */
        element: z.strictObject({ name: z.string().nullable(), group: z.string(), identifier: z.null() }).nullable(),
        codes: z.array(z.strictObject({ code: z.number().int().nullable(), name: z.string(), zh: z.string() })).nullable(),
      }),
    ),
  })
  .openapi('VisitFormFields');

const items: z.infer<typeof FormFieldsSchema>['items'] = formFields.map(({ element, group, identifier, ...field }) => ({
  ...field,
  element: group && { name: element, group: `WS/T 363.${group} ${elementGroups[group]}`, identifier },
}));

const getVisitForm = operation({
  id: 'getVisitForm',
  method: 'get',
  path: '/v1/visit-form',
  tag: 'follow-up',
  summary: '随访表字段、名称与代码 / Fields of the visit form, their names and codes',
  answers: { 200: { description: 'Every field; identifiers of the standard are unknown as yet', schema: FormFieldsSchema } },
  handle: async () => ({ status: 200, body: { standards: { dataSet: 'WS 372.2-2012', elements: 'WS/T 363-2023' }, items } }),
});

export const visitFormOperations: Operation[] = [getVisitForm];
