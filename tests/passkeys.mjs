// Makes and uses passkeys in Chromium with its virtual authenticator: passkeys.mjs URL BROWSER.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import puppeteer from 'puppeteer-core'

const [base, executablePath] = process.argv.slice(2)
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const browser = await puppeteer.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--no-proxy-server'],
})
const REFUSED = /This passkey was not accepted/
const password = 'correct horse battery'

// What axe finds on the page, and whether it is wider than a small phone.
let seen = 0
const look = async page => {
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(width <= 360, `${page.url()} is ${width} px wide`)
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }))
  const found = violations.map(one => `${one.id}: ${one.nodes.map(node => node.html)}`)
  assert.deepEqual(found, [], page.url())
  seen += 1
}

// A browser without cookies, and its authenticator: one that keeps passkeys and verifies its user.
const visitor = async () => {
  const context = await browser.createBrowserContext()
  const page = await context.newPage()
  page.failures = []
  page.on('pageerror', error => page.failures.push(error.message))
  page.on('console', said => { if (said.type() === 'error') page.failures.push(said.text()) })
  await page.setExtraHTTPHeaders({ 'Accept-Language': 'en' })
  await page.setViewport({ width: 360, height: 740 })
  await page.evaluateOnNewDocument(axe)
  page.cdp = await page.createCDPSession()
  await page.cdp.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true,
  }
  const { authenticatorId } = await page.cdp.send('WebAuthn.addVirtualAuthenticator', { options })
  page.authenticator = (method, values) => page.cdp.send(`WebAuthn.${method}`, { authenticatorId, ...values })
  return page
}

const open = (page, path) => page.goto(new URL(path, base), { waitUntil: 'load' })
const path = page => new URL(page.url()).pathname
const says = async (page, what) => {
  assert.match(await page.evaluate(() => document.body.innerText), what)
}

// Fills the form in and sends it by this button.
const PASSKEY = 'button[data-passkey]'
const send = async (page, fields, button = 'main form button[type=submit]') => {
  for (const [name, value] of Object.entries(fields)) await page.type(`#${name}`, value)
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(button)])
}
const signOut = page => send(page, {}, 'header form button')

// Whether the authenticator knows its user: while it does not, it gives no answer.
const verify = (page, isUserVerified) => page.authenticator('setUserVerified', { isUserVerified })

// Opens the form, where this browser would answer at once: it asks no user which user name to take.
const openLogin = async page => {
  await verify(page, false)
  await open(page, '/login')
  await page.waitForSelector(PASSKEY, { visible: true })
}
const enterPassword = async (page, username) => {
  await openLogin(page)
  await send(page, { username, password })
  assert.equal(path(page), '/login/second')
  await verify(page, true)
}

// Somebody registers and adds a passkey, the first factor.
const register = async username => {
  const page = await visitor()
  await open(page, '/register')
  await send(page, { username, password })
  assert.equal(path(page), '/dashboard')
  await open(page, '/account/second-factor')
  await page.waitForSelector(PASSKEY, { visible: true })
  await look(page)
  await send(page, { 'passkey-name': 'Laptop' }, PASSKEY)
  assert.equal(path(page), '/account/second-factor')
  await says(page, /The passkey is added/)
  page.codes = await page.$$eval('.codes code', found => found.map(code => code.textContent))
  assert.equal(page.codes.length, 10)
  await look(page)
  return page
}

// What a script of a page does, in parts: the options of the service, an answer of the browser to them on
// any page, and the form.
const ask = async (form, jar = '') => {
  const headers = { Accept: 'application/json', Cookie: jar }
  const response = await fetch(new URL(`${form}/options`, base), { method: 'POST', headers })
  assert.equal(response.status, 200, form)
  const cookie = response.headers.getSetCookie().map(one => one.split(';')[0]).join('; ')
  return { options: await response.json(), jar: jar ? `${jar}; ${cookie}` : cookie }
}
const answer = (page, options) => page.evaluate(async options => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  return JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON())
}, options)
const post = async (form, jar, fields) => {
  const body = new URLSearchParams(fields)
  const response = await fetch(new URL(form, base), { method: 'POST', headers: { Cookie: jar }, body, redirect: 'manual' })
  return { status: response.status, text: await response.text(), headers: response.headers }
}
const assertRefused = ({ status, text }, expected) => {
  assert.equal(status, expected, text)
  assert.match(text, REFUSED)
}

// Signs in without a user name, which the service refuses; the browser offers the passkey all the same.
const refuse = async page => {
  await open(page, '/')
  const { options, jar } = await ask('/login/passkey')
  assertRefused(await post('/login/passkey', jar, { passkey: await answer(page, options) }), 401)
}

const ann = await register('ann')

// The same authenticator makes no second one for the account.
await ann.type('#passkey-name', 'Again')
await ann.click(PASSKEY)
await ann.waitForSelector('[data-passkey-failed="InvalidStateError"]', { visible: true })
await look(ann)

