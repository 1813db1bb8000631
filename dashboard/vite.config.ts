import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  build: {
    // Fonts and pictures as files: the content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 500,
    rolldownOptions: {
      // Our own modules only declare: schemas that no page uses stay out of the bundle.
      treeshake: { moduleSideEffects: [{ test: /\/src\/(contract|core)\//, sideEffects: false }] },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:4000', '/api': 'http://127.0.0.1:4000' } },
})
