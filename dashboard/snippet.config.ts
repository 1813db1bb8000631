/** Builds src/client/snippet.ts, which websites load from the product, into dist/snippet.js. */
import { defineConfig } from 'vite'

export default defineConfig({
  publicDir: false,
  build: {
    emptyOutDir: false,
    target: 'es2020',
    lib: {
      entry: '../src/client/snippet.ts',
      formats: ['iife'],
      name: 'enterprisehubSnippet',
      fileName: () => 'snippet.js',
    },
  },
})
