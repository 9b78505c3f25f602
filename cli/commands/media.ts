import { AudioCloudError, type Media, type MediaJob } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { collect, tokenOption } from '../flags.ts';

interface DomainFlags {
  url: string;
  token?: string;
  json?: boolean;
}
interface AddFlags extends DomainFlags {
  name?: string;
  tag: string[];
  wait: boolean;
}
interface ListFlags extends DomainFlags {
  name?: string;
  tag?: string;
}

/** `audiocloud media ...`: the imported media of a running domain. */
export function mediaCommand(): Command {
  const media = new Command('media')
    .description('Imports media into a running domain, lists and removes them. A task names them media:ID.')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud media add songs/drums.wav --tag drums\n  audiocloud media list\n  audiocloud media remove media-0123456789ab\n\nThe guide: docs/media.md',
    );
  media.addCommand(
    ofDomain('add')
      .description('Imports files of the media folders of the domain, and waits until that is done.')
      .argument('<path...>', 'files, as seen from a media folder of the domain')
      .option('--name <text>', 'what people see; default: the name of the file')
      .option('--tag <word>', 'a word to find it by; may be given again', collect, [])
      .option('--no-wait', 'print the jobs as they are acknowledged')
      .action(add),
  );
  media.addCommand(
    ofDomain('list')
      .description('Lists imported media.')
      .option('--name <text>', 'whose name begins so, in any case')
      .option('--tag <word>', 'with this word')
      .action(list),
  );
  media.addCommand(
    ofDomain('remove')
      .description('Deletes imported media that no task names.')
      .argument('<id...>', 'ids of media')
      .action(remove),
  );
  return media;
}

const ofDomain = (name: string) =>
  new Command(name)
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN')
    .option('--json', 'print lines of JSON');

const clientOf = ({ url, token }: DomainFlags) => new AudioCloudClient(url, tokenOption(token));

async function add(paths: string[], flags: AddFlags): Promise<void> {
  const { media } = clientOf(flags);
  const { name, tag: tags, wait, json } = flags;
  const jobs: MediaJob[] = [];
  for (const path of paths)
    jobs.push(await media.import({ from: { path }, tags, ...(name === undefined ? {} : { name }) }));
  for (const begun of jobs) {
    const job = wait ? await followed(begun, flags, (looked) => media.ended(begun.id, looked)) : begun;
    console.log(json ? JSON.stringify(job) : jobText(job));
    if (job.state === 'failed' && job.error) throw AudioCloudError.from(job.error);
    if (job.state === 'cancelled') process.exitCode = 1;
  }
}

/** Shows a person how far it is; nothing of it goes into files and pipes. */
async function followed(
  { name }: MediaJob,
  { json }: DomainFlags,
  ended: (looked: (job: MediaJob) => void) => Promise<MediaJob>,
): Promise<MediaJob> {
  if (!process.stderr.isTTY || json) return ended(() => undefined);
  const bar = new SingleBar({
    format: `${name.replace(/[{}]/g, '')} {bar} {percentage} %`,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  bar.start(1, 0);
  try {
    return await ended(({ bytes, totalBytes }) => {
      if (totalBytes) bar.update(bytes / totalBytes);
    });
  } finally {
    bar.stop();
  }
}

async function list(flags: ListFlags): Promise<void> {
  const { name, tag, json } = flags;
  const found = await clientOf(flags).media.list({
    ...(name === undefined ? {} : { name }),
    ...(tag === undefined ? {} : { tag }),
  });
  for (const one of found) console.log(json ? JSON.stringify(one) : mediaText(one));
}

async function remove(ids: string[], flags: DomainFlags): Promise<void> {
  const { media } = clientOf(flags);
  for (const id of ids) {
    await media.delete(id);
    console.log(flags.json ? JSON.stringify({ removed: id }) : `${id}: removed`);
  }
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const tagsOf = (tags: readonly string[]): string => (tags.length > 0 ? ` [${tags.join(', ')}]` : '');

const mediaText = ({ id, name, bytes, tags }: Pick<Media, 'id' | 'name' | 'bytes' | 'tags'>): string =>
  `${id}  ${mebibytes(bytes)}  ${name}${tagsOf(tags)}`;

const jobText = ({ id, media, state, bytes, name, tags }: MediaJob): string =>
  state === 'done' ? mediaText({ id: media, name, bytes, tags }) : `${media}  ${state} (${id})  ${name}${tagsOf(tags)}`;
