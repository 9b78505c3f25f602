import type { MediaContainer, MediaFacts } from '@audiocloud/api';

interface FileKind {
  type: string;
  /** With their dots; the first is that of a file whose name has none of them. */
  extensions: readonly string[];
}

const ANY: FileKind = { type: 'application/octet-stream', extensions: [] };
const KINDS: { [C in MediaContainer]: FileKind } = {
  wav: { type: 'audio/wav', extensions: ['.wav', '.wave', '.bwf', '.rf64'] },
  aiff: { type: 'audio/aiff', extensions: ['.aiff', '.aif', '.aifc'] },
  flac: { type: 'audio/flac', extensions: ['.flac'] },
  mp3: { type: 'audio/mpeg', extensions: ['.mp3'] },
  ogg: { type: 'audio/ogg', extensions: ['.ogg', '.oga', '.opus'] },
  adts: { type: 'audio/aac', extensions: ['.aac'] },
  mp4: { type: 'audio/mp4', extensions: ['.m4a', '.mp4', '.m4b'] },
  matroska: { type: 'audio/matroska', extensions: ['.mka', '.mkv', '.webm'] },
  asf: { type: 'audio/x-ms-wma', extensions: ['.wma', '.asf'] },
  avi: { type: 'video/x-msvideo', extensions: ['.avi'] },
  caf: { type: 'audio/x-caf', extensions: ['.caf'] },
  mpeg: { type: 'video/mpeg', extensions: ['.mpg', '.mpeg'] },
  other: ANY,
};
const OF_VIDEO: { [C in MediaContainer]?: FileKind } = {
  mp4: { type: 'video/mp4', extensions: ['.mp4', '.m4v', '.mov'] },
  matroska: { type: 'video/matroska', extensions: ['.mkv', '.webm'] },
  asf: { type: 'video/x-ms-wmv', extensions: ['.wmv', '.asf'] },
};

/** What media are sent as, by what was found in them and never by their name. [any] */
export function fileKindOf(facts: Pick<MediaFacts, 'container' | 'hasVideo'> | undefined): FileKind {
  if (!facts) return ANY;
  return (facts.hasVideo && OF_VIDEO[facts.container]) || KINDS[facts.container];
}

/** The name that media are saved as: their own, and what they are. [any] */
export function fileNameOf(name: string, { extensions }: FileKind): string {
  const isTold = extensions.some((extension) => name.toLowerCase().endsWith(extension));
  return isTold || extensions.length === 0 ? name : name + extensions[0];
}
