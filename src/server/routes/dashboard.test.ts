import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { dashboardRoutes } from './dashboard.ts'

test('without a built dashboard the page names the command that builds it', async () => {
  await using app = fastify()
  await dashboardRoutes(app, '/does/not/exist')
  const page = await app.inject({ url: '/leads', headers: { accept: 'text/html' } })
  expect(page.statusCode).toBe(503)
  expect(page.headers['cache-control']).toBe('no-cache')
  expect(page.body).toContain('npm run build -w dashboard')
})
