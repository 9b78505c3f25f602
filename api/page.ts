import { Type } from 'typebox';

/** Items of one page of a list. */
export const PAGE_MAXIMUM = 1000;

/** Where a list goes on; in every list that is read in pages. */
export const Next = Type.Optional(
  Type.String({ maxLength: 255, description: '`after` of the next page; absent when this is the last one' }),
);

export const pageItems = <T extends Type.TSchema>(item: T) => Type.Array(item, { maxItems: PAGE_MAXIMUM });
