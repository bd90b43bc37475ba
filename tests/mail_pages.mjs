// Follows the links in mails in Chromium: mail_pages.mjs URL MAILS BROWSER.
import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'
import puppeteer from 'puppeteer-core'

const [base, mails, executablePath] = process.argv.slice(2)
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const browser = await puppeteer.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--no-proxy-server'],
})

// What axe finds on the page, and whether it is wider than a small phone.
let seen = 0
const look = async page => {
  const path = new URL(page.url()).pathname
  await page.setViewport({ width: 360, height: 740 })
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(width <= 360, `${path} is ${width} px wide`)
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run())
  const found = violations.map(one => `${one.id}: ${one.nodes.map(node => node.html)}`)
  assert.deepEqual(found, [], path)
  seen += 1
}

// A browser without cookies.
const visitor = async () => {
  const context = await browser.createBrowserContext()
  return context.newPage()
}

const open = async (page, path) => {
  await page.goto(new URL(path, base), { waitUntil: 'load' })
  await look(page)
}

const send = async (page, fields, button) => {
  for (const [name, value] of Object.entries(fields)) await page.type(`#${name}`, value)
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(button)])
  await look(page)
}

const path = page => new URL(page.url()).pathname
const words = page => page.evaluate(() => document.body.innerText)

// The link in the next mail to this address.
const known = new Set()
const link = async to => {
  for (let tries = 0; tries < 600; tries += 1) {
    for (const name of await readdir(mails).catch(() => [])) {
      if (known.has(name)) continue
      const text = (await readFile(`${mails}/${name}`, 'utf8')).replaceAll('=\r\n', '').replaceAll('=3D', '=')
      const found = text.match(/http:\/\/\S+\?token=[\w-]{43}/)
      if (!text.includes(`\r\nTo: ${to}\r\n`) || !found) continue
      known.add(name)
      return found[0]
    }
    await setTimeout(100)
  }
  assert.fail(`no mail to ${to}`)
}

const signIn = async (page, username, password) => {
  await open(page, '/login')
  await send(page, { username, password }, 'main button[type=submit]')
  assert.equal(path(page), '/dashboard')
}

// An address is confirmed, by a link in another browser.
const ann = await visitor()
await signIn(ann, 'user_01', '1234')
await open(ann, '/account/address')
await send(ann, { email: 'ann@example.org' }, 'form[action="/account/address"] button')
const phone = await visitor()
await open(phone, await link('ann@example.org'))
assert.equal(path(phone), '/address/confirm')
await send(phone, {}, 'main form button')
assert.match(await words(phone), /The address is confirmed/)
await ann.reload()
assert.match(await words(ann), /ann@example\.org/)
await send(ann, {}, 'form[action="/account/address/notices"] button')

// A password that was forgotten.
const lost = await visitor()
await open(lost, '/password/forgot')
await send(lost, { email: 'ann@example.org' }, 'main form button')
assert.match(await words(lost), /a mail with a link is on its way/)
const reset = await link('ann@example.org')
await open(lost, reset)
assert.equal(path(lost), '/password/new')
assert.ok(!lost.url().includes('token'), 'the secret is not in the address bar')
const referrer = await lost.evaluate(() => document.referrer)
assert.ok(!referrer.includes('token'), referrer)
await send(lost, { password: 'battery staple' }, 'main form button')
assert.equal(path(lost), '/login')
await signIn(lost, 'user_01', 'battery staple')
await ann.goto(new URL('/account', base))
assert.equal(path(ann), '/login', 'the other sign-ins have ended')
await open(ann, reset)
assert.match(await words(ann), /link/i)

// An invitation, which an administrator hands over.
const admin = await visitor()
await signIn(admin, 'admin', 'admin123')
await open(admin, '/admin/users/new')
await send(admin, { username: 'bob' }, 'main form button[type=submit]')
const invitation = (await admin.content()).replaceAll('&#x2F;', '/').match(/http:\/\/[^\s"<]+\/password\/new\?token=[\w-]{43}/)
assert.ok(invitation, await words(admin))
const bob = await visitor()
await open(bob, invitation[0])
await send(bob, { password: 'correct horse' }, 'main form button')
await signIn(bob, 'bob', 'correct horse')

await browser.close()
console.log(`the links of mails work in a browser; axe found nothing on ${seen} pages, none is wider than 360 px`)
