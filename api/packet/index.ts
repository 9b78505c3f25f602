export * from './packet.ts';
export * from './packet-format.ts';
export * from './packet-header.ts';
export * from './packet-meters.ts';
export * from './samples-of.ts';
