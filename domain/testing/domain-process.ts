import { type DomainOptions, startDomain } from '../main.ts';

/*
 * Runs a domain of its own process, for tests that kill it: options as JSON in the first argument, its URL on stdout. It ends
 * in order, with its engine, at SIGTERM.
 */
const options = JSON.parse(process.argv[2]!) as DomainOptions;
const domain = await startDomain(options);
process.once('SIGTERM', () => void domain.close());
process.stdout.write(`${domain.url}\n`);