// Without a user name: the browser offers it in the field, or the button asks.
await signOut(ann)
await Promise.all([ann.waitForFunction("location.pathname === '/dashboard'"), open(ann, '/login')])
await signOut(ann)
await openLogin(ann)
await look(ann)
await ann.click(PASSKEY)
await ann.waitForSelector('[data-passkey-failed=""]', { visible: true })
await look(ann)
await verify(ann, true)
await send(ann, {}, PASSKEY)
assert.equal(path(ann), '/dashboard')

// In the second step, and to confirm.
await signOut(ann)
await enterPassword(ann, 'ann')
await look(ann)
await ann.click('#trust')
await send(ann, {}, PASSKEY)
assert.equal(path(ann), '/dashboard')
await open(ann, '/reauthenticate?next=/account/keys')
await open(ann, '/reauthenticate')
await look(ann)
await send(ann, {}, PASSKEY)
assert.equal(path(ann), '/dashboard')

// An answer counts once, with the cookie of its challenge.
await open(ann, '/')
{
  const { options, jar } = await ask('/login/passkey')
  const passkey = await answer(ann, options)
  assert.equal((await post('/login/passkey', jar, { passkey })).status, 303)
  assertRefused(await post('/login/passkey', jar, { passkey }), 401)
  assertRefused(await post('/login/passkey', (await ask('/login/passkey')).jar, { passkey }), 401)
}

// Another origin of the same host, and another host.
{
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<title>Evil</title>'))
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await ann.goto(`http://localhost:${port}/`)
  const first = await ask('/login/passkey')
  assertRefused(await post('/login/passkey', first.jar, { passkey: await answer(ann, first.options) }), 401)

  const [credential] = (await ann.authenticator('getCredentials')).credentials
  const evil = { ...credential, rpId: 'evil.localhost' }
  await ann.authenticator('removeCredential', { credentialId: credential.credentialId })
  await ann.authenticator('addCredential', { credential: evil })
  await ann.goto(`http://evil.localhost:${port}/`)
  const { options, jar } = await ask('/login/passkey')
  await assert.rejects(answer(ann, { ...options, rpId: 'localhost.example' }), /SecurityError/)
  const passkey = await answer(ann, { ...options, rpId: 'evil.localhost' })
  assertRefused(await post('/login/passkey', jar, { passkey }), 401)
  await ann.authenticator('removeCredential', { credentialId: credential.credentialId })
  await ann.authenticator('addCredential', { credential: { ...credential, signCount: credential.signCount + 10 } })
  server.close()
}

// Another user's passkey is no second step.
const bob = await register('bob')
{
  const { headers } = await post('/login', '', { username: 'ann', password })
  const ticket = headers.getSetCookie()[0].split(';')[0]
  const { options, jar } = await ask('/login/second/passkey', ticket)
  const passkey = await answer(bob, { ...options, allowCredentials: [] })
  assertRefused(await post('/login/second/passkey', jar, { passkey }), 422)
}

// A counter that went back.
await open(ann, '/')
const [credential] = (await ann.authenticator('getCredentials')).credentials
const setCounter = async signCount => {
  await ann.authenticator('removeCredential', { credentialId: credential.credentialId })
  await ann.authenticator('addCredential', { credential: { ...credential, signCount } })
}
await signOut(ann)
await setCounter(1)
await refuse(ann)
await setCounter(credential.signCount + 1)
await openLogin(ann)
await verify(ann, true)
await send(ann, {}, PASSKEY)
assert.equal(path(ann), '/dashboard')
await open(ann, '/account/events')
await says(ann, /Passkey refused, there may be a copy of it/)

// A passkey that was removed.
await open(ann, '/account/second-factor')
await send(ann, {}, 'table form button')
await says(ann, /The passkey is removed/)
await look(ann)
await signOut(ann)
await refuse(ann)

// Without JavaScript there is no button, and everything else works: bob signs in with a recovery code.
await signOut(bob)
await bob.setJavaScriptEnabled(false)
await bob.goto(new URL('/login', base))
const isShown = page => page.$eval(PASSKEY, found => found.checkVisibility())
assert.equal(await isShown(bob), false)
await send(bob, { username: 'bob', password })
assert.equal(path(bob), '/login/second')
assert.equal(await isShown(bob), false)
await send(bob, { code: bob.codes[0] })
assert.equal(path(bob), '/dashboard')
await bob.goto(new URL('/account/second-factor', base))
assert.equal(await isShown(bob), false)
await says(bob, /To add a passkey, open this page at http:\/\/localhost:\d+ in a browser with JavaScript/)

const failures = [...ann.failures, ...bob.failures].filter(text => !/status of (401|422)/.test(text))
assert.deepEqual(failures, [])
await browser.close()
console.log(`passkeys work in a browser; axe found nothing on ${seen} pages, none is wider than 360 px`)
