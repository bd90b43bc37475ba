// The client of docs/CLIENTS.md: requests on an expired token, twenty at once and a HEAD, and signing out.
import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { Account } from './client.mjs'

const base = process.argv[2]
const earlier = await Account.signIn(base, 'user_01', '1234')
const account = await Account.signIn(base, 'user_01', '1234')

// The token is private, so the response to a request that needs no refresh tells when it has expired.
const real = globalThis.fetch
let refreshes = 0
let seen
globalThis.fetch = (url, options) => {
  if (url.endsWith('/api/refresh')) refreshes += 1
  seen = options?.headers?.get?.('Authorization') ?? seen
  return real(url, options)
}
const waitUntilExpired = async () => {
  await account.fetch('/api/me')
  while ((await real(`${base}/api/me`, { headers: { Authorization: seen } })).ok) await setTimeout(100)
}

await waitUntilExpired()
refreshes = 0
const replies = await Promise.all(Array.from({ length: 20 }, () => account.fetch('/api/me')))
for (const reply of replies) assert.equal((await reply.json()).username, 'user_01')
assert.ok(refreshes >= 1 && refreshes <= 2, `${refreshes} refreshes`)
await waitUntilExpired()
const used = seen
assert.equal((await earlier.fetch('/api/me', { method: 'HEAD' })).status, 200)
await account.signOut()
const after = await real(`${base}/api/me`, { headers: { Authorization: used } })
assert.equal(after.status, 401)
await assert.rejects(account.fetch('/api/me'), /refresh: 401/)
// A 401 of a proxy.
globalThis.fetch = async () => new Response('<p>Unauthorized', { status: 401 })
assert.equal((await earlier.fetch('/api/me')).status, 401)
