import { AudioCloudError, type Media, type MediaJob } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { Command } from 'commander';
import { collect, tokenOption } from '../flags.ts';
import { addMedia } from '../media/add-media.ts';
import { withBar } from '../media/with-bar.ts';
import { printError } from '../print-error.ts';

interface DomainFlags {
  url: string;
  token?: string;
  json?: boolean;
}
interface AddFlags extends DomainFlags {
  name?: string;
  tag: string[];
  wait: boolean;
  fromFolder?: boolean;
  resume?: string;
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
      '\nExample:\n  audiocloud media add songs/drums.wav --tag drums\n  audiocloud media add https://example.com/take-3.flac\n  audiocloud media list\n  audiocloud media remove media-0123456789ab\n\nThe guide: docs/media.md',
    );
  media.addCommand(
    ofDomain('add')
      .description(
        'Imports files from here, from addresses, and from the media folders of the domain; waits until that is done.',
      )
      .argument(
        '<what...>',
        'a file here is uploaded; an address is fetched by the domain; else a file of a media folder',
      )
      .option('--from-folder', 'files of the media folders of the domain alone')
      .option('--resume <upload>', 'go on with an upload of the file that was interrupted')
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

async function add(names: string[], flags: AddFlags): Promise<void> {
  const { media } = clientOf(flags);
  const { name, tag: tags, wait, json, fromFolder = false, resume } = flags;
  if (resume !== undefined && names.length > 1)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot go on with ${resume}: it is of one file, ${names.length} given`,
    );
  const words = { tags, ...(name === undefined ? {} : { name }) };
  const jobs: MediaJob[] = [];
  for (const one of names)
    jobs.push(
      await addMedia(media, one, words, {
        fromFolder,
        isQuiet: json === true,
        ...(resume === undefined ? {} : { resume }),
      }),
    );
  for (const begun of jobs) {
    const job = wait
      ? await withBar(begun.name, json === true, (show) =>
          media.ended(begun.id, ({ bytes, totalBytes }) => show(bytes, totalBytes)),
        )
      : begun;
    console.log(json ? JSON.stringify(job) : jobText(job));
    // one that fails says so, and the others are told as well
    if (job.state === 'failed' && job.error) {
      printError(AudioCloudError.from({ ...job.error, message: `${job.name}: ${job.error.message}` }), json === true);
    }
    if (job.state === 'failed' || job.state === 'cancelled') process.exitCode = 1;
  }
}

async function list(flags: ListFlags): Promise<void> {
  const { name, tag, json } = flags;
  const found = await clientOf(flags).media.list({
    ...(name === undefined ? {} : { name }),
    ...(tag === undefined ? {} : { tag }),
  });
  for (const one of found) console.log(json ? JSON.stringify(one) : listedText(one));
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

/** With what was found in them: length, format, last use. */
function listedText({ id, name, bytes, tags, facts, durationSeconds, lastUsedAt, error }: Media): string {
  const format = facts
    ? `${durationSeconds!.toFixed(2)} s  ${facts.codec} ${facts.sampleRate} Hz ${facts.channels} ch`
    : (error?.code ?? 'not looked into yet');
  const use = lastUsedAt === undefined ? 'never used' : `used ${lastUsedAt.slice(0, 10)}`;
  return `${id}  ${mebibytes(bytes)}  ${format}  ${use}  ${name}${tagsOf(tags)}`;
}

const jobText = ({ id, media, state, bytes, name, tags }: MediaJob): string =>
  state === 'done' ? mediaText({ id: media, name, bytes, tags }) : `${media}  ${state} (${id})  ${name}${tagsOf(tags)}`;
