// Makes and uses passkeys in Chromium with its virtual authenticator: passkeys.mjs URL OTHER BROWSER, where OTHER
// is the same service under another public_url, at another port.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import puppeteer from 'puppeteer-core'

const [base, other, executablePath] = process.argv.slice(2)
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
  // The policy lets no page run it as a script of its own.
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
