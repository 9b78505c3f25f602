// The process that looks into media: started by inspect-pool.ts, one file at a time. What breaks it breaks nothing else.
import { setPriority } from 'node:os';
import type { ErrorBody, MediaFacts } from '@audiocloud/api';
import { AudioCloudError } from '@audiocloud/api/errors';
import { type InspectProgress, type InspectRequest, inspectFile } from './inspect-file.ts';

export type InspectAnswer =
  | { kind: 'progress'; progress: InspectProgress }
  | { kind: 'done'; facts: MediaFacts }
  | { kind: 'refused'; error: ErrorBody };

const say = (answer: InspectAnswer) => process.send!(answer);

// The decoders print each fault as well as returning it; we pass it on once, as an error.
console.error = () => {};
try {
  setPriority(5); // what plays goes first
} catch {
  // then it does not
}

process.on('message', async (request: InspectRequest) => {
  try {
    say({ kind: 'done', facts: await inspectFile(request, (progress) => say({ kind: 'progress', progress })) });
  } catch (thrown) {
    say({ kind: 'refused', error: refusal(thrown).toJSON() });
  }
});

/** What a decoder throws that is not ours (a trap, a bad header that its parser trips over) is the file's fault; the disk's is not. */
function refusal(thrown: unknown): AudioCloudError {
  if (thrown instanceof AudioCloudError) return thrown;
  const { message, syscall } = thrown as NodeJS.ErrnoException;
  return syscall === undefined
    ? new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the file: its decoder failed on it: ${message}`)
    : new AudioCloudError('MEDIA_UNREADABLE', `Cannot look into the file: ${message}`);
}

// Whoever asked is gone: so are we, and what we started. We lead a group of our own.
process.on('disconnect', () => {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(0);
  }
});
