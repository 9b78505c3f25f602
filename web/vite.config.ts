import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Schemas are calls at the top of a module, so a bundler must take them for side effects; ours have none, and the page
// needs functions of the contract, not its validator (whose compiler would want `unsafe-eval`).
const isPure = (id: string) => !/[\\/](typebox|api)[\\/]/.test(id);

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // a worklet or an icon as data: URL would need a wider content security policy
    assetsInlineLimit: 0,
    rolldownOptions: { treeshake: { moduleSideEffects: isPure } },
  },
  worker: { format: 'es' },
});
