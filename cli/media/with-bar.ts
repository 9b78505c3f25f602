import { SingleBar } from 'cli-progress';

/** Shows a person how far something is; nothing of it goes into files and pipes. [control] */
export async function withBar<R>(
  what: string,
  isQuiet: boolean,
  work: (show: (bytes: number, totalBytes: number | undefined) => void) => Promise<R>,
): Promise<R> {
  if (!process.stderr.isTTY || isQuiet) return work(() => undefined);
  const bar = new SingleBar({
    format: `${what.replace(/[{}]/g, '')} {bar} {percentage} %`,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  bar.start(1, 0);
  try {
    return await work((bytes, totalBytes) => {
      if (totalBytes) bar.update(bytes / totalBytes);
    });
  } finally {
    bar.stop();
  }
}
