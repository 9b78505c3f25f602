import { SingleBar } from 'cli-progress';

/** For a person who waits at a terminal; nothing of it goes into files and pipes. */
export interface ProgressBar {
  update(frames: number, ofFrames: number): void;
  stop(): void;
}

export function progressBar(what: string, { quiet, json }: { quiet?: boolean; json?: boolean }): ProgressBar {
  if (!process.stderr.isTTY || quiet || json) return { update() {}, stop() {} };
  const bar = new SingleBar({
    format: `${what} {bar} {percentage} %, {eta_formatted} left`,
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(1, 0);
  return {
    update(frames, ofFrames) {
      bar.setTotal(ofFrames);
      bar.update(frames);
    },
    stop: () => bar.stop(),
  };
}
