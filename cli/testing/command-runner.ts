import { main } from '../main.ts';

/* A process that gets one command line after the other by its channel, and answers each with { code, stdout, stderr }. */
process.on('message', async (line: string[]) => {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = (text: string | Uint8Array) => {
      written[name] += text;
      return true;
    };
  process.exitCode = undefined;
  const code = await main([process.execPath, 'audiocloud', ...line]);
  process.exitCode = 0;
  process.send!({ code, ...written });
});
