import { buildWasm } from './build-wasm.ts';
import { buildWeb } from './build-web.ts';

// npm run build [-- --if-missing]: the WebAssembly of dsp/ and plugins/, and the control page.
const ifMissing = process.argv.includes('--if-missing');
await buildWasm({ ifMissing });
await buildWeb({ ifMissing });
