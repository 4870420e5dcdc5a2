/** The characters that part a message, as its header names them. */
export interface Delimiters {
  field: string;
  component: string;
  repetition: string;
  escaping: string;
  subcomponent: string;
}
