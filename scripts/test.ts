import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, matchesGlob, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWasm } from './build-wasm.ts';
import { buildWeb } from './build-web.ts';
import { testModules } from './test-modules.ts';

/*
 * npm test [-- FILE...]: builds what is missing, runs the tests with tap, and prints `N passed, N failed`.
 * npm run test:ci: the same with the tests that need system packages or take long (*.ci.test.ts), and only those.
 *
 * A skipped test says why. In CI it counts as failed, unless docs/testing.md gives that reason.
 */
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await buildWasm({ ifMissing: true });
await buildWeb({ ifMissing: true });

// Most of the time of a short test is that Node reads the sources: it does so once. The tests of all processes share it.
const env: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: resolvePath('.tap/compile-cache'), ...process.env };

function tap(args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('tap', args, { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

// tap writes a test class of its own once after every install.
const BUILT = 'node_modules/@tapjs/test/test-built/dist/esm/index.js';
const unwanted: string[] = JSON.parse(readFileSync('package.json', 'utf8')).tap.plugin.map((name: string) =>
  name.slice(1),
);
const built = existsSync(BUILT) ? readFileSync(BUILT, 'utf8') : unwanted.join();
const isBuiltForUs = !unwanted.some((plugin) => built.includes(plugin));
if (!isBuiltForUs && (await tap(['build'])) !== 0) process.exit(1);

/**
 * Test files that share one process, a line for each: they change nothing of the process and leave nothing behind, and at
 * most one of a line has a t.testdir of the whole file. A process costs a second of processor time before its first test.
 */
const TOGETHER: Record<string, string[]> = {
  accounts: ['domain/{accounts,audit,permissions}/*.test.ts', 'client/surface/refused-surface.test.ts'],
  checks: ['engine/plugin/{check,golden}.test.ts'],
  contract: [
    'api/*.test.ts',
    'bench/*.test.ts',
    'web/**/*.test.ts',
    'client/listen/{play-order,rate-changer}.test.ts',
    'client/listen/{decode,player,playout}/*.test.ts',
    'domain/{events,live,tasks,webhooks}/*.test.ts',
    'domain/http/*.test.ts',
    'domain/media/{media-content-type,media-paths,url-sources}.test.ts',
    'domain/network/*.test.ts',
    'domain/streams/opus-frames.test.ts',
  ],
  devices: [
    'engine/adapter/{by,ch,d,e,fr,l,m,o,rep,res}*.test.ts',
    'engine/adapter/{kinds,lint}/*.test.ts',
    'plugins/{adapters,devices}/**/*.test.ts',
  ],
  disk: ['engine/disk/*.test.ts', 'engine/media/{open-playable,pcm-cache}.test.ts'],
  domain: [
    'domain/{actors,booking,clock,config,lifecycle,logging,metrics,placement}/*.test.ts',
    'domain/engine/engine-{client,step}.test.ts',
    'domain/instances/{assign,fixed,unit}-*.test.ts',
    'domain/erasure/erasure-service.test.ts',
    'domain/exports/export-{job-step,service}.test.ts',
    'domain/media/{job-turns,media-job-step,standing-note}.test.ts',
    'client/set-queue.test.ts',
    'client/surface/{controls,fit-binding,learn-control}.test.ts',
    'cli/{midi,simulate,surface}/*.test.ts',
  ],
  engine: [
    'engine/thread/{balance,histogram,load-turns,stuck-judge}.test.ts',
    'engine/render/{idle-instances,notes-player,rest,sharing-trial}.test.ts',
    'engine/guard/*.test.ts',
    'engine/media/{phase-table,resample}.test.ts',
    'engine/media/encode/{mp3-info,resample-stream,sample-quantiser}.test.ts',
    'engine/admission/{cost-rig,steadiness,thread-loads}.test.ts',
    'engine/process/{engine-settings,in-order,unix-server}.test.ts',
  ],
  examples: ['examples/**/*.test.ts'],
  faults: ['test/{fault-recovery,faulty-instances}.test.ts'],
  graph: [
    'test/{graph-connections,graph-tracks,host-paths,impulse-edits,latency-offset,live-edits,live-sources,mid-side,notes,several-memories}.test.ts',
  ],
  house: ['test/{documents,errors,layers,wrong-coefficients}.test.ts', 'scripts/*.test.ts'],
  kit: ['cli/{dev,packages,types}/*.test.ts', 'dsp/c/*.test.ts'],
  imports: ['client/upload-media.test.ts', 'domain/media/url-import.test.ts', 'domain/media/upload/*.test.ts'],
  media: [
    'engine/media/{decode-pool,hostile-files,inspect-pool,loudness,open-media,peaks-writer,wav-reader,wav-writer}.test.ts',
    'engine/media/encode/*.test.ts',
    'engine/codec/*.test.ts',
  ],
  modules: [
    'engine/plugin/{manifest,plugin-memory,probe}.test.ts',
    'engine/wasm/rules.test.ts',
    'dsp/host/host.test.ts',
  ],
  packages: ['cli/commands/{bench,midi,plugin-check,plugin-create}.test.ts', 'engine/registry/check-package.test.ts'],
  played: [
    'engine/process/{admission,hardware-sound,prepare-units,simulated-sound,wedged-plugin}.test.ts',
    'engine/process/{export,inspect-jobs,record-jobs}.test.ts',
    'test/{hardware-sound,simulated-devices,simulated-engine,streamed-task}.test.ts',
    'cli/commands/device-calibrate.test.ts',
  ],
  outputs: ['cli/commands/{convert,render-outputs,waveform}.test.ts'],
  plan: ['engine/{plan,stream,task}/*.test.ts', 'engine/admission/{claim,room}.test.ts'],
  plugins: [
    'plugins/{compressor,correlation,de-esser,delay,dynamic-equalizer,equalizer,gain,gate,graphic-equalizer,limiter,meter,mid-side,multiband-compressor,tone,transient-shaper,width}/*.test.ts',
  ],
  racks: [
    'engine/adapter/{adapter-host,adapter-links,adapter-process,rack-power,unit-power,value-delivery}.test.ts',
    'engine/adapter/{conformance,safety}/*.test.ts',
    'cli/simulate/*.test.ts',
  ],
  sdk: ['dsp/*.test.ts'],
  sounds: [
    'engine/device/{capture-ring,guarded-mix,guarded-outputs,loop-cables,output-levels,paced,pipe}.test.ts',
    'engine/calibration/*.test.ts',
  ],
  stored: ['domain/store/*.test.ts', 'domain/media/{content-folder,media-service,path-sources}.test.ts'],
  time: [
    'plugins/{saturation,echo,chorus,convolution,flanger,phaser,reverb,sampler,spectrum,synth,tuner,pitch}/*.test.ts',
    'plugins/lanes.test.ts',
  ],
  routes: ['domain/{documents,routes}/*.test.ts', 'test/{rest,reservation}-commands.test.ts'],
  heard: [
    'cli/commands/{media,push,surface,top}.test.ts',
    'client/live-{push,task}.test.ts',
    'client/listen/task-listener.test.ts',
    'cli/commands/listen.test.ts',
    'test/listening-document.test.ts',
    'client/surface/control-surface.test.ts',
    'domain/main.test.ts',
    'test/{automation-lanes,end-to-end,listened-node,streams}.test.ts',
  ],
  worlds: ['domain/simulation/world/*.test.ts'],
};

/** tap runs files in the order of their names. Of the long proofs these begin first: in their turn they would end alone. */
const FIRST = [
  'test/wrong-coefficients.ci.test.ts',
  'test/fixed-serial.ci.test.ts',
  'domain/simulation/simulation.ci.test.ts',
  'test/packages.ci.test.ts',
  'test/tape-machine.ci.test.ts',
  'plugins/simulators.ci.test.ts',
];

/** A file that imports others in order, in the folder whose name comes before all others. */
function importing(name: string, files: readonly string[]): string {
  const path = `.tap/together/${name}.test.ts`;
  mkdirSync('.tap/together', { recursive: true });
  const imports = files.map((file) => `await import(${JSON.stringify(resolvePath(file))});`);
  // The first test ends when all files are read: else tap would end between two of them, when all tests so far are through.
  const first = "const read = Promise.withResolvers(); void t.test('the files are read', () => read.promise);";
  writeFileSync(path, ["import t from 'tap';", first, ...imports, 'read.resolve();', ''].join('\n'));
  return path;
}

/** Files that run in one process become one file. */
function together(files: readonly string[]): string[] {
  let alone = [...files];
  const made = Object.entries(TOGETHER).flatMap(([name, patterns]) => {
    const members = alone.filter((file) => patterns.some((pattern) => matchesGlob(file, pattern)));
    if (members.length < 2) return [];
    alone = alone.filter((file) => !members.includes(file));
    return [importing(name, members)];
  });
  return [...made, ...alone];
}

/** Those of FIRST get names that come first. */
const firstOnes = (files: readonly string[]): string[] =>
  files.map((file) => {
    const place = FIRST.indexOf(file);
    return place < 0 ? file : importing(`${place + 1}-${basename(file, '.test.ts')}`, [file]);
  });

function testFiles(isForCi: boolean): string[] {
  const all = globSync('{test,cli,domain,engine,api,client,web,plugins,dsp,bench,scripts,examples}/**/*.test.ts', {
    exclude: (path) => path.includes('node_modules'),
  });
  return all.filter((file) => file.endsWith('.ci.test.ts') === isForCi);
}

/** Sound cards, MIDI, browsers, engines that are measured and a crowd keep time: these tests run one at a time. */
const KEEP_TIME = [
  'engine/{device/{guarded-card,web-audio},process/*}.ci.test.ts',
  'test/{fixed-*midi*,long-tracks,midi-adapter,mixed-task,page*,peer-listener,surface-*,webrtc}.ci.test.ts',
  'cli/engine-check/*.ci.test.ts',
  'domain/live/{crowd,listeners}.ci.test.ts',
];

/** Files that tap runs together, and how. */
interface TapRun {
  files: string[];
  oneAtATime?: boolean;
}

const [first, ...rest] = process.argv.slice(2);
const words = await testModules(resolvePath('.tap/modules'));
env['NODE_OPTIONS'] = `${env['NODE_OPTIONS'] ?? ''} ${words}`.trim();

function runs(): TapRun[] {
  if (first === undefined) return [{ files: together(testFiles(false)) }];
  if (first !== '--ci') return [{ files: [first, ...rest] }];
  const files = testFiles(true);
  const keepsTime = (file: string) => KEEP_TIME.some((pattern) => matchesGlob(file, pattern));
  const others = files.filter((file) => !keepsTime(file));
  return [{ files: files.filter(keepsTime), oneAtATime: true }, { files: firstOnes(others) }];
}

mkdirSync('.tap', { recursive: true });
const results = '.tap/results.tap';
let code = 0;
let text = '';
for (const { files, oneAtATime = false } of runs()) {
  rmSync(results, { force: true }); // a run that ends early must not show the counts of the one before
  const ended = await tap([
    '--reporter=terse',
    `--output-file=${results}`,
    '--disable-coverage',
    '--allow-incomplete-coverage',
    ...(oneAtATime ? ['--jobs=1'] : []),
    ...files,
  ]);
  code ||= ended;
  text += existsSync(results) ? readFileSync(results, 'utf8') : '';
}
const count = (name: string) =>
  [...text.matchAll(new RegExp(`^# \\{.*\\b${name}: (\\d+)`, 'gm'))].reduce((sum, [, found]) => sum + Number(found), 0);

/** Where it failed: file, test, assertion, from the outermost to the innermost. */
function failures(tap: string): string[] {
  const found: string[] = [];
  let file = '';
  for (const line of tap.split('\n')) {
    file = /^# Subtest: (.*)/.exec(line)?.[1] ?? file;
    const [, name] = /^\s*not ok \d+(?: - (.*?))?(?: # .*)?$/.exec(line) ?? [];
    if (name && name !== file) found.push(`${file}: ${name}`);
  }
  return found;
}

const allowed = existsSync('docs/testing.md') ? readFileSync('docs/testing.md', 'utf8') : '';
const skips = [...text.matchAll(/^\s*ok \d+(?: - )?(.*?) # SKIP ?(.*)$/gm)].map(([, name, reason]) => ({
  name,
  reason: reason?.trim() ?? '',
}));
const unexplained = process.env['CI'] ? skips.filter(({ reason }) => reason === '' || !allowed.includes(reason)) : [];
for (const { name, reason } of skips) console.log(`skipped: ${name}: ${reason || 'no reason given'}`);
for (const failure of failures(text)) console.log(`\nfailed: ${failure}`);
const failed = count('fail') + unexplained.length + (code !== 0 && count('fail') === 0 ? 1 : 0);
// tap's reporter leaves the cursor in a line of its own
console.log(`\n${count('pass')} passed, ${failed} failed`);
process.exitCode = failed > 0 || code !== 0 ? 1 : 0;
