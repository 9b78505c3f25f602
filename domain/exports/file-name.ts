import { OUTPUT_FORMAT_FACTS, type OutputFormat } from '@audiocloud/api';

/** How the file of an output is called on the disk: nothing of it comes from a client. [any] */
export const fileName = (output: number, format: OutputFormat): string =>
  `${output}${OUTPUT_FORMAT_FACTS[format].extension}`;
