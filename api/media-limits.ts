/* What is read of media, for the threads that decode: they load no schemas. */

/** Most channels that a file may have. */
export const MEDIA_CHANNELS_MAXIMUM = 64;
/** Frames per second of what is read. */
export const MEDIA_RATE_MINIMUM = 1000;
export const MEDIA_RATE_MAXIMUM = 768_000;
/** Longest value of a tag; what is longer is cut there. */
export const TAG_LENGTH_MAXIMUM = 512;
