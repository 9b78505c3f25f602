export * from './audio-cloud-client.ts';
export * from './http-call.ts';
export * from './live-task.ts';
export * from './set-queue.ts';
export * from './surface/index.ts';
export * from './task-copy.ts';
export type { Ack } from './live-socket.ts';
export type { MediaFilter } from './media-routes.ts';
export type { TaskEntry } from './task-routes.ts';
