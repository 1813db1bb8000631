import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // Fonts and pictures as files: the content security policy allows no data: scripts or styles.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 1_000 },
  server: { proxy: { '/v1': 'http://127.0.0.1:4000', '/api': 'http://127.0.0.1:4000' } },
})
