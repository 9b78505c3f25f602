import { join, resolve } from 'node:path';

/** Where packages are installed in a data folder. */
export const pluginsIn = (dataDir: string): string => join(resolve(dataDir), 'plugins');
